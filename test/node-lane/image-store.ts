import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, type Progress } from "../servers/cache.ts";
import { logTail } from "../servers/log-tail.ts";
import { becomes } from "../servers/server-process.ts";
import type { HostTools } from "./host.ts";
import { imagesKey } from "./images.ts";
import { type Image, referenceOf, writeArchive } from "./oci.ts";
import { startRootProcess } from "./root-process.ts";
import { markUsed } from "./stale-entries.ts";

/**
 * A stopped image store of containerd with these images imported and unpacked. Importing takes many times longer than copying a store whose files
 * are shared by hard links, so every node gets a copy of this one and may do with it what it likes.
 */
async function importedStore(images: readonly Image[], tools: HostTools, progress: Progress): Promise<string> {
  const entry = await cached(imagesKey(images.map(referenceOf)), progress, async (making) => {
    progress(`importing ${images.length} images into an image store`);
    const archive = writeArchive(images, making);
    const socket = join(making, "containerd.sock");
    const log = join(making, "containerd.log");
    const config = join(making, "containerd.toml");
    const text = [
      "version = 2",
      `root = ${JSON.stringify(join(making, "store"))}`,
      `state = ${JSON.stringify(join(making, "state"))}`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      `[grpc]\naddress = ${JSON.stringify(socket)}`,
    ];
    writeFileSync(config, text.join("\n"));
    await whileContainerdRuns({ tools, config, log, socket, directory: making }, (ctr) => {
      ctr(["images", "import", archive]);
    });
    for (const name of [archive, config, log, socket, join(making, "state")])
      rmSync(name, { recursive: true, force: true });
  });
  markUsed(entry);
  return join(entry, "store");
}

interface PassingContainerd {
  readonly tools: HostTools;
  readonly config: string;
  readonly log: string;
  readonly socket: string;
  readonly directory: string;
}

/** Its mounts are in a namespace that ends with it: nothing of them is ever seen by the host. */
async function whileContainerdRuns(
  { tools, config, log, socket, directory }: PassingContainerd,
  use: (ctr: (args: readonly string[]) => string) => void,
): Promise<void> {
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const ctr = (args: readonly string[]): string =>
    execFileSync(tools.ctr, ["-a", socket, "-n", "k8s.io", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const daemon = startRootProcess({
    command: tools.unshare,
    args: [...namespaces, tools.containerd, "-c", config],
    env: { PATH: process.env["PATH"] ?? "" },
    cwd: directory,
    logFile: log,
  });
  const answers = (): boolean => {
    try {
      return ctr(["version"]) !== "";
    } catch {
      return false;
    }
  };
  try {
    await becomes(() => !daemon.running() || answers(), 30_000);
    if (!daemon.running()) throw new Error(`containerd did not start; the end of its log:\n${logTail(log)}`);
    use(ctr);
  } finally {
    await daemon.kill();
  }
}

/** A store of the node's own at `target` with these images; it shares the files that nobody ever changes with the cached store. */
export async function copyImageStore(
  images: readonly Image[],
  target: string,
  { tools, progress }: { readonly tools: HostTools; readonly progress: Progress },
): Promise<void> {
  const store = await importedStore(images, tools, progress);
  mkdirSync(join(target, ".."), { recursive: true });
  execFileSync("cp", ["-al", store, target]);
  // The databases are written to: they must not be shared.
  const databases = execFileSync("find", [".", "-name", "*.db"], { cwd: store, encoding: "utf8" }).trim().split("\n");
  for (const name of databases)
    execFileSync("cp", ["-a", "--remove-destination", join(store, name), join(target, name)]);
}

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { undoOnExit } from "../servers/undo.ts";

export const kubernetesVersion = "v1.34.4";
export const commandNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kubectl",
] as const;
/** What tests and the demo really start. */
const needed = ["etcd", "kube-apiserver", "kubectl"] as const;
const moduleDirectory = join(import.meta.dirname, "gomodule");

/** Why this host cannot have the control plane, with the ways out. */
export class LaneUnavailable extends Error {}

function cacheDirectory(): string {
  const base = process.env["XDG_CACHE_HOME"];
  const root = base === undefined || base === "" ? join(homedir(), ".cache") : base;
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) hash.update(readFileSync(join(moduleDirectory, file)));
  return join(
    root,
    "socle",
    "kubernetes",
    `${kubernetesVersion}-${process.platform}-${process.arch}-${hash.digest("hex").slice(0, 12)}`,
  );
}

/** The directory with the binaries, or undefined while they are not built. `KUBEBUILDER_ASSETS` wins. */
export function builtAssets(): string | undefined {
  const given = process.env["KUBEBUILDER_ASSETS"];
  if (given !== undefined && given !== "") {
    const missing = needed.filter((name) => !existsSync(join(given, name)));
    if (missing.length > 0)
      throw new LaneUnavailable(
        `KUBEBUILDER_ASSETS=${given} lacks ${missing.join(", ")}; point it to a directory with those programs, or unset it.`,
      );
    return given;
  }
  const directory = cacheDirectory();
  return existsSync(join(directory, "kubectl")) ? directory : undefined;
}

/** Builds the binaries unless they are there; returns their directory. A second clone with the same versions builds nothing. */
export async function ensureAssets(progress: (line: string) => void): Promise<string> {
  const built = builtAssets();
  if (built !== undefined) return built;
  const go = spawnSync("go", ["version"], { encoding: "utf8" });
  if (go.error !== undefined || go.status !== 0) {
    throw new LaneUnavailable(
      "A Kubernetes control plane is needed and cannot be built: Go was not found. Three ways out: install Go >= 1.26; set KUBEBUILDER_ASSETS to a directory with etcd, kube-apiserver and kubectl; or use a cluster you have, with --context NAME.",
    );
  }
  const directory = cacheDirectory();
  const temporary = `${directory}.${process.pid}`;
  mkdirSync(temporary, { recursive: true });
  const remove = (): void => {
    rmSync(temporary, { recursive: true, force: true });
  };
  const forget = undoOnExit(remove);
  try {
    await build(join(temporary, "kubernetes"), progress);
    for (const name of commandNames) symlinkSync("kubernetes", join(temporary, name));
    rmSync(directory, { recursive: true, force: true });
    renameSync(temporary, directory);
  } finally {
    remove();
    forget();
  }
  return directory;
}

async function build(target: string, progress: (line: string) => void): Promise<void> {
  const stamp = (path: string, value: string) => `-X ${path}=${value}`;
  const flags = [
    "-s -w",
    stamp("k8s.io/component-base/version.gitVersion", kubernetesVersion),
    stamp("k8s.io/component-base/version.gitMajor", "1"),
    stamp("k8s.io/component-base/version.gitMinor", "34"),
    stamp("k8s.io/component-base/version.gitTreeState", "clean"),
    stamp("k8s.io/client-go/pkg/version.gitVersion", kubernetesVersion),
  ].join(" ");
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  let packages = 0;
  let lastLine = "";
  const child = spawn("go", ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", target, "."], {
    cwd: moduleDirectory,
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const interrupt = (): void => void child.kill("SIGTERM");
  process.once("exit", interrupt);
  const tick = setInterval(() => {
    progress(
      `building Kubernetes ${kubernetesVersion} (first time only, about 8 minutes on 2 cores): ${packages} packages, ${seconds()} s`,
    );
  }, 10_000);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    const lines = text.split("\n").filter((line) => line !== "");
    packages += lines.filter((line) => !line.startsWith("go: ")).length;
    lastLine = lines.at(-1) ?? lastLine;
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  clearInterval(tick);
  process.removeListener("exit", interrupt);
  if (code !== 0) throw new Error(`go build failed after ${seconds()} s: ${lastLine}`);
  progress(`built Kubernetes ${kubernetesVersion} in ${seconds()} s`);
}

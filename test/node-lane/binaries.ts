import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cached, cacheKey, type Progress } from "../servers/cache.ts";
import { undoOnExit } from "../servers/undo.ts";
import { refuse } from "./host.ts";

const moduleDirectory = join(import.meta.dirname, "gomodule");
const sources = ["go.mod", "go.sum", "coredns/main.go", "pause/main.go"];

/** The CoreDNS that gomodule/go.mod names. */
export const corednsVersion = "1.12.4";

/** Directory with `coredns` and `pause`, built from the Go module proxy once per version. */
export async function nodeBinaries(progress: Progress): Promise<string> {
  const ingredients = sources.map((file) => readFileSync(join(moduleDirectory, file), "utf8"));
  return await cached(cacheKey("node-binaries", [process.arch, ...ingredients]), progress, (making) =>
    build(making, progress),
  );
}

async function build(target: string, progress: Progress): Promise<void> {
  const started = Date.now();
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  // The same flags as for the control plane: with others, the standard library would be compiled anew.
  const args = [
    "build",
    "-trimpath",
    "-buildvcs=false",
    "-ldflags",
    "-s -w",
    "-o",
    `${target}/`,
    "./coredns",
    "./pause",
  ];
  const child = spawn("go", args, {
    cwd: moduleDirectory,
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const forget = undoOnExit(() => void child.kill("SIGTERM"));
  const say = (): void => {
    progress(`building CoreDNS ${corednsVersion} (first time only, about 2 minutes on 2 cores): ${seconds()} s`);
  };
  say();
  const tick = setInterval(say, 10_000);
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  try {
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once("error", reject).once("close", resolve),
    );
    if (code !== 0) throw new Error(`go build failed after ${seconds()} s:\n${output.trim().slice(-1500)}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    refuse("CoreDNS must be built, and Go was not found: install Go 1.26 or newer.");
  } finally {
    clearInterval(tick);
    forget();
  }
}

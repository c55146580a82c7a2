import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { cached, cacheKey, type Progress } from "../servers/cache.ts";
import { runCommand } from "../servers/run-command.ts";

/** Programs that come from the Go module proxy as sources. */
export interface GoPrograms {
  /** Of the cache entry. */
  readonly name: string;
  /** Holds a Go module: its go.mod and go.sum pin everything that is built, its own sources are part of it. */
  readonly directory: string;
  /** Each becomes a program with the last part of its path as its name. */
  readonly packages: readonly string[];
  /** For people who wait: what is built, and how long that takes. */
  readonly label: string;
}

/**
 * The directory with the programs, built once per version and machine.
 * @throws LaneUnavailable where Go is missing.
 */
export async function goPrograms(wanted: GoPrograms, progress: Progress): Promise<string> {
  const own = readdirSync(wanted.directory, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".go"),
  );
  const sources = ["go.mod", "go.sum", ...own.sort()].map((file) => readFileSync(join(wanted.directory, file), "utf8"));
  return await cached(cacheKey(wanted.name, [process.arch, ...sources]), progress, (making) =>
    build(wanted, making, progress),
  );
}

async function build({ directory, packages, label }: GoPrograms, target: string, progress: Progress): Promise<void> {
  const started = Date.now();
  const say = (): void => {
    progress(`building ${label}: ${Math.round((Date.now() - started) / 1000)} s`);
  };
  say();
  const tick = setInterval(say, 10_000);
  // The same flags as for the control plane: with others, the standard library would be compiled anew.
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"];
  const env = { ...(process.env as Record<string, string>), CGO_ENABLED: "0" };
  try {
    await runCommand({
      command: "go",
      args: ["build", ...flags, "-o", `${target}/`, ...packages],
      cwd: directory,
      env,
    });
  } catch (error) {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (cause?.code !== "ENOENT") throw error;
    throw new LaneUnavailable(`Go was not found, and is needed for building ${label}. Install Go >= 1.26.`, { cause });
  } finally {
    clearInterval(tick);
  }
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { cached, cacheKey, type Progress } from "./cache.ts";
import { runCommand } from "./run-command.ts";

const moduleDirectory = join(import.meta.dirname, "versitygw-gomodule");
const program = "github.com/versity/versitygw/cmd/versitygw";

/**
 * The S3 server that tests run against: Versity's gateway over a directory, built from its sources by the versions that go.sum pins.
 * @throws LaneUnavailable where Go is missing.
 */
export async function versitygwProgram(progress: Progress): Promise<string> {
  const pinned = ["go.mod", "go.sum"].map((file) => readFileSync(join(moduleDirectory, file), "utf8"));
  const entry = await cached(cacheKey("versitygw", [...pinned, process.arch]), progress, async (making) => {
    progress("building the object store (first time only, about 3 minutes on 2 cores)");
    await requireGo();
    const args = [
      "build",
      "-trimpath",
      "-buildvcs=false",
      "-ldflags",
      "-s -w",
      "-o",
      join(making, "versitygw"),
      program,
    ];
    const env = { ...(process.env as Record<string, string>), CGO_ENABLED: "0" };
    await runCommand({ command: "go", args, cwd: moduleDirectory, env });
  });
  return join(entry, "versitygw");
}

async function requireGo(): Promise<void> {
  await runCommand({ command: "go", args: ["version"], cwd: moduleDirectory }).catch((cause: unknown) => {
    throw new LaneUnavailable("An object store is needed and cannot be built: Go was not found. Install Go >= 1.26.", {
      cause,
    });
  });
}

import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { cached, cacheKey, type Progress } from "./cache.ts";
import { runCommand } from "./run-command.ts";

/** Debian's Python: the same program in processes on the host and in images of the node. */
export const python = "/usr/bin/python3";

const requirements = join(import.meta.dirname, "synapse-requirements.txt");

/** The Synapse that tests run against. */
export function synapseVersion(): string {
  return /^matrix-synapse==(\S+)$/m.exec(readFileSync(requirements, "utf8"))?.[1] ?? "";
}

/** `3.11`: wheels are made for one minor version of Python. */
export async function pythonVersion(): Promise<string> {
  const code = "import sys; print('%d.%d' % sys.version_info[:2])";
  return (await runCommand({ command: python, args: ["-c", code], cwd: "/" })).trim();
}

/**
 * A directory of packages from PyPI with Synapse in it; with it on PYTHONPATH, Debian's Python runs Synapse. Nothing in it names its own place.
 * @throws LaneUnavailable where Python or pip is missing and cannot be installed.
 */
export async function synapsePackages(progress: Progress): Promise<string> {
  await ensurePip(progress);
  const wanted = readFileSync(requirements, "utf8");
  const key = cacheKey(`synapse-${synapseVersion()}`, [wanted, await pythonVersion(), process.arch]);
  const entry = await cached(key, progress, async (making) => {
    progress(`downloading Synapse ${synapseVersion()} from PyPI (70 MB the first time)`);
    const target = join(making, "packages");
    const args = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target", target];
    await runCommand({ command: python, args: [...args, "-r", requirements], cwd: making });
    await rm(join(target, "bin"), { recursive: true, force: true });
  });
  return join(entry, "packages");
}

async function ensurePip(progress: Progress): Promise<void> {
  if (await hasPip()) return;
  if (process.getuid?.() === 0) {
    progress("installing Python and pip from Debian");
    const env = { ...(process.env as Record<string, string>), DEBIAN_FRONTEND: "noninteractive" };
    const packages = ["python3", "python3-pip"];
    await runCommand({ command: "apt-get", args: ["update", "-q"], cwd: "/", env }).catch(() => "");
    const args = ["install", "-q", "-y", "--no-install-recommends", ...packages];
    await runCommand({ command: "apt-get", args, cwd: "/", env }).catch(() => "");
  }
  if (await hasPip()) return;
  throw new LaneUnavailable(`Synapse needs ${python} with pip: install the packages python3 and python3-pip.`);
}

async function hasPip(): Promise<boolean> {
  if (!existsSync(python)) return false;
  return await runCommand({ command: python, args: ["-m", "pip", "--version"], cwd: "/" }).then(
    () => true,
    () => false,
  );
}

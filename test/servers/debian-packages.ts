import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { downloadFromDebian } from "../node-lane/host.ts";
import { cached, cacheKey, type Progress } from "./cache.ts";

interface DebianPrograms {
  /** Of the cache entry. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Does what the packages' own installation would have done. */
  readonly finish?: (directory: string) => void;
}

/**
 * A directory with packages of Debian taken apart, and not installed: installed, a server would listen on this host, now or at its next boot. Needs no
 * root.
 * @throws LaneUnavailable where there is no Debian to take them from.
 */
export async function fromDebian({ name, packages, finish }: DebianPrograms, progress: Progress): Promise<string> {
  if (!existsSync("/usr/bin/apt-get"))
    throw new LaneUnavailable(`${name} is taken from Debian's packages, and there is no apt-get here.`);
  const release = readFileSync("/etc/os-release", "utf8");
  return await cached(cacheKey(name, [release, process.arch, ...packages]), progress, async (making) => {
    await downloadFromDebian(packages, making, progress);
    for (const archive of globSync(join(making, "*.deb"))) {
      execFileSync("dpkg-deb", ["--extract", archive, making]);
      rmSync(archive);
    }
    finish?.(making);
  });
}

/** Where shared libraries of such a directory lie. */
export function librariesIn(directory: string): string {
  const [libraries = ""] = globSync(join(directory, "usr/lib/*-linux-*")).toSorted();
  return libraries;
}

/** What a contract test needs, or why it is not run; where tests count, a reason is a failure. */
export async function orWhyNot<T>(make: () => Promise<T>): Promise<T | string> {
  try {
    return await make();
  } catch (error) {
    const inCi = process.env["CI"] !== undefined && process.env["CI"] !== "";
    if (!(error instanceof LaneUnavailable) || inCi) throw error;
    return error.message;
  }
}

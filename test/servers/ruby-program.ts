import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import type { Progress } from "./cache.ts";
import { fromDebian, librariesIn } from "./debian-packages.ts";
import { runCommand } from "./run-command.ts";

/** The Ruby of a release of Debian. */
const versions: Readonly<Record<string, string>> = { "12": "3.1", "13": "3.3" };

/** Runs a script of Ruby with its standard library and nothing else; what it prints is the answer. */
export type RunRuby = (script: string, args: readonly string[]) => Promise<string>;

/** @throws LaneUnavailable where there is no Debian to take it from. */
export async function rubyProgram(progress: Progress): Promise<RunRuby> {
  const [, release = ""] = /^VERSION_ID="?(\d+)/m.exec(readFileSync("/etc/os-release", "utf8")) ?? [];
  const version = versions[release];
  if (version === undefined) throw new LaneUnavailable("Ruby is taken from Debian 12 or 13, and this is neither.");
  const packages = [`ruby${version}`, `libruby${version}`, "libyaml-0-2", "libgmp10"];
  const entry = await fromDebian({ name: "ruby", packages }, progress);
  const libraries = librariesIn(entry);
  const places = [join(entry, `usr/lib/ruby/${version}.0`), join(libraries, `ruby/${version}.0`)];
  return async (script, args) =>
    await runCommand({
      command: join(entry, `usr/bin/ruby${version}`),
      args: ["--disable-gems", ...places.flatMap((place) => ["-I", place]), "-e", script, ...args],
      cwd: entry,
      env: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", LD_LIBRARY_PATH: libraries },
    });
}

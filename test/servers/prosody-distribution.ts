import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "./cache.ts";
import { fromDebian } from "./debian-packages.ts";

/** Debian's Prosody with all that it needs, and nothing that would start a server of the host. */
const packages = ["prosody", "lua5.4", "lua-expat", "lua-filesystem", "lua-sec", "lua-socket", "lua-bitop"];
const programs = ["prosody", "prosodyctl"] as const;

/** Programs of Prosody, and the environment that they run in. */
export interface ProsodyPrograms {
  readonly lua: string;
  readonly prosody: string;
  readonly prosodyctl: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws LaneUnavailable where there is no Debian to take them from. */
export async function prosodyPrograms(progress: Progress): Promise<ProsodyPrograms> {
  const finish = (directory: string): void => {
    for (const program of programs) relocate(join(directory, "usr/bin", program));
  };
  const entry = await fromDebian({ name: "prosody", packages, finish }, progress);
  const [libraries = ""] = globSync(join(entry, "usr/lib/*/lua/5.4")).toSorted();
  const shared = join(entry, "usr/share/lua/5.4");
  const bin = join(entry, "usr/bin");
  return {
    lua: join(bin, "lua5.4"),
    prosody: join(bin, "prosody"),
    prosodyctl: join(bin, "prosodyctl"),
    environment: {
      PATH: "/usr/bin:/bin",
      PROSODY_PREFIX: entry,
      LUA_PATH_5_4: `${shared}/?.lua;${shared}/?/init.lua`,
      LUA_CPATH_5_4: `${libraries}/?.so`,
      LD_LIBRARY_PATH: join(libraries, "../.."),
    },
  };
}

/** The scripts carry the directory of their library; the entry gets its place only when it is whole, so they ask for it when they start. */
function relocate(script: string): void {
  const installed = "'/usr/lib/prosody";
  writeFileSync(
    script,
    readFileSync(script, "utf8").replaceAll(installed, `os.getenv("PROSODY_PREFIX")..${installed}`),
  );
}

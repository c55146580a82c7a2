import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { downloadFromDebian } from "../node-lane/host.ts";
import { cached, cacheKey, type Progress } from "./cache.ts";

/** Debian's PHP and Apache, of which the image of Nextcloud is made too. */
export interface PhpPrograms {
  readonly php: string;
  readonly apache: string;
  /** Directory of Apache's modules, which a configuration names. */
  readonly apacheModules: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The packages are taken apart and not installed: nothing of them may start on this host. Needs no root.
 * @throws LaneUnavailable where there is no Debian to take them from.
 */
export async function phpPrograms(progress: Progress): Promise<PhpPrograms> {
  if (!existsSync("/usr/bin/apt-get"))
    throw new LaneUnavailable("PHP and Apache are taken from Debian's packages, and there is no apt-get here.");
  const release = readFileSync("/etc/os-release", "utf8");
  const entry = await cached(cacheKey("php", [release, process.arch]), progress, async (making) => {
    // The first of them says only which PHP this Debian has.
    await downloadFromDebian(["php-cli", "apache2-bin"], making, progress);
    const cli = dependencies(making, "php-cli").filter((name) => /^php[\d.]+-cli$/.test(name));
    await downloadFromDebian(cli, making, progress);
    const libraries = [...dependencies(making, "php*-cli"), ...dependencies(making, "apache2-bin")];
    const wanted = libraries.filter((name) => /^lib|^php.*-common$/.test(name) && !/^libc6|^perl/.test(name));
    await downloadFromDebian([...new Set(wanted)], making, progress);
    for (const archive of globSync(join(making, "*.deb"))) {
      execFileSync("dpkg-deb", ["--extract", archive, making]);
      rmSync(archive);
    }
  });
  const [php = ""] = globSync(join(entry, "usr/bin/php[0-9]*")).toSorted();
  const libraries = globSync(join(entry, "{usr/lib,lib}/*-linux-*"));
  return {
    php,
    apache: join(entry, "usr/sbin/apache2"),
    apacheModules: join(entry, "usr/lib/apache2/modules"),
    environment: { PATH: "/usr/bin:/bin", LD_LIBRARY_PATH: libraries.join(":") },
  };
}

/** Names of the packages that one of the downloaded ones needs. */
function dependencies(directory: string, name: string): string[] {
  const archives = globSync(join(directory, `${name}_*.deb`));
  const fields = archives.map((archive) =>
    execFileSync("dpkg-deb", ["--field", archive, "Depends"], { encoding: "utf8" }),
  );
  return fields.flatMap((field) => field.split(",").map((one) => one.trim().split(/[ |:]/)[0] ?? ""));
}

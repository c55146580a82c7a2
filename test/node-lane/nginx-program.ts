import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cached, cacheKey, type Progress } from "../servers/cache.ts";
import { downloadFromDebian, refuse } from "./host.ts";

/**
 * The nginx program: the host's own, or Debian's taken out of its package. The package is not installed, because that would start an nginx on port 80
 * of this host, now or at its next boot.
 */
export async function nginxProgram(progress: Progress): Promise<string> {
  const installed = "/usr/sbin/nginx";
  if (existsSync(installed)) return installed;
  const release = readFileSync("/etc/os-release", "utf8");
  const entry = await cached(cacheKey("node-nginx", [process.arch, release]), progress, async (making) => {
    await downloadFromDebian(["nginx"], making, progress);
    for (const archive of globSync(join(making, "nginx_*.deb"))) {
      execFileSync("dpkg-deb", ["--extract", archive, making]);
      rmSync(archive);
    }
    if (!runs(join(making, installed))) refuse("Debian's nginx does not run here: install nginx by hand.");
  });
  return join(entry, installed);
}

function runs(program: string): boolean {
  try {
    execFileSync(program, ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

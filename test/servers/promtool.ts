import { join } from "node:path";
import type { Progress } from "./cache.ts";
import { fromDebian } from "./debian-packages.ts";

/** The program that judges rules as Prometheus does. @throws LaneUnavailable where there is no Debian to take it from. */
export async function promtool(progress: Progress): Promise<string> {
  const entry = await fromDebian({ name: "prometheus", packages: ["prometheus"] }, progress);
  return join(entry, "usr/bin/promtool");
}

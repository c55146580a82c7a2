import { existsSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "../servers/cache.ts";

const keptForMs = 14 * 24 * 3_600_000;
const ours = ["node-layer-", "node-images-"];

/** Notes that a cache entry is in use. */
export function markUsed(entry: string): void {
  const now = new Date();
  utimesSync(entry, now, now);
}

/** Deletes image layers and image stores that nobody used for two weeks: each version makes new ones, and they are large. */
export async function deleteStaleEntries(): Promise<void> {
  const root = await cacheRoot();
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    if (!ours.some((prefix) => name.startsWith(prefix)) || !/-[0-9a-f]{12}$/.test(name)) continue;
    const entry = join(root, name);
    if (Date.now() - statSync(entry).mtimeMs > keptForMs) rmSync(entry, { recursive: true, force: true });
  }
}

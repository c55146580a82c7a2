import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { endServersBelow, isRunning } from "./server-process.ts";
import { reachableByServers } from "./server-user.ts";
import { undoOnExit } from "./undo.ts";

/** One line for a person about what is being done now; never a secret. */
export type Progress = (line: string) => void;

const lockPollMs = 200;

/**
 * Directory of everything that is costly to make and equal for every run: `$XDG_CACHE_HOME/socle`, by default `~/.cache/socle`. As root the servers
 * run as another user, which cannot enter a closed home directory: then the machine-wide `/var/cache/socle` takes its place.
 * @throws Error when XDG_CACHE_HOME names a directory that the servers cannot enter.
 */
export async function cacheRoot(): Promise<string> {
  const chosen = process.env["XDG_CACHE_HOME"];
  if (chosen !== undefined && chosen !== "") {
    const root = join(chosen, "socle");
    if (await reachableByServers(root)) return root;
    throw new Error(
      `XDG_CACHE_HOME=${chosen} cannot be entered by the unprivileged user that servers run as: choose a directory that is open to others, or unset it.`,
    );
  }
  const own = join(homedir(), ".cache", "socle");
  return (await reachableByServers(own)) ? own : "/var/cache/socle";
}

/** Name of a cache entry: what it is, and a digest of everything that decides its content. */
export function cacheKey(name: string, ingredients: readonly string[]): string {
  return `${name}-${createHash("sha256").update(JSON.stringify(ingredients)).digest("hex").slice(0, 12)}`;
}

/**
 * The directory of cache entry `key`, made by `make` when it is missing. An entry is there whole or not at all: it is made beside its place and
 * renamed. A lock file keeps two processes from doing the same work; the rename alone keeps the entry right should the lock fail.
 */
export async function cached(
  key: string,
  progress: Progress,
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const root = await cacheRoot();
  const entry = join(root, key);
  if (existsSync(entry)) return entry;
  await mkdir(root, { recursive: true });
  const unlock = await lock(`${entry}.lock`, progress);
  try {
    if (!existsSync(entry)) await makeEntry(entry, make);
    return entry;
  } finally {
    unlock();
  }
}

async function makeEntry(entry: string, make: (directory: string) => Promise<void>): Promise<void> {
  await clearAbandoned(entry);
  const making = `${entry}.making-${process.pid}`;
  mkdirSync(making);
  await chmod(making, 0o755);
  const forget = undoOnExit(() => {
    rmSync(making, { recursive: true, force: true, maxRetries: 5 });
  });
  try {
    await make(making);
    await rename(making, entry);
  } finally {
    await rm(making, { recursive: true, force: true, maxRetries: 5 });
    forget();
  }
}

/** Removes what a killed process left half made for this entry, with the servers that still run in it. */
async function clearAbandoned(entry: string): Promise<void> {
  const root = join(entry, "..");
  for (const name of await readdir(root)) {
    const path = join(root, name);
    if (!path.startsWith(`${entry}.making-`)) continue;
    await endServersBelow(path);
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Takes the lock file at `path`, waiting while the process that holds it lives. Returns the release. */
export async function lock(path: string, progress: Progress): Promise<() => void> {
  for (let told = false; ; ) {
    const release = tryLock(path);
    if (release !== undefined) return release;
    const holder = Number(readIfThere(path));
    if (holder > 0 && !isRunning(holder)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) progress(`waiting for process ${holder}, which is preparing the same thing`);
    told = true;
    await pause(lockPollMs);
  }
}

/** The file appears with the holder's id already in it (a hard link is atomic), so a lock without a holder cannot exist. */
function tryLock(path: string): (() => void) | undefined {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid), { mode: 0o600 });
  try {
    linkSync(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
  const remove = () => {
    rmSync(path, { force: true });
  };
  const forget = undoOnExit(remove);
  return () => {
    forget();
    remove();
  };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

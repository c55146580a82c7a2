import { lstatSync, readdirSync } from "node:fs";
import { chmod, lchown, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Identity that server processes take when we are root: PostgreSQL refuses to run as root, and Keycloak has no need to. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` of every Linux distribution. PostgreSQL looks its own user up in /etc/passwd, so it cannot be a number of our own choice. */
const unprivileged: ServerUser = { uid: 65534, gid: 65534 };

/** The user that servers run as: an unprivileged one when we are root, else undefined (they run as we do). */
export function serverUser(): ServerUser | undefined {
  return process.getuid?.() === 0 ? unprivileged : undefined;
}

/** True when the server user can walk to `path`: every directory on the way lets others pass. Always true when we are not root. */
export async function reachableByServers(path: string): Promise<boolean> {
  const user = serverUser();
  if (user === undefined) return true;
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found !== undefined && !letsPass(found, user)) return false;
    if (at === dirname(at)) return true;
  }
}

function letsPass(found: { readonly mode: number; readonly uid: number }, user: ServerUser): boolean {
  return (found.mode & 0o001) !== 0 || found.uid === user.uid;
}

/** Gives `path` and all below it to the server user; does nothing when we are not root. */
export async function giveToServers(path: string): Promise<void> {
  const user = serverUser();
  if (user === undefined) return;
  await lchown(path, user.uid, user.gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) await giveToServers(join(path, name));
}

/** Makes one file readable by its owner alone and gives it to the server user. */
export async function keepPrivate(path: string): Promise<void> {
  await chmod(path, 0o600);
  await giveToServers(path);
}

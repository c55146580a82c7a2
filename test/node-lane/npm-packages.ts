import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/** One package of the lockfile, by its path below the checkout. */
export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export function lockedPackages(): Readonly<Record<string, LockedPackage>> {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  return lock.packages;
}

/** Paths of these packages and of all that they need, in order. */
export function withDependencies(names: readonly string[], locked: Readonly<Record<string, LockedPackage>>): string[] {
  const found = new Set<string>();
  const add = (name: string, from: string): void => {
    const path = placeOf(name, from, locked);
    if (found.has(path)) return;
    found.add(path);
    for (const needed of Object.keys(locked[path]?.dependencies ?? {})) add(needed, path);
  };
  for (const name of names) add(name, "");
  return [...found].toSorted();
}

/** Where Node finds a package that the one at `from` asks for: in it, or in a folder above. */
function placeOf(name: string, from: string, locked: Readonly<Record<string, LockedPackage>>): string {
  for (let at = from; ; at = at.includes("/node_modules/") ? at.slice(0, at.lastIndexOf("/node_modules/")) : "") {
    const path = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (path in locked) return path;
    if (at === "") throw new Error(`package-lock.json has no ${name}, which ${from} needs: run npm install.`);
  }
}

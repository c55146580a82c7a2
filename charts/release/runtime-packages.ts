import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A package that the operator or the command loads. */
export interface RuntimePackage {
  readonly name: string;
  readonly version: string;
  /** As SPDX writes it; empty where the package says nothing. */
  readonly licence: string;
  /** Whether installing it would run a program of its makers. */
  readonly runsAtInstall: boolean;
  /** As the registry states it; absent for what comes inside of another package, whose digest covers it. */
  readonly integrity?: string;
  /** Packages that it loads, as `name@version`. */
  readonly needs: readonly string[];
}

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}
type Entries = Readonly<Record<string, Locked>>;

export interface LockFile {
  readonly packages: Entries;
}

const folder = "node_modules/";

/** Of a lock file: what is installed without development and optional packages, each version once, by name. Pure. */
export function runtimePackages({ packages }: LockFile): RuntimePackage[] {
  const installed = Object.fromEntries(
    Object.entries(packages).filter(
      ([path, { dev, optional, devOptional }]) => path !== "" && !(dev ?? optional ?? devOptional ?? false),
    ),
  );
  const found = Object.keys(installed).map((path): [string, RuntimePackage] => [
    identityAt(path, installed),
    runtimePackage(path, installed),
  ]);
  return [...new Map(found)].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry);
}

/** Those of the checkout. */
export function packagesOfCheckout(): RuntimePackage[] {
  return runtimePackages(
    JSON.parse(readFileSync(join(import.meta.dirname, "../../package-lock.json"), "utf8")) as LockFile,
  );
}

/** Where Node finds a package that the one at `path` asks for: beside it, or in a folder above. */
export function entryOf(path: string, name: string, among: Readonly<Record<string, unknown>>): string | undefined {
  for (let at = path; ; at = at.includes(`/${folder}`) ? at.slice(0, at.lastIndexOf(`/${folder}`)) : "") {
    const candidate = `${at === "" ? "" : `${at}/`}${folder}${name}`;
    if (candidate in among) return candidate;
    if (at === "") return undefined;
  }
}

function runtimePackage(path: string, installed: Entries): RuntimePackage {
  const { version = "", license = "", integrity, hasInstallScript = false, ...asks } = installed[path] ?? {};
  // A peer that is optional may be missing.
  const needs = Object.keys({ ...asks.dependencies, ...asks.peerDependencies })
    .map((name) => entryOf(path, name, installed))
    .filter((found) => found !== undefined)
    .map((found) => identityAt(found, installed));
  return {
    name: nameAt(path),
    version,
    licence: license,
    runsAtInstall: hasInstallScript,
    ...(integrity === undefined ? {} : { integrity }),
    needs: [...new Set(needs)].sort(),
  };
}

function nameAt(path: string): string {
  return path.slice(path.lastIndexOf(folder) + folder.length);
}

function identityAt(path: string, installed: Entries): string {
  return `${nameAt(path)}@${installed[path]?.version ?? ""}`;
}

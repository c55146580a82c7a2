import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

const mark = "# Written by socle export: the next export into this directory replaces or removes this file.\n";

/** Was this text written by an export? */
export function isExported(text: string): boolean {
  return text.startsWith(mark);
}

/** The files of one tenant, by name. */
export type TenantFiles = ReadonlyMap<string, string>;

export interface Written {
  readonly written: number;
  readonly unchanged: number;
  readonly removed: number;
}

/**
 * Makes `directory` hold these files, a directory for each tenant, and no other file of an export; with `only` nothing outside of that tenant's
 * directory is looked at. A file that no export wrote is never touched: where one is in the way, nothing is written, and the error names it.
 * Works without a pause, so an interruption falls before it or after it.
 */
export function writeExport(
  directory: string,
  tenants: ReadonlyMap<string, TenantFiles>,
  only: string | undefined,
): Written {
  const wanted = new Map(
    [...tenants].flatMap(([tenant, files]) =>
      [...files].map(([name, text]): [string, string] => [join(directory, tenant, name), mark + text]),
    ),
  );
  const inTheWay = obstacles(directory, [...tenants.keys()], [...wanted.keys()]);
  if (inTheWay.length > 0)
    throw new Error(
      `Not written by socle export, and in the way: ${inTheWay.join(", ")}. Move it away, or choose another directory (-o). Nothing was written.`,
    );
  const stale = exportedFiles(directory, only).filter((path) => !wanted.has(path));
  const changed = [...wanted].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  for (const [path, text] of changed) replaceFile(path, text);
  for (const path of stale) rmSync(path);
  for (const place of new Set(stale.map((path) => dirname(path))))
    if (readdirSync(place).length === 0) rmdirSync(place);
  return { written: changed.length, unchanged: wanted.size - changed.length, removed: stale.length };
}

function obstacles(directory: string, tenants: readonly string[], files: readonly string[]): string[] {
  if (existsSync(directory) && !statSync(directory).isDirectory()) return [directory];
  const blocked = tenants
    .map((tenant) => join(directory, tenant))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false);
  if (blocked.length > 0) return blocked;
  return files.filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined && !isOwn(path));
}

/** Files that an export wrote, one level below: in the directories of tenants. */
function exportedFiles(directory: string, only: string | undefined): string[] {
  if (!existsSync(directory)) return [];
  const places = readdirSync(directory, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && (only === undefined || entry.name === only),
  );
  return places.flatMap(({ name }) =>
    readdirSync(join(directory, name))
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => join(directory, name, file))
      .filter(isOwn),
  );
}

function isOwn(path: string): boolean {
  return lstatSync(path).isFile() && isExported(readFileSync(path, "utf8"));
}

/** In one step: a reader finds the old text or the new one. */
function replaceFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  writeFileSync(partial, text, { flag: "wx" });
  renameSync(partial, path);
}

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cached, cacheKey, type Progress } from "../servers/cache.ts";
import { markUsed } from "./stale-entries.ts";

/** One file tree of an image, as an uncompressed tar file. */
export interface Layer {
  readonly path: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string;
  readonly size: number;
}

/** Raised when the way in which layers are written changes. */
const layerRevision = "2";

/**
 * The layer of that name, made by `stage`, which fills an empty root directory with the right owners and rights. Equal trees give equal bytes:
 * names are sorted and times are zero.
 */
export async function makeLayer(
  layer: { readonly name: string; readonly ingredients: readonly string[] },
  progress: Progress,
  stage: (root: string) => void | Promise<void>,
): Promise<Layer> {
  const key = cacheKey(`node-layer-${layer.name}`, [layerRevision, process.arch, ...layer.ingredients]);
  const entry = await cached(key, progress, async (making) => {
    progress(`making image layer ${layer.name}`);
    const root = join(making, "root");
    await mkdir(root, { mode: 0o755 });
    await stage(root);
    const file = join(making, "layer.tar");
    const options = [
      "--numeric-owner",
      "--sort=name",
      "--mtime=@0",
      "--format=pax",
      "--pax-option=delete=atime,delete=ctime",
    ];
    execFileSync("tar", ["-C", root, ...options, "-cf", file, "."]);
    const digest = createHash("sha256");
    await pipeline(createReadStream(file), digest);
    await writeFile(join(making, "digest"), digest.digest("hex"));
    await rm(root, { recursive: true });
  });
  markUsed(entry);
  const path = join(entry, "layer.tar");
  return { path, digest: await readFile(join(entry, "digest"), "utf8"), size: statSync(path).size };
}

/** Copies files and directories as they are to `target`, which is made; as root, everything then belongs to `owner`. */
export function copyTree(sources: readonly string[], target: string, owner = "0:0"): void {
  mkdirSync(target, { recursive: true });
  execFileSync("cp", ["-R", "--preserve=mode,links,timestamps", "--no-dereference", ...sources, target]);
  execFileSync("chown", ["-R", "--no-dereference", owner, target]);
}

/** Programs and libraries with all shared libraries that they need, as they lie on this host. Those that are not found are left out. */
export function withLibraries(files: readonly string[]): string[] {
  const needed = new Set<string>(files);
  for (const file of files) {
    for (const line of sharedLibraries(file)) {
      const path = /=> (\/\S+) \(0x/.exec(line)?.[1] ?? /^\s*(\/\S+) \(0x/.exec(line)?.[1];
      if (path !== undefined) needed.add(path);
    }
  }
  return [...needed];
}

function sharedLibraries(file: string): string[] {
  try {
    return execFileSync("ldd", [file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n");
  } catch {
    // A script or a static program: it needs none.
    return [];
  }
}

/** Copies each file to the same path below `root`; directories that are links on this host (/lib, /bin) are below /usr there. */
export function copyFiles(files: readonly string[], root: string): void {
  for (const file of files) {
    const target = join(root, belowUsr(file));
    mkdirSync(dirname(target), { recursive: true });
    execFileSync("cp", ["--preserve=mode", "--dereference", file, target]);
  }
}

function belowUsr(file: string): string {
  const [, first = "", rest = ""] = /^\/([^/]+)\/(.*)$/.exec(file) ?? [];
  const top = `/${first}`;
  return lstatSync(top).isSymbolicLink() ? join("/", readlinkSync(top), rest) : file;
}

/** What decides the content of files of the host: a package that is upgraded makes new layers. */
export function fingerprint(files: readonly string[]): string[] {
  return files.map((file) => {
    const { size, mtimeMs } = statSync(file);
    return `${file} ${realpathSync(file)} ${size} ${Math.trunc(mtimeMs)}`;
  });
}

/** Digest of the content of files of the checkout, by name. */
export function contentDigest(directory: string, files: readonly string[]): string {
  const digest = createHash("sha256");
  for (const file of files)
    digest
      .update(`${file}\0`)
      .update(readFileSync(join(directory, file)))
      .update("\0");
  return digest.digest("hex");
}

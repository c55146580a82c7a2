import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { imageArchiveName } from "../../operator/version.ts";
import { archiveChart, archivePackage, chartProblems, checksums, imageDigest } from "./archives.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { imageList, releaseImages } from "./images.ts";
import { releaseNotes } from "./notes.ts";
import { type LockFile, runtimePackages } from "./runtime-packages.ts";

export interface ReleaseWish {
  /** The checkout that it is made of. */
  readonly checkout: string;
  readonly output: string;
  /** What the checkout is, in words. */
  readonly origin: string;
  /** OCI archive of the operator's image; absent: the release has none. */
  readonly imageArchive?: string;
}

/** In the order in which they are installed. */
const charts = ["socle-crds", "socle"];
const sums = "SHA256SUMS";

/** Writes every file of a release into a directory of its own. Throws Error, a sentence, where something does not fit; then nothing is written. */
export function makeRelease(wish: ReleaseWish, progress: (line: string) => void): void {
  const { checkout, output, origin, imageArchive } = wish;
  const text = (name: string): string => readFileSync(join(checkout, name), "utf8");
  const manifest = JSON.parse(text("package.json")) as { version: string; dependencies: Record<string, string> };
  const { version } = manifest;
  const problems = charts.flatMap((name) => chartProblems(join(checkout, "charts"), name, version));
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const notes = releaseNotes({
    version,
    changelog: text("CHANGELOG.md"),
    origin,
    withImage: imageArchive !== undefined,
  });
  const images = releaseImages(version, imageArchive === undefined ? undefined : imageDigest(imageArchive));
  const lock = JSON.parse(text("package-lock.json")) as LockFile;
  const direct = Object.entries(manifest.dependencies).map(([name, exact]) => `${name}@${exact}`);
  const materials = { version, packages: runtimePackages(lock), direct, images };

  filledWhole(output, (directory) => {
    const make = (name: string, into: (file: string) => void): void => {
      into(join(directory, name));
      progress(name);
    };
    const write = (name: string, content: string): void => {
      make(name, (file) => {
        writeFileSync(file, content);
      });
    };
    for (const name of charts)
      make(`${name}-${version}.tgz`, (file) => {
        archiveChart(join(checkout, "charts"), name, file);
      });
    if (imageArchive !== undefined)
      make(imageArchiveName(version), (file) => {
        copyFileSync(imageArchive, file);
      });
    make(`socle-npm-${version}.tgz`, (file) => {
      archivePackage(checkout, file);
    });
    write("images.txt", imageList(version, images));
    write(`socle-${version}.cdx.json`, billOfMaterials(materials));
    write(`NOTES-${version}.md`, notes);
    write(sums, checksums(directory));
  });
}

/** All of the files or none. An earlier release makes way for them; anything else that lies there is somebody's. */
function filledWhole(directory: string, fill: (making: string) => void): void {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  if (names.length > 0 && !names.includes(sums))
    throw new Error(`${directory} holds files that are no release; name an empty directory (--output).`);
  mkdirSync(dirname(directory), { recursive: true });
  const making = mkdtempSync(`${directory}-`);
  try {
    fill(making);
    chmodSync(making, 0o755);
    rmSync(directory, { recursive: true, force: true });
    renameSync(making, directory);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

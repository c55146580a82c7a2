import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parse } from "yaml";

/** Names sorted, times zero, no owner: the same files give the same bytes on every machine. */
const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];

/** `<directory>/<name>` as a chart archive for `helm install`. */
export function archiveChart(directory: string, name: string, file: string): void {
  const args = ["-C", directory, "--format=ustar", ...reproducible, "-cf", "-", name];
  writeFileSync(file, gzipSync(execFileSync("tar", args, { maxBuffer: 256 * 1024 * 1024 }), { level: 9 }));
}

/** A sentence for each field of Chart.yaml that does not fit the release. */
export function chartProblems(directory: string, name: string, version: string): string[] {
  const file = join(directory, name, "Chart.yaml");
  if (!existsSync(file)) return [`charts/${name}/Chart.yaml is missing; run \`npm run generate\`.`];
  const chart = parse(readFileSync(file, "utf8")) as Readonly<Record<string, unknown>>;
  return Object.entries({ name, version, appVersion: version })
    .filter(([field, wanted]) => chart[field] !== wanted)
    .map(
      ([field, wanted]) =>
        `charts/${name}/Chart.yaml: ${field} is ${JSON.stringify(chart[field])} and has to be ${JSON.stringify(wanted)}, as package.json has it; run \`npm run generate\`.`,
    );
}

/** What npm packs of the checkout, as that file. npm itself sorts names and sets times. */
export function archivePackage(checkout: string, file: string): void {
  const directory = mkdtempSync(`${file}-`);
  try {
    const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", directory];
    execFileSync("npm", args, { cwd: checkout, stdio: ["ignore", "ignore", "inherit"] });
    const [packed = ""] = readdirSync(directory);
    renameSync(join(directory, packed), file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The digest by which registries know the one image of an OCI archive. */
export function imageDigest(archive: string): string {
  const text = execFileSync("tar", ["-xOf", archive, "index.json"], { encoding: "utf8" });
  const { manifests = [] } = JSON.parse(text) as { readonly manifests?: readonly { readonly digest: string }[] };
  const [only, ...more] = manifests;
  if (only !== undefined && more.length === 0) return only.digest;
  throw new Error(`${archive} holds ${manifests.length} images; a release has one.`);
}

/** SHA256SUMS of the files of a directory, as `sha256sum -c` reads it. */
export function checksums(directory: string): string {
  const names = readdirSync(directory).sort();
  return names.map((name) => `${sha256(join(directory, name))}  ${name}\n`).join("");
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

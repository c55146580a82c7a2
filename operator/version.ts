import { readFileSync } from "node:fs";

/** Version of this program. */
export function programVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** File of a release that holds the operator's image, as an OCI archive. */
export function imageArchiveName(version: string): string {
  return `socle-image-${version}.tar`;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";

const directory = join(import.meta.dirname, "../../examples");

export interface Example {
  /** Below examples/. */
  readonly file: string;
  readonly object: Manifest & { readonly spec: Readonly<Record<string, unknown>> };
}

/** Files of examples/, in its folders too. */
export const exampleFiles: readonly string[] = readdirSync(directory, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".yaml"))
  .sort();

export function exampleText(file: string): string {
  return readFileSync(join(directory, file), "utf8");
}

/** Every object in the examples. */
export const exampleObjects: readonly Example[] = exampleFiles.flatMap((file) =>
  parseAllDocuments(exampleText(file)).map((document) => ({ file, object: document.toJS() as Example["object"] })),
);

/** Those of our kinds; the others are for Flux and Argo CD. */
export const examples: readonly Example[] = exampleObjects.filter(({ object }) => object.apiVersion === apiVersion);

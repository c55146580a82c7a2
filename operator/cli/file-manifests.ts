import type { Manifest } from "../../constructs/manifest.ts";
import { documentsOf } from "../export/file-documents.ts";
import { readSources } from "./file-sources.ts";

export interface FileManifests {
  readonly objects: readonly Manifest[];
  /** A sentence for each thing in the files that is no object. */
  readonly problems: readonly string[];
}

/** The objects of these files and directories, whatever their kind; `-` is standard input. */
export async function readManifests(
  paths: readonly string[],
  standardInput: AsyncIterable<unknown>,
): Promise<FileManifests> {
  const sources = await readSources(paths, standardInput);
  const { found, broken } = documentsOf(sources.texts);
  const strange = found
    .filter(({ object }) => !isManifest(object))
    .map(({ place }) => `${place}: this is no Kubernetes object; give it apiVersion, kind and metadata.name.`);
  return {
    objects: found.flatMap(({ object }) => (isManifest(object) ? [object] : [])),
    problems: [...sources.problems, ...broken, ...strange],
  };
}

function isManifest(value: unknown): value is Manifest {
  const { apiVersion, kind, metadata } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const name = ((metadata ?? {}) as Readonly<Record<string, unknown>>)["name"];
  return [apiVersion, kind, name].every((word) => typeof word === "string" && word !== "");
}

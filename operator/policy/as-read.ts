import type { Manifest } from "../../constructs/manifest.ts";
import type { Check } from "./check.ts";
import { kindOf } from "./evaluate.ts";
import { exceptionKind } from "./exceptions.ts";
import type { Read } from "./read.ts";

/** Every read of these checks, of what they judge and of what they look at beside it. */
export function allReads(checks: readonly Check[]): readonly Read[] {
  return checks.flatMap(({ evaluation }) =>
    evaluation.status === "implemented" ? [...evaluation.subjects, ...(evaluation.related ?? [])] : [],
  );
}

/** By kind, the parts of an object that any of these checks looks at: `spec`, `metadata.annotations`. */
export function readsOf(checks: readonly Check[]): ReadonlyMap<string, readonly string[]> {
  const byKind = Map.groupBy(allReads(checks), kindOf);
  const parts = [...byKind].map(([kind, reads]): [string, readonly string[]] => {
    const all = reads.flatMap(({ fields }) => fields.map(({ path }) => partOf(path)));
    return [kind, [...new Set(all)]];
  });
  return new Map([[kindOf(exceptionKind), ["spec"]], ...parts]);
}

/** The first key of a path; in metadata the second, as versions and times change there with every write. */
function partOf(path: string): string {
  const [, first = "", second = ""] = /^([^.[\]|]+)(?:\.([^.[\]|]+))?/.exec(path) ?? [];
  return first === "metadata" && second !== "" ? `metadata.${second}` : first;
}

/**
 * An object with what is read of it and what it is known by, and nothing else: the heartbeats of a status that no check reads leave it the same, and what
 * nobody reads takes no memory.
 */
export function asRead<T extends Manifest>(object: T, parts: readonly string[]): Manifest {
  const { name, namespace, labels } = object.metadata;
  const { uid } = object.metadata as { readonly uid?: string };
  const metadata = object.metadata as unknown as Readonly<Record<string, unknown>>;
  const whole = object as unknown as Readonly<Record<string, unknown>>;
  const read = parts
    .filter((part) => !part.startsWith("metadata"))
    .map((part): [string, unknown] => [part, whole[part]]);
  const more = parts
    .flatMap((part) => (part.startsWith("metadata.") ? [part.slice("metadata.".length)] : []))
    .map((part): [string, unknown] => [part, metadata[part]]);
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(uid === undefined ? {} : { uid }),
      ...present(more),
    },
    ...present(read),
  } as Manifest;
}

function present(entries: readonly [string, unknown][]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

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

/** A part of an object: one key of it, or one of what that key holds. */
export type Part = readonly [key: string, inner?: string];

/** By kind, the parts of an object that any of these checks looks at: `spec.template`, `rules`. */
export function partsRead(checks: readonly Check[]): ReadonlyMap<string, readonly Part[]> {
  const byKind = Map.groupBy(allReads(checks), kindOf);
  const parts = [...byKind].map(([kind, reads]): [string, readonly Part[]] => {
    const paths = new Set(reads.flatMap(({ fields }) => fields.map(({ path }) => partOf(path).join("."))));
    const all = [...paths].map((path): Part => path.split(".") as unknown as Part);
    return [kind, all.filter(([key, inner]) => inner === undefined || !paths.has(key))];
  });
  // Whole, whatever checks read of them: results are excused by them. Their status says when one begins or ends, of which nothing else tells.
  return new Map([...parts, [kindOf(exceptionKind), [["spec"], ["status"]]]]);
}

function partOf(path: string): Part {
  const [, key = "", inner] = /^([^.[\]|]+)(?:\.([^.[\]|]+))?/.exec(path) ?? [];
  return inner === undefined ? [key] : [key, inner];
}

type Values = Readonly<Record<string, unknown>>;

/**
 * An object with what is read of it and what it is known by, and nothing else: the heartbeats of a status that no check reads leave it the same, and what
 * nobody reads takes no memory.
 */
export function asRead(object: Manifest, parts: readonly Part[]): Manifest {
  const known: readonly Part[] = [
    ["apiVersion"],
    ["kind"],
    ...["name", "namespace", "labels", "uid"].map((inner): Part => ["metadata", inner]),
  ];
  const read: Record<string, unknown> = {};
  for (const [key, inner] of [...known, ...parts]) {
    const value = (object as unknown as Values)[key];
    if (value === undefined || value === null) continue;
    if (inner === undefined || typeof value !== "object") read[key] = value;
    else if ((value as Values)[inner] !== undefined)
      read[key] = { ...(read[key] as Values | undefined), [inner]: (value as Values)[inner] };
    else read[key] ??= {};
  }
  return read as unknown as Manifest;
}

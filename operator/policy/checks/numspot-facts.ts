import type { Manifest } from "../../../constructs/manifest.ts";
import { factsApiVersion, factsKind as kind } from "../../../crds/group.ts";
import type { FieldRead, Read } from "../read.ts";
import { type Seen, type SeenValue, textOf, Unknown } from "../seen.ts";

const failedFact = "failures[].fact";
const failureMessage = "failures[].message";

/**
 * What NumSpot tells of a region: https://docs.numspot.com. A fact that is not known is absent, and an absent fact is an error, never a pass; an empty list
 * says that there is none.
 */
export const numSpotFacts = (fields: readonly FieldRead[]): Read => ({
  apiVersion: factsApiVersion,
  kind,
  scope: "provider",
  fields: [
    ...fields,
    { path: failedFact, whenAbsent: { default: "" }, violations: [] },
    { path: failureMessage, whenAbsent: { default: "" }, violations: [] },
  ],
});

export const isNumSpotFacts = ({ kind: other }: Pick<Manifest, "kind">): boolean => other === kind;

/** A field that has to be known. */
export const known = (path: string, violations: readonly unknown[] = []): FieldRead => ({
  path,
  whenAbsent: "error",
  violations,
});

/** A fact that is a list, in which `[]` stands for each item. @throws Unknown where it is not known, with the reason that is told. */
export function requireFact(facts: Seen, path: string): void {
  const messages = byOwner(facts, failureMessage, wordOf);
  const failure = facts.texts(failedFact).find(({ value }) => `facts.${value}` === path);
  if (failure !== undefined) throw new Unknown(path, `${path} is not known: ${beside(messages, ownerOf(failure))}`);
  const { field, value } = facts.one(path);
  if (!Array.isArray(value)) throw new Unknown(field, `${field} is no list.`);
}

/** Each value of a path by what it is a field of: `facts.loadBalancers[0]`. */
export function byOwner<T>(facts: Seen, path: string, read: (seen: SeenValue) => T): ReadonlyMap<string, T> {
  return new Map(facts.each(path).map((seen) => [ownerOf(seen), read(seen)]));
}

export const ownerOf = ({ field }: SeenValue): string => field.slice(0, field.lastIndexOf("."));

/** What stands beside another field of the same thing. @throws Unknown where nothing does. */
export function beside<T>(values: ReadonlyMap<string, T>, owner: string): T {
  const value = values.get(owner);
  if (value === undefined) throw new Unknown(owner, `${owner} is not known as a whole.`);
  return value;
}

/** @throws Unknown where it is no text. */
export const wordOf = (seen: SeenValue): string => textOf(seen).value;

/** @throws Unknown where it is no whole number. */
export function numberOf({ field, value }: SeenValue): number {
  if (typeof value !== "number" || !Number.isInteger(value)) throw new Unknown(field, `${field} is no whole number.`);
  return value;
}

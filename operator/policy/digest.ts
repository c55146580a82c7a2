import { createHash } from "node:crypto";

/** The same text for the same values, in whatever order a server wrote their keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([left], [right]) => (left < right ? -1 : 1)))
      : one,
  );
}

/**
 * The same for the same values, from which nobody reads them back. Whole, since evidence rests on it: of a short one, whoever writes an object could
 * search for two states that bear the same.
 */
export function digestOf(values: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([values]))
    .digest("hex");
}

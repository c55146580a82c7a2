import { createHash } from "node:crypto";

/**
 * The same for the same values, from which nobody reads them back. Whole, since evidence rests on it: of a short one, whoever writes an object could
 * search for two states that bear the same.
 */
export function digestOf(values: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([values]))
    .digest("hex");
}

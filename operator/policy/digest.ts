import { createHash } from "node:crypto";

/** Short and the same for the same values, from which nobody reads them back. */
export function digestOf(values: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([values]))
    .digest("hex")
    .slice(0, 16);
}

import { createHash } from "node:crypto";

/** Tag of a bucket, or name of an object in it where the store has no tags. */
export const ownerTag = "socle.dev/owner";

/** The marker as a value that every store takes: a tag holds 256 characters, without quotes and braces. Equal owners give equal marks. */
export function ownerMark(marker: string): string {
  return createHash("sha256").update(marker).digest("hex");
}

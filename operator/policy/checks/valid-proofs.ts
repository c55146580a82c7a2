import type { Seen } from "../seen.ts";

/** A proof that counts. */
export interface ValidProof {
  readonly scheme: string;
  /** Its place in spec.qualifications. */
  readonly index: number;
}

/** Proofs of a region that somebody verified and that are valid on that day (of UTC), their first and last days included. */
export function validProofs(region: Seen, now: string): readonly ValidProof[] {
  const today = new Date(now).toISOString().slice(0, 10);
  const words = (field: string) => region.texts(`spec.qualifications[].${field}`).map(({ value }) => value);
  const [verified, from, until] = [words("verification"), words("validFrom"), words("validUntil")];
  const holds = (index: number) =>
    verified[index] === "Verified" && (from[index] ?? "9") <= today && today <= (until[index] ?? "");
  return words("scheme")
    .map((scheme, index) => ({ scheme, index }))
    .filter(({ index }) => holds(index));
}

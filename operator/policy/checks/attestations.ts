import { apiVersion } from "../../../crds/group.ts";
import { attestationDays } from "../../../crds/v1alpha1/attestation.ts";
import type { Surroundings } from "../check.ts";
import type { FieldRead, Read } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";

const known = (path: string, violations: readonly unknown[] = []): FieldRead => ({
  path: `spec.${path}`,
  whenAbsent: "error",
  violations,
});
/** Beside its validity, what makes it worth something: who says so, and what document shows it. */
export const attestations: Read = {
  apiVersion,
  kind: "Attestation",
  scope: "cluster",
  fields: [
    ...["check", "subject.kind", "subject.name", "attestedBy", "evidence.sha256"].map((path) => known(path)),
    known("validFrom", ["2001-01-01T00:00:00Z"]),
    known("expiresAt", ["2001-01-02T00:00:00Z"]),
  ],
};

/** What a word has to be about. */
export interface Attested {
  readonly check: string;
  readonly subject: Seen;
  /** How old it may be; the longest life of an attestation by default. */
  readonly days?: number;
}

/** What a person says. */
export interface Word {
  readonly attestation: Seen;
  /** By itself, or by its age. */
  readonly end: number;
}

const dayMs = 86_400_000;

/** The word that counts longest, of those that count already; it may have ended. */
export function longestWord(
  { check, subject, days = attestationDays }: Attested,
  { of, now }: Surroundings,
): Word | undefined {
  const words = of("Attestation").flatMap((one): Word[] => {
    const [about, kind, name] = ["check", "subject.kind", "subject.name"].map((path) => one.text(`spec.${path}`).value);
    if (about !== check || kind !== subject.object.kind || name !== subject.name) return [];
    // Whose word it is, and what shows it, is for people to read; without them it is nobody's word.
    for (const path of ["spec.attestedBy", "spec.evidence.sha256"]) one.text(path);
    const from = momentAt(one, "spec.validFrom");
    const end = Math.min(momentAt(one, "spec.expiresAt"), from + days * dayMs);
    return from <= Date.parse(now) ? [{ attestation: one, end }] : [];
  });
  return words.toSorted((left, right) => right.end - left.end)[0];
}

/** The attestation that counts today. */
export function standingWord(attested: Attested, surroundings: Surroundings): Seen | undefined {
  const word = longestWord(attested, surroundings);
  return word !== undefined && Date.parse(surroundings.now) < word.end ? word.attestation : undefined;
}

function momentAt(attestation: Seen, path: string): number {
  const { field, value } = attestation.text(path);
  const moment = Date.parse(value);
  if (Number.isNaN(moment)) throw new Unknown(field, `${field} is no moment.`);
  return moment;
}

import { apiVersion } from "../../../crds/group.ts";
import { attestationDays } from "../../../crds/v1alpha1/attestation.ts";
import type { Evaluation, Layer, Parameter, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, Unknown, wordsOf } from "../seen.ts";

/** A check that rests on a person's word. */
export interface AttestedCheck {
  readonly id: string;
  readonly layer: Layer;
  /** One in days says how old the word may be; the longest life of an attestation by default. */
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** Of tenants: called for by data of these classes alone. */
  readonly dataClasses?: readonly string[];
}

const dayMs = 86_400_000;
const dataClasses = "spec.compliance.dataClasses";
const known = (path: string, violations: readonly unknown[] = []): FieldRead => ({
  path,
  whenAbsent: "error",
  violations,
});
/** Beside its validity, what makes it worth something: who says so, and what document shows it. */
const attestations: Read = {
  apiVersion,
  kind: "Attestation",
  scope: "cluster",
  fields: [
    ...["check", "subject.kind", "subject.name", "attestedBy", "evidence.sha256"].map((path) => known(`spec.${path}`)),
    known("spec.validFrom", ["2001-01-01T00:00:00Z"]),
    known("spec.expiresAt", ["2001-01-02T00:00:00Z"]),
  ],
};

/**
 * Passes while an Attestation of that check and subject is valid today. One that has ended, or is older than the check lets it be, is a fail; where nobody
 * ever said anything, nothing is known. What belongs to a tenant is said of the Tenant, everything else of the region.
 */
export function byAttestation(check: AttestedCheck): Evaluation {
  const kind = check.layer === "tenant" ? "Tenant" : "SovereignRegion";
  const fields = check.dataClasses === undefined ? [] : [known(dataClasses)];
  return {
    status: "implemented",
    subjects: [{ apiVersion, kind, scope: "cluster", fields }],
    related: [attestations],
    judge: (subject, surroundings) => {
      if (!isCalledFor(check, subject)) return [];
      const { attestation, end } = wordOf(check, subject, surroundings);
      return Date.parse(surroundings.now) < end ? [] : [tooOld(attestation, end)];
    },
    restsOn: (subject, surroundings) =>
      isCalledFor(check, subject) ? wordOf(check, subject, surroundings).attestation : undefined,
  };
}

function isCalledFor(check: AttestedCheck, subject: Seen): boolean {
  if (check.dataClasses === undefined) return true;
  const classes = wordsOf(subject.one(dataClasses));
  return check.dataClasses.some((one) => classes.includes(one));
}

interface Word {
  readonly attestation: Seen;
  /** By itself, or by its age. */
  readonly end: number;
}

/** The word that counts longest, of those that count already. @throws Unknown where there is none. */
function wordOf(check: AttestedCheck, subject: Seen, { of, now }: Surroundings): Word {
  const words = of("Attestation").flatMap((one): Word[] => {
    const [about, kind, name] = ["check", "subject.kind", "subject.name"].map((path) => one.text(`spec.${path}`).value);
    if (about !== check.id || kind !== subject.object.kind || name !== subject.name) return [];
    // Whose word it is, and what shows it, is for people to read; without them it is nobody's word.
    for (const path of ["spec.attestedBy", "spec.evidence.sha256"]) one.text(path);
    const from = momentAt(one, "spec.validFrom");
    const end = Math.min(momentAt(one, "spec.expiresAt"), from + longestAge(check) * dayMs);
    return from <= Date.parse(now) ? [{ attestation: one, end }] : [];
  });
  const [longest] = words.toSorted((left, right) => right.end - left.end);
  if (longest !== undefined) return longest;
  const where = `${subject.object.kind} ${subject.name}`;
  throw new Unknown(
    "metadata.name",
    `Nobody has attested this of ${where}; a person who knows creates an Attestation with spec.check ${check.id}.`,
  );
}

function longestAge({ parameters = {} }: AttestedCheck): number {
  const stated = Object.values(parameters).find(({ unit }) => unit === "days")?.value;
  return typeof stated === "number" ? stated : attestationDays;
}

function momentAt(attestation: Seen, path: string): number {
  const { field, value } = attestation.text(path);
  const moment = Date.parse(value);
  if (Number.isNaN(moment)) throw new Unknown(field, `${field} is no moment.`);
  return moment;
}

function tooOld({ name }: Seen, end: number): Problem {
  const day = new Date(end).toISOString().slice(0, 10);
  const message = `Attestation ${name} counts no longer since ${day}; look again, and create a new one.`;
  return { field: "metadata.name", observed: `ended on ${day}`, message };
}

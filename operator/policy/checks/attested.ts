import { apiVersion } from "../../../crds/group.ts";
import type { Evaluation, Layer, Parameter, Surroundings } from "../check.ts";
import type { FieldRead, Problem } from "../read.ts";
import { type Seen, Unknown, wordsOf } from "../seen.ts";
import { attestations, longestWord, type Word } from "./attestations.ts";

/** A check that rests on a person's word. */
export interface AttestedCheck {
  readonly id: string;
  readonly layer: Layer;
  /** One in days says how old the word may be; the longest life of an attestation by default. */
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** Of tenants: called for by data of these classes alone. */
  readonly dataClasses?: readonly string[];
}

const dataClasses = "spec.compliance.dataClasses";
const concerned: FieldRead = { path: dataClasses, whenAbsent: "error", violations: [] };

/**
 * Passes while an Attestation of that check and subject is valid today. One that has ended, or is older than the check lets it be, is a fail; where nobody
 * ever said anything, nothing is known. What belongs to a tenant is said of the Tenant, everything else of the region.
 */
export function byAttestation(check: AttestedCheck): Evaluation {
  const kind = check.layer === "tenant" ? "Tenant" : "SovereignRegion";
  const fields = check.dataClasses === undefined ? [] : [concerned];
  return {
    status: "implemented",
    subjects: [{ apiVersion, kind, scope: "cluster", fields }],
    related: [attestations],
    judge: (subject, surroundings) => {
      if (!isCalledFor(check, subject)) return [];
      const word = wordOf(check, subject, surroundings);
      return Date.parse(surroundings.now) < word.end ? [] : [tooOld(word)];
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

/** @throws Unknown where nobody said anything yet. */
function wordOf({ id, parameters = {} }: AttestedCheck, subject: Seen, surroundings: Surroundings): Word {
  const stated = Object.values(parameters).find(({ unit }) => unit === "days")?.value;
  const days = typeof stated === "number" ? { days: stated } : {};
  const word = longestWord({ check: id, subject, ...days }, surroundings);
  if (word !== undefined) return word;
  throw new Unknown(
    "metadata.name",
    `Nobody has attested this of ${subject.object.kind} ${subject.name}; a person who knows creates an Attestation with spec.check ${id}.`,
  );
}

function tooOld({ attestation: { name }, end }: Word): Problem {
  const day = new Date(end).toISOString().slice(0, 10);
  const message = `Attestation ${name} counts no longer since ${day}; look again, and create a new one.`;
  return { field: "metadata.name", observed: `ended on ${day}`, message };
}

import { z } from "zod";
import { objectParser } from "./parse.ts";
import { dateTime, described, evidenceUri, immutable, objectName, rules, sha256 } from "./schema.ts";
import { ageColumn, column, type KindMeta, type LiveObject } from "./status.ts";

/** Longest life of an attestation, in days. */
export const attestationDays = 366;

/** What a person says is said once: who means something else says it anew, and who takes it back ends it. */
export const attestationSpec = rules(
  z.object({
    check: described(
      immutable(z.string().min(3).max(64), "check"),
      "Check of the catalogue that rests on a person's word, e.g. 5-06",
    ),
    subject: described(
      immutable(
        z.object({
          kind: described(
            z.enum(["Tenant", "SovereignRegion"]),
            "Tenant for checks of the layer tenant, SovereignRegion for all others",
          ),
          name: described(objectName(), "Object name"),
        }),
        "subject",
      ),
      "What the statement is about",
    ),
    statement: described(
      immutable(z.string().min(20).max(2000), "statement"),
      "What is so, in words that an auditor reads",
    ),
    evidence: described(
      immutable(
        z.object({
          uri: described(evidenceUri(), "Where the document is kept: an https URL or a URN"),
          sha256: described(sha256(), "SHA-256 of the document, in hex, by which a reader knows that it is the same"),
        }),
        "evidence",
      ),
      "The document that the statement rests on",
    ),
    attestedBy: described(
      immutable(z.string().min(1).max(253), "attestedBy"),
      "Who says so: the user name of whoever creates the object, and never a program's",
    ),
    validFrom: described(immutable(dateTime(), "validFrom"), "Day from which it counts, e.g. that of the review"),
    expiresAt: described(
      rules(dateTime(), {
        rule: "self <= oldSelf",
        message: "an attestation can be ended, not prolonged; write a new one",
      }),
      `End, at most ${attestationDays} days after validFrom; may only come closer`,
    ),
  }),
  { rule: "self.validFrom < self.expiresAt", message: "validFrom must precede expiresAt" },
  {
    rule: `self.expiresAt - self.validFrom <= duration('${attestationDays * 24}h')`,
    message: `expiresAt may be at most ${attestationDays} days after validFrom`,
  },
);

export type AttestationSpec = z.infer<typeof attestationSpec>;
/** An attestation has no status: it is valid by the clock alone. */
export type Attestation = LiveObject<AttestationSpec, never>;

/** The guard at the cache's edge: a typed Attestation, or what is wrong with it. */
export const parseAttestation = objectParser<AttestationSpec, never>({
  kind: "Attestation",
  spec: attestationSpec,
  status: undefined,
});

export const attestationKind: KindMeta = {
  kind: "Attestation",
  plural: "attestations",
  singular: "attestation",
  shortNames: ["att"],
  scope: "Cluster",
  description: "What a person says of a check that no object shows, with the document that it rests on and an end.",
  columns: [
    column("Check", ".spec.check"),
    column("Kind", ".spec.subject.kind"),
    column("Subject", ".spec.subject.name"),
    column("By", ".spec.attestedBy"),
    // Not of type date: kubectl shows those as an age, and a day to come as <invalid>.
    column("Expires", ".spec.expiresAt"),
    ageColumn,
  ],
  selectableFields: [".spec.check"],
  objectRules: [],
  spec: attestationSpec,
  status: undefined,
};

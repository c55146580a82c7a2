import { inDays } from "../../support/days.ts";
import { asker, type Manifest, merged, type RuleRow } from "./rule-row.ts";

const validFrom = inDays(-10);
/** When the attestations of the tables end, unless they say otherwise. */
export const expiresAt = inDays(300);

/** What the one who asks says of a region, changed: admission lets nobody else be named. */
export function attestation(spec: Manifest = {}): Manifest {
  const base = {
    metadata: { name: "apirules-policy" },
    spec: {
      check: "5-06",
      subject: { kind: "SovereignRegion", name: "cloudgouv" },
      statement: "The security policy is in force and was reviewed this year.",
      evidence: { uri: "urn:example:policy:2026", sha256: "a".repeat(64) },
      attestedBy: asker,
      validFrom,
      expiresAt,
    },
  };
  return merged(base, { spec });
}

const ended = { expiresAt: inDays(20) };

/** What was said stays said: beside it, an end that comes closer is accepted. */
const unchanging = (field: string, other: unknown): RuleRow => ({
  at: `spec.${field}`,
  says: `${field} cannot change`,
  before: [attestation()],
  accepts: attestation(ended),
  refuses: attestation({ [field]: other }),
});

export const attestationRules: readonly RuleRow[] = [
  {
    at: "spec",
    says: "validFrom must precede expiresAt",
    accepts: attestation({ validFrom: inDays(299) }),
    refuses: attestation({ validFrom: inDays(301) }),
  },
  {
    at: "spec",
    says: "expiresAt may be at most 366 days after validFrom",
    accepts: attestation({ validFrom: inDays(-60), expiresAt: inDays(305) }),
    refuses: attestation({ validFrom: inDays(-60), expiresAt: inDays(307) }),
  },
  unchanging("check", "5-07"),
  unchanging("subject", { name: "elsewhere" }),
  unchanging("statement", "The security policy is in force and was read by everybody."),
  unchanging("evidence", { sha256: "b".repeat(64) }),
  unchanging("attestedBy", "camille"),
  unchanging("validFrom", inDays(-9)),
  {
    at: "spec.expiresAt",
    says: "an attestation can be ended, not prolonged; write a new one",
    before: [attestation()],
    accepts: attestation(ended),
    refuses: attestation({ expiresAt: inDays(301) }),
  },
];

import { type Manifest, merged, type RuleRow } from "./rule-row.ts";

/** A claim of a domain, changed. */
export function nameClaim(spec: Manifest = {}): Manifest {
  const base = {
    metadata: { name: "domain-apirules" },
    spec: {
      kind: "Domain",
      value: "apirules.example",
      holder: { name: "minagri", legalIdentifier: "SIREN:110070018" },
    },
  };
  return merged(base, { spec });
}

const another = { name: "minfin", legalIdentifier: "SIREN:110020013" };

export const nameClaimRules: readonly RuleRow[] = [
  {
    at: "spec",
    says: "a claim that is Tombstoned never changes",
    before: [nameClaim({ state: "Tombstoned" })],
    accepts: nameClaim({ state: "Tombstoned" }),
    refuses: nameClaim({ state: "Held" }),
  },
  {
    at: "spec",
    says: "retained data goes back to the same tenant of the same legal identifier only",
    before: [nameClaim({ state: "Retained" })],
    accepts: nameClaim({ state: "Held", holder: { uid: "0d6f7f7e-52f5-4c9c-8a43-6f1f3d0b2f55" } }),
    refuses: nameClaim({ state: "Held", holder: another }),
  },
  {
    at: "spec.kind",
    says: "kind cannot change",
    before: [nameClaim()],
    accepts: nameClaim({ holder: another }),
    refuses: nameClaim({ kind: "Hostname" }),
  },
  {
    at: "spec.value",
    says: "value cannot change",
    before: [nameClaim()],
    accepts: nameClaim({ state: "Retained" }),
    refuses: nameClaim({ value: "other.example" }),
  },
];

import type { Evaluation, Surroundings } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import { type Seen, wordsOf } from "../seen.ts";
import { homeOf, regionsWith, tenantsWith } from "./tenant-region.ts";

const tenants: Read = tenantsWith(
  { path: "spec.compliance.requiredQualifications", whenAbsent: { default: [] }, violations: [["HDS"]] },
  { path: "status.conditions[].type", whenAbsent: "error", violations: [] },
  { path: "status.conditions[].status", whenAbsent: "error", violations: [] },
);

const regions: Read = regionsWith(
  { path: "spec.qualifications[].scheme", whenAbsent: "error", violations: ["HDS"] },
  {
    path: "spec.qualifications[].verification",
    whenAbsent: { default: "Unverified" },
    violations: ["Unverified", "Withdrawn"],
  },
  { path: "spec.qualifications[].validFrom", whenAbsent: "error", violations: ["2026-06-16"] },
  { path: "spec.qualifications[].validUntil", whenAbsent: "error", violations: ["2026-06-14"] },
);

/** Schemes of which the region has a proof that was verified and is valid on that day (of UTC), its first and its last included. */
function provenSchemes(region: Seen, now: string): ReadonlySet<string> {
  const today = new Date(now).toISOString().slice(0, 10);
  const words = (field: string) => region.texts(`spec.qualifications[].${field}`).map(({ value }) => value);
  const [verified, from, until] = [words("verification"), words("validFrom"), words("validUntil")];
  const holds = (index: number) =>
    verified[index] === "Verified" && (from[index] ?? "9") <= today && today <= (until[index] ?? "");
  return new Set(words("scheme").filter((_, index) => holds(index)));
}

/** The status of a condition of the tenant. */
function conditionOf(tenant: Seen, wanted: string): string | undefined {
  const types = tenant.texts("status.conditions[].type");
  const statuses = tenant.texts("status.conditions[].status");
  return statuses[types.findIndex(({ value }) => value === wanted)]?.value;
}

function judgeProofs(tenant: Seen, surroundings: Surroundings): readonly Problem[] {
  const required = wordsOf(tenant.one("spec.compliance.requiredQualifications"));
  const shown = conditionOf(tenant, "RegionAdmitted");
  const { region } = homeOf(tenant.name, surroundings);
  const proven = region === undefined ? new Set<string>() : provenSchemes(region, surroundings.now);
  const lost = required.filter((scheme) => !proven.has(scheme));
  if (lost.length === 0 || shown === "False") return [];
  return [
    {
      field: "status.conditions",
      observed: `RegionAdmitted ${shown ?? "absent"}`,
      message: `The region has no valid proof of ${lost.join(", ")}, and condition RegionAdmitted of the tenant does not say so; see why the operator has not written it.`,
    },
  ];
}

/** 19-02, requirement 19.1.g. The right to leave is the agreement's; what is looked at here is that the tenant can see the loss. */
export const lostProofs: Evaluation = {
  status: "implemented",
  subjects: [tenants],
  related: [regions],
  judge: judgeProofs,
};

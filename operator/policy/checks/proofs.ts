import type { Evaluation, Surroundings } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import { type Seen, wordsOf } from "../seen.ts";
import { homeOf, regionsWith, tenantsWith } from "./tenant-region.ts";
import { validProofs } from "./valid-proofs.ts";

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
  const proven = region === undefined ? [] : validProofs(region, surroundings.now);
  const lost = required.filter((wanted) => !proven.some(({ scheme }) => scheme === wanted));
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

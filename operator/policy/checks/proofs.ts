import { apiVersion } from "../../../crds/group.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import { type Seen, textsIn } from "../seen.ts";
import { homeOf, regionsBeside } from "./tenant-region.ts";

const tenants: Read = {
  apiVersion,
  kind: "Tenant",
  scope: "cluster",
  fields: [
    { path: "spec.regionRef.name", whenAbsent: "error", violations: ["gone"] },
    { path: "spec.compliance.requiredQualifications", whenAbsent: { default: [] }, violations: [["HDS"]] },
    { path: "status.conditions[].type", whenAbsent: "error", violations: [] },
    { path: "status.conditions[].status", whenAbsent: "error", violations: [] },
  ],
};

const regions: Read = regionsBeside(
  { path: "spec.qualifications[].scheme", whenAbsent: "error", violations: ["HDS"] },
  {
    path: "spec.qualifications[].verification",
    whenAbsent: { default: "Unverified" },
    violations: ["Unverified", "Withdrawn"],
  },
  { path: "spec.qualifications[].validFrom", whenAbsent: "error", violations: ["2026-06-16"] },
  { path: "spec.qualifications[].validUntil", whenAbsent: "error", violations: ["2026-06-14"] },
);

/** Schemes of which the region has a proof that was verified and is valid on that day, its first and its last included. */
function provenSchemes(region: Seen, today: string): ReadonlySet<string> {
  const [schemes, verifications, firstDays, lastDays] = ["scheme", "verification", "validFrom", "validUntil"].map(
    (field) => region.texts(`spec.qualifications[].${field}`).map(({ value }) => value),
  ) as [string[], string[], string[], string[]];
  return new Set(
    schemes.filter(
      (_, index) =>
        verifications[index] === "Verified" &&
        (firstDays[index] ?? "9999") <= today &&
        today <= (lastDays[index] ?? "0000"),
    ),
  );
}

/** The status of a condition of the tenant. */
function conditionOf(tenant: Seen, wanted: string): string | undefined {
  const types = tenant.texts("status.conditions[].type");
  const statuses = tenant.texts("status.conditions[].status");
  return statuses[types.findIndex(({ value }) => value === wanted)]?.value;
}

function judgeProofs(tenant: Seen, surroundings: Surroundings): readonly Problem[] {
  const { field, value } = tenant.one("spec.compliance.requiredQualifications");
  const required = textsIn({ field, value });
  const shown = conditionOf(tenant, "RegionAdmitted");
  const { region } = homeOf(tenant.name, surroundings);
  const proven = region === undefined ? new Set<string>() : provenSchemes(region, surroundings.now.slice(0, 10));
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

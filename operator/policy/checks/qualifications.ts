import { apiVersion } from "../../../crds/group.ts";
import type { Evaluation } from "../check.ts";
import type { FieldRead, Problem } from "../read.ts";
import { type Seen, wordsOf } from "../seen.ts";
import { regionsWith } from "./tenant-region.ts";
import { validProofs } from "./valid-proofs.ts";

const proofs = "spec.qualifications[]";

/** Days are those of UTC, both ends included, as when a region admits its tenants. */
const proofFields = (schemes: readonly unknown[], scopes: readonly unknown[]): readonly FieldRead[] => [
  { path: `${proofs}.scheme`, whenAbsent: "fail", violations: schemes },
  { path: `${proofs}.scope`, whenAbsent: "fail", violations: scopes },
  { path: `${proofs}.verification`, whenAbsent: { default: "Unverified" }, violations: ["Unverified", "Withdrawn"] },
  { path: `${proofs}.validFrom`, whenAbsent: "fail", violations: ["2026-06-16"] },
  { path: `${proofs}.validUntil`, whenAbsent: "fail", violations: ["2026-06-14"] },
];

interface Proof {
  readonly scheme: string;
  readonly scope: readonly string[];
}

function scopedProofs(region: Seen, now: string): readonly Proof[] {
  const scopes = region.each(`${proofs}.scope`).map(wordsOf);
  return validProofs(region, now).map(({ scheme, index }) => ({ scheme, scope: scopes[index] ?? [] }));
}

/** What a tenant uses of the provider: machines, volumes and networks; where it runs the cluster too, containers. */
const servicesUsed = (provider: string): readonly string[] => (provider === "NumSpot" ? ["IaaS", "CaaS"] : ["IaaS"]);

/** Bodies that the duty of article 31 of the SREN law does not bind. */
const notOfTheState = ["LocalGovernment", "Private"];

function schemesFor(tenant: Seen): readonly string[] {
  const classes = wordsOf(tenant.one("spec.compliance.dataClasses"));
  const ofState = !notOfTheState.includes(tenant.text("spec.organization.type").value);
  const required = wordsOf(tenant.one("spec.compliance.requiredQualifications"));
  if (!classes.some((one) => one === "Sensitive" || one === "Health")) return [];
  return [
    ...new Set([...(ofState ? ["SecNumCloud"] : []), ...(classes.includes("Health") ? ["HDS"] : []), ...required]),
  ];
}

/** 8-06. A qualification names one offer: that of the machines says nothing of the managed cluster above them. */
export const qualifiedRegion: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion,
      kind: "Tenant",
      scope: "cluster",
      fields: [
        { path: "spec.compliance.dataClasses", whenAbsent: "fail", violations: [] },
        { path: "spec.compliance.requiredQualifications", whenAbsent: { default: [] }, violations: [["C5"]] },
        { path: "spec.organization.type", whenAbsent: "error", violations: [] },
        { path: "spec.regionRef.name", whenAbsent: "fail", violations: ["elsewhere"] },
      ],
    },
  ],
  related: [
    regionsWith(
      { path: "spec.provider.type", whenAbsent: "error", violations: [] },
      ...proofFields(["ISO27001"], [["PaaS"], ["IaaS"], []]),
    ),
  ],
  judge: (tenant, { named, now }) => {
    const schemes = schemesFor(tenant);
    const { field, value: name } = tenant.text("spec.regionRef.name");
    const region = named("SovereignRegion", name);
    if (region === undefined)
      return [{ field, observed: name, message: `SovereignRegion ${name} is not here; nothing proves what it is.` }];
    const used = servicesUsed(region.text("spec.provider.type").value);
    const valid = scopedProofs(region, now);
    return schemes.flatMap((scheme): Problem[] => {
      const ofScheme = valid.filter((proof) => proof.scheme === scheme);
      const covered = ofScheme.flatMap(({ scope }) => scope);
      const lacking = scheme === "SecNumCloud" ? used.filter((service) => !covered.includes(service)) : [];
      if (ofScheme.length > 0 && lacking.length === 0) return [];
      const what = lacking.length === 0 ? scheme : `${scheme} for ${lacking.join(" and ")}`;
      const message = `Region ${name} has no verified proof of ${what} that is valid today; the data of this tenant must not lie there.`;
      return [{ field, observed: covered.join(", "), message }];
    });
  },
};

/** Schemes that look at the buildings, and the parts of their scopes that are about them. */
const buildingSchemes = ["SecNumCloud", "ISO27001", "HDS"];
const buildingScopes = ["IaaS", "HDS1"];

/** 11-01. Nobody here sees a building: what counts is the proof of those who looked. */
export const physicalSecurity: Evaluation = {
  status: "implemented",
  subjects: [regionsWith(...proofFields(["C5", "RGS"], [["SaaS"], []]))],
  judge: (region, { now }) => {
    const valid = scopedProofs(region, now);
    const proves = ({ scheme, scope }: Proof): boolean =>
      buildingSchemes.includes(scheme) && scope.some((part) => buildingScopes.includes(part));
    if (valid.some(proves)) return [];
    const message = `No proof of ${buildingSchemes.join(", ")} of the provider's sites is verified and valid today; renew it in spec.qualifications.`;
    return [{ field: "spec.qualifications", observed: valid.map(({ scheme }) => scheme).join(", "), message }];
  },
};

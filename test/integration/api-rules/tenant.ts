import { inDays } from "../../support/days.ts";
import { settingsRows } from "./module-settings.ts";
import { type Manifest, merged, type RuleRow, tenantName } from "./rule-row.ts";

const dpo = { role: "DPO", email: "dpo@valbelle.example" };
const officer = { role: "SecurityOfficer", email: "securite@valbelle.example" };
const admins = { kind: "Group", name: "valbelle-admins", role: "TenantAdmin" };

/** A small town, changed. It can be deleted, so that the tests leave nothing. */
export function tenant(spec: Manifest = {}, name: string = tenantName): Manifest {
  const base = {
    metadata: { name, annotations: { "socle.dev/confirm-delete": name } },
    spec: {
      displayName: "Commune de Valbelle",
      organization: {
        type: "LocalGovernment",
        identifier: { scheme: "SIRET", value: "21040229700016" },
        contacts: [dpo, officer],
      },
      domain: "valbelle.suite.example",
      regionRef: { name: "cloudgouv" },
      seats: 40,
      compliance: { dataClasses: ["Internal"] },
      modules: [{ module: "Synapse" }],
      administrators: [admins],
      lifecycle: { deletionProtection: false },
    },
  };
  return merged(base, { spec });
}

const personal = (name: string): Manifest => ({ kind: "User", name, role: "Auditor" });
const stateBody = (compliance: Manifest): Manifest => tenant({ organization: { type: "PublicBody" }, compliance });
const identified = (scheme: string, value: string): Manifest =>
  tenant({ organization: { identifier: { scheme, value } } });

export const tenantRules: readonly RuleRow[] = [
  {
    at: "",
    says: "a tenant name has 3 to 24 characters a-z0-9, starts with a letter and has no dash: it prefixes namespaces, realms, databases and buckets",
    accepts: tenant({}, "valbelle04"),
    refuses: tenant({}, "val-belle"),
  },
  {
    at: "",
    says: "this tenant name is reserved; choose another",
    accepts: tenant({}, "masters"),
    refuses: tenant({}, "master"),
  },
  {
    at: "spec",
    says: "more than 500 seats need a tier above Pilot",
    accepts: tenant({ tier: "Pilot", seats: 500 }),
    refuses: tenant({ tier: "Pilot", seats: 501 }),
  },
  {
    at: "spec",
    says: "more than 20000 seats need tier Large or Dedicated",
    accepts: tenant({ seats: 20_000 }),
    refuses: tenant({ seats: 20_001 }),
  },
  {
    at: "spec",
    says: "a Ministry beyond tier Pilot needs SecNumCloud in compliance.requiredQualifications",
    accepts: tenant({ organization: { type: "Ministry" }, tier: "Pilot" }),
    refuses: tenant({ organization: { type: "Ministry" }, tier: "Standard" }),
  },
  {
    at: "spec",
    says: "Sensitive or Health data of a State body needs SecNumCloud in compliance.requiredQualifications; HDS alone is not enough",
    accepts: stateBody({ dataClasses: ["Health"], requiredQualifications: ["HDS", "SecNumCloud"] }),
    refuses: stateBody({ dataClasses: ["Health"], requiredQualifications: ["HDS"] }),
  },
  {
    at: "spec.organization",
    says: "contacts need one with role DPO and one with role SecurityOfficer",
    accepts: tenant({ organization: { contacts: [officer, dpo] } }),
    refuses: tenant({ organization: { contacts: [dpo, { ...dpo, role: "Technical" }] } }),
  },
  {
    at: "spec.organization.type",
    says: "type cannot change",
    before: [tenant()],
    accepts: tenant({ organization: { identifier: { value: "21040229700024" } } }),
    refuses: tenant({ organization: { type: "Private" } }),
  },
  {
    at: "spec.organization.identifier",
    says: "the value of a SIREN has 9 digits",
    accepts: identified("SIREN", "110070018"),
    refuses: identified("SIREN", "11007001A"),
  },
  {
    at: "spec.organization.identifier",
    says: "the value of a SIRET has 14 digits",
    accepts: identified("SIRET", "21040229700016"),
    refuses: identified("SIRET", "2104022970001"),
  },
  {
    at: "spec.domain",
    says: "domain cannot change",
    before: [tenant()],
    accepts: tenant({ mailDomains: ["valbelle.example"] }),
    refuses: tenant({ domain: "autre.suite.example" }),
  },
  {
    at: "spec.regionRef",
    says: "regionRef cannot change",
    before: [tenant()],
    accepts: tenant({ rollout: { cohort: "first" } }),
    refuses: tenant({ regionRef: { name: "elsewhere" } }),
  },
  {
    at: "spec.tier",
    says: "tier can only grow",
    before: [tenant({ tier: "Large" })],
    accepts: tenant({ tier: "Dedicated" }),
    refuses: tenant({ tier: "Standard" }),
  },
  {
    at: "spec.compliance",
    says: "Health in dataClasses needs HDS in requiredQualifications",
    accepts: tenant({ compliance: { dataClasses: ["Health"], requiredQualifications: ["HDS"] } }),
    refuses: tenant({ compliance: { dataClasses: ["Health"], requiredQualifications: ["SecNumCloud"] } }),
  },
  {
    at: "spec.compliance",
    says: "a data class cannot be dropped while data exists",
    before: [tenant({ compliance: { dataClasses: ["Internal", "Personal"] } })],
    accepts: tenant({ compliance: { dataClasses: ["Personal", "Sensitive", "Internal"] } }),
    refuses: tenant({ compliance: { dataClasses: ["Internal", "Sensitive"] } }),
  },
  {
    at: "spec.compliance",
    says: "requiredQualifications can be added, not dropped",
    before: [tenant({ compliance: { requiredQualifications: ["ISO27001"] } })],
    accepts: tenant({ compliance: { requiredQualifications: ["RGS", "ISO27001"] } }),
    refuses: tenant({ compliance: { requiredQualifications: ["RGS"] } }),
  },
  ...settingsRows("spec.modules[]", (settings) => tenant({ modules: [settings] })),
  {
    at: "spec.network",
    says: "matrixFederation Allowlist needs matrixAllowlist with at least one server",
    accepts: tenant({ network: { matrixFederation: "Allowlist", matrixAllowlist: ["interieur.example"] } }),
    refuses: tenant({ network: { matrixFederation: "Allowlist", matrixAllowlist: [] } }),
  },
  {
    at: "spec.network.egressCIDRs",
    says: "each entry is an address range in CIDR notation, e.g. 192.0.2.0/24 or 2001:db8::/32",
    accepts: tenant({ network: { egressCIDRs: ["203.0.113.0/24", "2001:db8:1::/48"] } }),
    refuses: tenant({ network: { egressCIDRs: ["203.0.113.0/24", "203.0.113.0/33"] } }),
  },
  {
    at: "spec.administrators",
    says: "at least one entry has kind Group and role TenantAdmin",
    accepts: tenant({ administrators: [personal("claude"), admins] }),
    refuses: tenant({
      administrators: [
        { ...admins, kind: "User" },
        { ...admins, role: "IdentityAdmin" },
      ],
    }),
  },
  {
    at: "spec.administrators",
    says: "at most two entries have kind User: they are for break-glass",
    accepts: tenant({ administrators: [admins, personal("claude"), personal("camille")] }),
    refuses: tenant({ administrators: [admins, personal("claude"), personal("camille"), personal("dominique")] }),
  },
  {
    at: "spec.administrators",
    says: "a name that starts with system: cannot administer a tenant",
    accepts: tenant({ administrators: [admins, { ...admins, name: "ecosystem:masters" }] }),
    refuses: tenant({ administrators: [admins, { ...admins, name: "system:masters" }] }),
  },
  {
    at: "spec.lifecycle",
    says: "deletionPolicy Delete needs erasureNoticeSentAt",
    accepts: tenant({ lifecycle: { deletionPolicy: "Delete", erasureNoticeSentAt: inDays(-1) } }),
    refuses: tenant({ lifecycle: { deletionPolicy: "Delete" } }),
  },
];

import { z } from "zod";
import { moduleNames, moduleRules, moduleSettings } from "./modules.ts";
import { objectParser } from "./parse.ts";
import {
  cidrs,
  dateTime,
  described,
  domainName,
  emailAddress,
  immutable,
  mapOf,
  nameRef,
  objectName,
  rules,
  setOf,
  text,
} from "./schema.ts";
import {
  ageColumn,
  column,
  commonStatus,
  type KindMeta,
  type LiveObject,
  messageColumn,
  readyColumn,
  reasonColumn,
} from "./status.ts";

const ranks = "{'Pilot': 0, 'Standard': 1, 'Large': 2, 'Dedicated': 3}";
const dataClasses = ["Internal", "Personal", "Sensitive", "Health"] as const;
/** Qualification schemes, in one list: what a tenant requires is what a region proves. */
export const schemes = ["SecNumCloud", "HDS", "ISO27001", "ISO27701", "RGS", "EUCS", "C5"] as const;

const organization = rules(
  z.object({
    type: described(
      immutable(z.enum(["Ministry", "FederalAgency", "LocalGovernment", "PublicBody", "Private"]), "type"),
      "Class of public body",
    ),
    identifier: described(
      rules(
        z.object({
          scheme: described(z.enum(["SIREN", "SIRET", "Internal"]), "Register"),
          value: described(text(20, /^[A-Z0-9]+$/).min(1), "Value"),
        }),
        {
          rule: "self.scheme != 'SIREN' || self.value.matches('^[0-9]{9}$')",
          message: "the value of a SIREN has 9 digits",
        },
        {
          rule: "self.scheme != 'SIRET' || self.value.matches('^[0-9]{14}$')",
          message: "the value of a SIRET has 14 digits",
        },
      ),
      "Legal identifier; a NameClaim refuses a second tenant with it",
    ),
    contacts: described(
      z
        .array(
          z.object({
            role: described(z.enum(["DPO", "SecurityOfficer", "Technical"]), "Role"),
            email: described(emailAddress(), "E-mail address"),
          }),
        )
        .min(2)
        .max(16),
      "Named contacts; incident and erasure notices go to them",
    ),
  }),
  {
    rule: "self.contacts.exists(c, c.role == 'DPO') && self.contacts.exists(c, c.role == 'SecurityOfficer')",
    message: "contacts need one with role DPO and one with role SecurityOfficer",
  },
);

const compliance = rules(
  z.object({
    dataClasses: described(setOf(z.enum(dataClasses), 1, 4), "Classes of data processed"),
    requiredQualifications: described(
      setOf(z.enum(schemes), 0, 8),
      "Schemes that the region must hold, verified and valid today",
    ).default([]),
    countries: described(
      setOf(text(2, /^[A-Z]{2}$/), 1, 30),
      "Countries where data and backups may lie (ISO 3166 alpha-2)",
    ).default(["FR"]),
  }),
  {
    rule: "!('Health' in self.dataClasses) || 'HDS' in self.requiredQualifications",
    message: "Health in dataClasses needs HDS in requiredQualifications",
  },
  {
    rule: "oldSelf.dataClasses.all(c, c in self.dataClasses)",
    message: "a data class cannot be dropped while data exists",
  },
  {
    rule: "oldSelf.requiredQualifications.all(q, q in self.requiredQualifications)",
    message: "requiredQualifications can be added, not dropped",
  },
);

const network = rules(
  z.object({
    egressCIDRs: described(cidrs(0), "Addresses reachable beyond the platform").optional(),
    matrixFederation: described(z.enum(["Closed", "Allowlist", "Open"]), "Whom the homeserver federates with").default(
      "Closed",
    ),
    matrixAllowlist: described(setOf(domainName(), 0, 200), "Homeservers").optional(),
  }),
  {
    rule: "self.matrixFederation != 'Allowlist' || (has(self.matrixAllowlist) && self.matrixAllowlist.size() > 0)",
    message: "matrixFederation Allowlist needs matrixAllowlist with at least one server",
  },
);

const administrators = rules(
  z
    .array(
      z.object({
        kind: z.enum(["Group", "User"]),
        name: described(z.string().min(1).max(128), "Subject name"),
        role: described(z.enum(["TenantAdmin", "IdentityAdmin", "Auditor"]), "Role bound in the home namespace"),
      }),
    )
    .min(1)
    .max(16),
  {
    rule: "self.exists(a, a.kind == 'Group' && a.role == 'TenantAdmin')",
    message: "at least one entry has kind Group and role TenantAdmin",
  },
  {
    rule: "self.filter(a, a.kind == 'User').size() <= 2",
    message: "at most two entries have kind User: they are for break-glass",
  },
  {
    rule: "self.all(a, !a.name.startsWith('system:'))",
    message: "a name that starts with system: cannot administer a tenant",
  },
);

const lifecycle = rules(
  z.object({
    deletionProtection: described(z.boolean(), "DELETE is refused while true").default(true),
    deletionPolicy: described(
      z.enum(["Retain", "Delete"]),
      "Data when the object is deleted: Retain keeps namespaces, volumes, secrets, databases, buckets and the realm (disabled); Delete removes them",
    ).default("Retain"),
    erasureNoticeSentAt: described(
      dateTime(),
      "When the notice of erasure went to the contacts; with Delete nothing is erased before 21 days have passed",
    ).optional(),
  }),
  {
    rule: "self.deletionPolicy != 'Delete' || has(self.erasureNoticeSentAt)",
    message: "deletionPolicy Delete needs erasureNoticeSentAt",
  },
);

export const tenantSpec = rules(
  z.object({
    displayName: described(z.string().min(1).max(128), "Name shown to people"),
    organization: described(organization, "Who the tenant is"),
    domain: described(
      immutable(domainName(), "domain"),
      "Apex under which the modules are published; no other tenant may hold it, a parent or a child of it",
    ),
    mailDomains: described(
      setOf(domainName(), 0, 32),
      "E-mail domains of the agents; each belongs to one tenant only",
    ).optional(),
    regionRef: described(immutable(nameRef(), "regionRef"), "SovereignRegion that holds the tenant"),
    tier: described(
      rules(z.enum(["Pilot", "Standard", "Large", "Dedicated"]), {
        rule: `${ranks}[self] >= ${ranks}[oldSelf]`,
        message: "tier can only grow",
      }),
      "Quota and isolation class; may only grow",
    ).default("Standard"),
    seats: described(z.int32().min(1).max(2_000_000), "Licensed named users; counted against the limits of the region"),
    compliance: described(compliance, "What the data is and what the hosting must therefore prove"),
    modules: described(
      mapOf(
        rules(z.object({ module: described(z.enum(moduleNames), "Module"), ...moduleSettings }), ...moduleRules),
        ["module"],
        { min: 1, max: 16 },
      ),
      "The suite. Each entry becomes a ModuleDeployment in the home namespace; modules that it depends on are added",
    ),
    network: described(network, "Reachability").prefault({}),
    administrators: described(
      administrators,
      "Delegated administrators: groups of the platform identity provider, users only for break-glass",
    ),
    lifecycle: described(lifecycle, "End of life").prefault({}),
    rollout: described(
      z.object({
        cohort: described(objectName(), "Wave of the national roll-out"),
        ring: described(z.int32().min(0).max(100), "Order inside the cohort; lower goes first").default(50),
      }),
      "Wave membership; copied to labels",
    ).optional(),
  }),
  { rule: "self.seats <= 500 || self.tier != 'Pilot'", message: "more than 500 seats need a tier above Pilot" },
  {
    rule: "self.seats <= 20000 || self.tier in ['Large','Dedicated']",
    message: "more than 20000 seats need tier Large or Dedicated",
  },
  {
    rule: "self.organization.type != 'Ministry' || 'SecNumCloud' in self.compliance.requiredQualifications || self.tier == 'Pilot'",
    message: "a Ministry beyond tier Pilot needs SecNumCloud in compliance.requiredQualifications",
  },
  {
    rule: "self.organization.type in ['LocalGovernment','Private'] || !self.compliance.dataClasses.exists(c, c in ['Sensitive','Health']) || 'SecNumCloud' in self.compliance.requiredQualifications",
    message:
      "Sensitive or Health data of a State body needs SecNumCloud in compliance.requiredQualifications; HDS alone is not enough",
  },
);

export const tenantStatus = z.object({
  ...commonStatus,
  modulesReady: z.string().max(16).optional().describe("Modules that are Ready, of all: 5/6"),
  onboardedAt: described(
    dateTime(),
    "When it was Ready for the first time; from then on no check holds Ready back",
  ).optional(),
  namespaces: z.array(z.string().max(63)).max(8).optional(),
  modules: z
    .array(
      z.object({
        module: z.enum(moduleNames),
        ready: z.boolean(),
        url: z.string().max(512).optional(),
        version: z.string().max(32).optional(),
      }),
    )
    .max(16)
    .optional()
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["module"] }),
  dnsRecords: z
    .array(z.object({ name: z.string().max(253), type: z.string().max(16), value: z.string().max(1024) }))
    .max(64)
    .optional()
    .describe("Records to publish: where hosts are served, as far as that is known, and what mail needs"),
  publish: z
    .array(z.object({ host: z.string().max(253), path: z.string().max(253), json: z.string().max(4096) }))
    .max(16)
    .optional()
    .describe("What the ministry must serve itself"),
});

export type TenantSpec = z.infer<typeof tenantSpec>;
export type TenantStatus = z.infer<typeof tenantStatus>;
export type Tenant = LiveObject<TenantSpec, TenantStatus>;

/** The guard at the cache's edge: a typed Tenant, or what is wrong with it. */
export const parseTenant = objectParser({ kind: "Tenant", spec: tenantSpec, status: tenantStatus });

/** What a tenant may be called: the name prefixes namespaces, realms, databases and buckets. */
export const tenantNamePattern = /^[a-z][a-z0-9]{2,23}$/;

const reserved = [
  "admin",
  "default",
  "keycloak",
  "kube",
  "local",
  "master",
  "operator",
  "platform",
  "postgres",
  "public",
  "realm",
  "root",
  "socle",
  "system",
  "template0",
  "template1",
  "test",
];

export const tenantKind: KindMeta = {
  kind: "Tenant",
  plural: "tenants",
  singular: "tenant",
  shortNames: ["tn"],
  scope: "Cluster",
  description: "A public body and its suite.",
  columns: [
    readyColumn,
    reasonColumn,
    column("Region", ".spec.regionRef.name"),
    column("Modules", ".status.modulesReady"),
    ageColumn,
    column("Domain", ".spec.domain", 1),
    messageColumn,
  ],
  selectableFields: [],
  objectRules: [
    {
      rule: `self.metadata.name.matches('${tenantNamePattern.source}')`,
      message:
        "a tenant name has 3 to 24 characters a-z0-9, starts with a letter and has no dash: it prefixes namespaces, realms, databases and buckets",
    },
    {
      rule: `!(self.metadata.name in [${reserved.map((name) => `'${name}'`).join(",")}])`,
      message: "this tenant name is reserved; choose another",
    },
  ],
  spec: tenantSpec,
  status: tenantStatus,
};

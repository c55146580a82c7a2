import { z } from "zod";
import { capacity, described, domainName, immutable, keyRef, objectName, rules, setOf, versionText } from "./schema.ts";

export const moduleNames = [
  "PostgreSQL",
  "Keycloak",
  "Synapse",
  "Jitsi",
  "Nextcloud",
  "Collabora",
  "OpenXchange",
  "OpenProject",
] as const;
export type ModuleName = (typeof moduleNames)[number];

const kept = (field: string) => ({
  rule: `has(self.${field}) == has(oldSelf.${field})`,
  message: `${field} cannot be added or removed`,
});

const postgresql = rules(
  z.object({
    driver: described(
      immutable(z.enum(["CloudNativePG", "StatefulSet", "External"]), "driver"),
      "CloudNativePG = highly available cluster (needs its operator); StatefulSet = one instance for pilots; External = the server of the region; empty = the default of the region when the module was created",
    ).optional(),
    major: described(
      rules(z.int32().min(16).max(18), { rule: "self >= oldSelf", message: "the major version cannot go down" }),
      "Major version",
    ).default(18),
    instances: described(z.int32().min(1).max(5), "Instances, CloudNativePG only; empty = from the size").optional(),
    storage: described(
      rules(capacity(), {
        rule: "quantity(self).compareTo(quantity(oldSelf)) >= 0",
        message: "storage cannot shrink, only grow",
      }),
      "Size of the data volume; empty = from the size; not for External",
    ).optional(),
  }),
  kept("driver"),
  {
    // Else a smaller value could be set after the field was taken away.
    rule: "!has(oldSelf.storage) || has(self.storage)",
    message: "storage cannot be removed, only raised",
  },
  {
    rule: "!has(self.driver) || self.driver == 'CloudNativePG' || !has(self.instances)",
    message: "instances are for driver CloudNativePG; leave them out",
  },
  {
    rule: "!has(self.driver) || self.driver != 'External' || !has(self.storage)",
    message: "storage is not for driver External; leave it out",
  },
);

const keycloak = rules(
  z.object({
    realmName: described(immutable(objectName(), "realmName"), "Realm; empty = the tenant name").optional(),
    mfa: described(
      z.enum(["Required", "RequiredForAdmins", "Optional"]),
      "Second factor of local accounts; brokered logins rely on the assurance level of their provider",
    ).default("Required"),
    localAccounts: described(z.enum(["Enabled", "BreakGlassOnly"]), "Accounts with a password in the realm").default(
      "Enabled",
    ),
    sessionMaxHours: described(z.int32().min(1).max(24), "Longest single-sign-on session, in hours").default(10),
  }),
  kept("realmName"),
  {
    rule: "!has(self.realmName) || self.realmName != 'master'",
    message: "realmName master is the realm of the server, not of a tenant; choose another",
  },
);

const synapse = rules(
  z.object({
    serverName: described(
      immutable(domainName(230), "serverName"),
      "Matrix server_name: the domain (default) or one of the mailDomains of the tenant",
    ).optional(),
    maxUploadSize: described(capacity(), "Largest attachment").default("100Mi"),
    mediaRetentionDays: described(z.int32().min(0).max(3650), "Days that local media are kept; 0 = for ever").default(
      0,
    ),
    signingKeySecretRef: described(
      immutable(keyRef(), "signingKeySecretRef"),
      "Existing signing key, for a homeserver that moves in",
    ).optional(),
  }),
  kept("serverName"),
  kept("signingKeySecretRef"),
);

const jitsi = z.object({
  maxParticipants: described(z.int32().min(2).max(500), "Participants of one conference").default(100),
  bridges: described(z.int32().min(1).max(32), "Videobridges; empty = from the size").optional(),
  guests: described(z.enum(["Refused", "LobbyOnly"]), "People without an account").default("LobbyOnly"),
});

const nextcloud = z.object({
  primaryStorage: described(immutable(z.enum(["ObjectStore", "Volume"]), "primaryStorage"), "Where files lie").default(
    "ObjectStore",
  ),
  defaultQuota: described(capacity(), "Quota of a new account").default("10Gi"),
  apps: described(
    setOf(z.enum(["calendar", "contacts", "deck", "groupfolders", "mail", "notes"]), 0, 16),
    "Apps switched on, from the catalogue of vetted apps",
  ).default(["calendar", "contacts"]),
  publicLinks: described(z.enum(["Refused", "WithPassword"]), "Share links for people without an account").default(
    "Refused",
  ),
});

const collabora = z.object({
  maxDocuments: described(z.int32().min(1).max(10000), "Documents open at once").default(100),
});

const openXchange = rules(
  z.object({
    contextName: described(immutable(objectName(), "contextName"), "Context; empty = the tenant name").optional(),
    mailQuota: described(capacity(), "Quota of a mailbox").default("5Gi"),
  }),
  kept("contextName"),
);

const openProject = z.object({
  enterpriseTokenSecretRef: described(keyRef(), "Enterprise token; single sign-on of OpenProject needs it").optional(),
});

/** The blocks and settings that a Tenant's entry and a ModuleDeployment share: the same fields, rules and immutability. */
export const moduleSettings = {
  size: described(
    z.enum(["XS", "S", "M", "L", "XL"]),
    "Resources and replicas, from the catalogue; empty = S",
  ).optional(),
  version: described(
    versionText(),
    "Pinned version; empty = the version of the catalogue when the module was created, kept in status.resolved",
  ).optional(),
  managementPolicy: described(
    z.enum(["Managed", "Observe", "Paused"]),
    "Managed = reconcile; Observe = report differences only; Paused = do nothing",
  ).optional(),
  adoptionPolicy: described(
    z.enum(["Refuse", "Adopt"]),
    "When the external object (realm, database, bucket) already exists and is not marked as ours; empty = Refuse",
  ).optional(),
  deletionPolicy: described(
    z.enum(["Retain", "Delete"]),
    "External data when the module is deleted; empty = Retain. Delete needs Delete on the Tenant too",
  ).optional(),
  driftPolicy: described(
    z.enum(["Correct", "Report"]),
    "Changes made by hand to what we own: put back, or only report; empty = Correct",
  ).optional(),
  postgresql: described(postgresql, "PostgreSQL").optional(),
  keycloak: described(keycloak, "Keycloak realm").optional(),
  synapse: described(synapse, "Matrix homeserver").optional(),
  jitsi: described(jitsi, "Video conferences").optional(),
  nextcloud: described(nextcloud, "Files and groupware").optional(),
  collabora: described(collabora, "Online office").optional(),
  openXchange: described(openXchange, "Webmail: a context on the App Suite of the region").optional(),
  openProject: described(openProject, "Project management").optional(),
};

const blocks: readonly (readonly [string, ModuleName])[] = [
  ["postgresql", "PostgreSQL"],
  ["keycloak", "Keycloak"],
  ["synapse", "Synapse"],
  ["jitsi", "Jitsi"],
  ["nextcloud", "Nextcloud"],
  ["collabora", "Collabora"],
  ["openXchange", "OpenXchange"],
  ["openProject", "OpenProject"],
];

const late = (block: string, field: string) =>
  `(has(oldSelf.${block})||!has(self.${block})||!has(self.${block}.${field}))`;

/**
 * Rules on the settings of one module beside those on its block. The same for a Tenant's entry and a ModuleDeployment: what the
 * Tenant accepts and its ModuleDeployment refuses could not be taken back, since the rules below hold the Tenant to it as well.
 */
export const moduleRules = [
  {
    rule: blocks.map(([block, module]) => `(!has(self.${block})||self.module=='${module}')`).join("&&"),
    message: "only the block of the module itself may be given, e.g. openXchange for OpenXchange",
  },
  {
    rule: ["synapse", "keycloak", "postgresql", "openXchange", "nextcloud"]
      .map((block) => `(!has(oldSelf.${block})||has(self.${block}))`)
      .join("&&"),
    message: "synapse, keycloak, postgresql, openXchange and nextcloud hold fields that never change: the block stays",
  },
  {
    rule: [
      late("synapse", "serverName"),
      late("synapse", "signingKeySecretRef"),
      late("keycloak", "realmName"),
      late("postgresql", "driver"),
      late("openXchange", "contextName"),
      "(has(oldSelf.nextcloud)||!has(self.nextcloud)||self.nextcloud.primaryStorage=='ObjectStore')",
    ].join("&&"),
    message:
      "serverName, signingKeySecretRef, realmName, driver, contextName and primaryStorage are set when the module is created, not later",
  },
  {
    rule: "self.module != 'PostgreSQL' || !has(self.version)",
    message: "PostgreSQL takes postgresql.major, not version",
  },
  {
    rule: "!(self.module in ['Keycloak','OpenXchange']) || (!has(self.size) && !has(self.version))",
    message: "Keycloak and OpenXchange are sized and versioned by the region; leave size and version out",
  },
];

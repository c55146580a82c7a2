import type { Manifest, RuleRow } from "./rule-row.ts";

/** A row about the settings of one module, which a Tenant's entry and a ModuleDeployment share. `at` is "" or the path below them. */
export interface SettingsRow {
  readonly at: string;
  readonly says: string;
  readonly before?: Manifest;
  readonly accepts: Manifest;
  readonly refuses: Manifest;
}

/** The rows of one of the two: `root` is the path of its settings, `object` puts settings into it. */
export function settingsRows(root: string, object: (settings: Manifest) => Manifest): RuleRow[] {
  return settings.map(({ at, says, before, accepts, refuses }) => ({
    at: at === "" ? root : `${root}.${at}`,
    says,
    ...(before === undefined ? {} : { before: [object(before)] as const }),
    accepts: object(accepts),
    refuses: object(refuses),
  }));
}

const postgresql = (block: Manifest): Manifest => ({ module: "PostgreSQL", postgresql: block });
const keycloak = (block: Manifest): Manifest => ({ module: "Keycloak", keycloak: block });
const synapse = (block: Manifest): Manifest => ({ module: "Synapse", synapse: block });
const nextcloud = (block: Manifest): Manifest => ({ module: "Nextcloud", nextcloud: block });
const openXchange = (block: Manifest): Manifest => ({ module: "OpenXchange", openXchange: block });
const signingKeySecretRef = { name: "old-homeserver", key: "signing.key" };

const settings: readonly SettingsRow[] = [
  {
    at: "",
    says: "only the block of the module itself may be given, e.g. openXchange for OpenXchange",
    accepts: { module: "Jitsi", jitsi: { bridges: 2 } },
    refuses: { module: "Jitsi", jitsi: { bridges: 2 }, collabora: { maxDocuments: 5 } },
  },
  {
    at: "",
    says: "synapse, keycloak, postgresql, openXchange and nextcloud hold fields that never change: the block stays",
    before: synapse({ serverName: "one.example" }),
    accepts: { ...synapse({ serverName: "one.example" }), size: "M" },
    refuses: { module: "Synapse", size: "M" },
  },
  {
    // What is not chosen at creation is chosen by default, and lives under that name from then on.
    at: "",
    says: "serverName, signingKeySecretRef, realmName, driver, contextName and primaryStorage are set when the module is created, not later",
    before: { module: "Synapse" },
    accepts: synapse({ maxUploadSize: "200Mi" }),
    refuses: synapse({ serverName: "one.example" }),
  },
  {
    at: "",
    says: "PostgreSQL takes postgresql.major, not version",
    accepts: postgresql({ major: 17 }),
    refuses: { module: "PostgreSQL", version: "17" },
  },
  {
    at: "",
    says: "Keycloak and OpenXchange are sized and versioned by the region; leave size and version out",
    accepts: { module: "Keycloak", driftPolicy: "Report" },
    refuses: { module: "Keycloak", size: "M" },
  },
  {
    at: "postgresql",
    says: "driver cannot be added or removed",
    before: postgresql({ major: 17 }),
    accepts: postgresql({ major: 18 }),
    refuses: postgresql({ major: 17, driver: "CloudNativePG" }),
  },
  {
    at: "postgresql",
    says: "storage cannot be removed, only raised",
    before: postgresql({ storage: "20Gi" }),
    accepts: postgresql({ storage: "20Gi", instances: 3 }),
    refuses: postgresql({ instances: 3 }),
  },
  {
    at: "postgresql",
    says: "instances are for driver CloudNativePG; leave them out",
    accepts: postgresql({ driver: "CloudNativePG", instances: 1 }),
    refuses: postgresql({ driver: "StatefulSet", instances: 1 }),
  },
  {
    at: "postgresql",
    says: "storage is not for driver External; leave it out",
    accepts: postgresql({ driver: "StatefulSet", storage: "10Gi" }),
    refuses: postgresql({ driver: "External", storage: "10Gi" }),
  },
  {
    at: "postgresql.driver",
    says: "driver cannot change",
    before: postgresql({ driver: "StatefulSet" }),
    accepts: postgresql({ driver: "StatefulSet", storage: "10Gi" }),
    refuses: postgresql({ driver: "CloudNativePG" }),
  },
  {
    at: "postgresql.major",
    says: "the major version cannot go down",
    before: postgresql({ major: 17 }),
    accepts: postgresql({ major: 18 }),
    refuses: postgresql({ major: 16 }),
  },
  {
    at: "postgresql.storage",
    says: "storage cannot shrink, only grow",
    before: postgresql({ storage: "1Ti" }),
    accepts: postgresql({ storage: "1025Gi" }),
    refuses: postgresql({ storage: "1023Gi" }),
  },
  {
    at: "keycloak",
    says: "realmName cannot be added or removed",
    before: keycloak({ mfa: "Required" }),
    accepts: keycloak({ mfa: "Optional" }),
    refuses: keycloak({ realmName: "agents" }),
  },
  {
    at: "keycloak",
    says: "realmName master is the realm of the server, not of a tenant; choose another",
    accepts: keycloak({ realmName: "masters" }),
    refuses: keycloak({ realmName: "master" }),
  },
  {
    at: "keycloak.realmName",
    says: "realmName cannot change",
    before: keycloak({ realmName: "agents" }),
    accepts: keycloak({ realmName: "agents", sessionMaxHours: 8 }),
    refuses: keycloak({ realmName: "staff" }),
  },
  {
    at: "synapse",
    says: "serverName cannot be added or removed",
    before: synapse({ serverName: "one.example" }),
    accepts: synapse({ serverName: "one.example", mediaRetentionDays: 90 }),
    refuses: synapse({ mediaRetentionDays: 90 }),
  },
  {
    at: "synapse",
    says: "signingKeySecretRef cannot be added or removed",
    before: synapse({ serverName: "one.example" }),
    accepts: synapse({ serverName: "one.example", maxUploadSize: "1Gi" }),
    refuses: synapse({ serverName: "one.example", signingKeySecretRef }),
  },
  {
    at: "synapse.serverName",
    says: "serverName cannot change",
    before: synapse({ serverName: "one.example" }),
    accepts: { ...synapse({ serverName: "one.example" }), version: "v1.140.0" },
    refuses: synapse({ serverName: "two.example" }),
  },
  {
    at: "synapse.signingKeySecretRef",
    says: "signingKeySecretRef cannot change",
    before: synapse({ signingKeySecretRef }),
    accepts: synapse({ signingKeySecretRef, maxUploadSize: "1Gi" }),
    refuses: synapse({ signingKeySecretRef: { ...signingKeySecretRef, key: "other.key" } }),
  },
  {
    at: "nextcloud.primaryStorage",
    says: "primaryStorage cannot change",
    before: nextcloud({ primaryStorage: "Volume" }),
    accepts: nextcloud({ primaryStorage: "Volume", apps: ["deck"] }),
    refuses: nextcloud({ apps: ["deck"] }),
  },
  {
    at: "openXchange",
    says: "contextName cannot be added or removed",
    before: openXchange({ contextName: "agents" }),
    accepts: openXchange({ contextName: "agents", mailQuota: "10Gi" }),
    refuses: openXchange({ mailQuota: "10Gi" }),
  },
  {
    at: "openXchange.contextName",
    says: "contextName cannot change",
    before: openXchange({ contextName: "agents" }),
    accepts: { ...openXchange({ contextName: "agents" }), driftPolicy: "Report" },
    refuses: openXchange({ contextName: "staff" }),
  },
];

import { attestation } from "./attestation.ts";
import { moduleDeployment } from "./module-deployment.ts";
import { nameClaim } from "./name-claim.ts";
import { policyException } from "./policy-exception.ts";
import { type Manifest, merged } from "./rule-row.ts";
import { region } from "./sovereign-region.ts";
import { identityProvider } from "./tenant-identity-provider.ts";
import { tenant } from "./tenant.ts";

/** An object that its schema refuses, with the field that is named and the words. */
interface SchemaRow {
  readonly kind: string;
  readonly what: string;
  readonly object: Manifest;
  readonly field: string;
  readonly says: string;
}

const row = (kind: string, object: (patch: Manifest) => Manifest) => {
  return (what: string, patch: Manifest, [field, says]: readonly [string, string]): SchemaRow => ({
    kind,
    what,
    object: object(patch),
    field: `spec.${field}`,
    says,
  });
};
const ofTenant = row("Tenant", (patch) => tenant(patch));
const ofModule = row("ModuleDeployment", moduleDeployment);
const ofRegion = row("SovereignRegion", region);
const ofProvider = row("TenantIdentityProvider", identityProvider);
const ofException = row("PolicyException", policyException);
const ofAttestation = row("Attestation", attestation);
const ofClaim = row("NameClaim", nameClaim);

const contact = { role: "DPO", email: "dpo@valbelle.example" };
const qualification = {
  scheme: "HDS",
  reference: "certificate-1",
  holder: "Provider",
  scope: ["HDS1"],
  validFrom: "2026-01-15",
  validUntil: "2029-01-14",
};
const secret = { name: "idp", key: "clientSecret" };
const pattern = "should match '";

export const schemaRefusals: readonly SchemaRow[] = [
  ofTenant("no displayName", { displayName: null }, ["displayName", "Required value"]),
  ofTenant("an empty displayName", { displayName: "" }, ["displayName", "at least 1 chars long"]),
  ofTenant("a displayName of 129 characters", { displayName: "é".repeat(129) }, ["displayName", "Too long"]),
  ofTenant("a class of body that is unknown", { organization: { type: "Club" } }, [
    "organization.type",
    'Unsupported value: "Club": supported values: "Ministry"',
  ]),
  ofTenant("an identifier in small letters", { organization: { identifier: { scheme: "Internal", value: "ab12" } } }, [
    "organization.identifier.value",
    `${pattern}^[A-Z0-9]+$'`,
  ]),
  ofTenant("one contact", { organization: { contacts: [contact] } }, [
    "organization.contacts",
    "should have at least 2 items",
  ]),
  ofTenant("an address without an at-sign", { organization: { contacts: [contact, { ...contact, email: "dpo" }] } }, [
    "organization.contacts[1].email",
    pattern,
  ]),
  ofTenant("a domain in capitals", { domain: "Valbelle.suite.example" }, ["domain", pattern]),
  ofTenant("a domain without a dot", { domain: "valbelle" }, ["domain", pattern]),
  ofTenant("a domain with a port", { domain: "valbelle.example:443" }, ["domain", pattern]),
  ofTenant("a domain of 201 characters", { domain: `${"a.".repeat(98)}suite` }, ["domain", "Too long"]),
  ofTenant("a mail domain twice", { mailDomains: ["valbelle.example", "valbelle.example"] }, [
    "mailDomains[1]",
    'Duplicate value: "valbelle.example"',
  ]),
  ofTenant("no region", { regionRef: null }, ["regionRef", "Required value"]),
  ofTenant("a region of another namespace", { regionRef: { name: "other/cloudgouv" } }, ["regionRef.name", pattern]),
  ofTenant("no seats", { seats: 0 }, ["seats", "should be greater than or equal to 1"]),
  ofTenant("more seats than a State has agents", { tier: "Dedicated", seats: 2_000_001 }, [
    "seats",
    "should be less than or equal to 2000000",
  ]),
  ofTenant("seats as text", { seats: "40" }, ["seats", 'must be of type integer: "string"']),
  ofTenant("no data class", { compliance: { dataClasses: [] } }, [
    "compliance.dataClasses",
    "should have at least 1 items",
  ]),
  ofTenant("a country in small letters", { compliance: { countries: ["fr"] } }, ["compliance.countries[0]", pattern]),
  ofTenant("no module", { modules: [] }, ["modules", "should have at least 1 items"]),
  ofTenant("a module twice", { modules: [{ module: "Jitsi" }, { module: "Jitsi", size: "L" }] }, [
    "modules[1]",
    "Duplicate value",
  ]),
  ofTenant("a module that is not offered", { modules: [{ module: "Mattermost" }] }, [
    "modules[0].module",
    'Unsupported value: "Mattermost": supported values: "PostgreSQL"',
  ]),
  ofTenant("too many homeservers", { network: { matrixAllowlist: numbered(201) } }, [
    "network.matrixAllowlist",
    "must have at most 200 items",
  ]),
  ofTenant("a notice on no date", { lifecycle: { erasureNoticeSentAt: "yesterday" } }, [
    "lifecycle.erasureNoticeSentAt",
    "must be of type date-time",
  ]),
  ofTenant("a roll-out without a wave", { rollout: { ring: 1 } }, ["rollout.cohort", "Required value"]),
  ofTenant("a ring beyond the last", { rollout: { cohort: "first", ring: 101 } }, [
    "rollout.ring",
    "should be less than or equal to 100",
  ]),

  ofModule("a size that is not in the catalogue", { module: "Jitsi", size: "XXL" }, [
    "size",
    'Unsupported value: "XXL": supported values: "XS"',
  ]),
  ofModule("a version with a blank", { module: "Jitsi", version: "stable 9" }, ["version", pattern]),
  ofModule("decimal units", { module: "PostgreSQL", postgresql: { storage: "10GB" } }, ["postgresql.storage", pattern]),
  ofModule("a major version that is out of support", { module: "PostgreSQL", postgresql: { major: 15 } }, [
    "postgresql.major",
    "should be greater than or equal to 16",
  ]),
  ofModule("a session longer than a day", { module: "Keycloak", keycloak: { sessionMaxHours: 25 } }, [
    "keycloak.sessionMaxHours",
    "should be less than or equal to 24",
  ]),
  ofModule("a negative retention", { module: "Synapse", synapse: { mediaRetentionDays: -1 } }, [
    "synapse.mediaRetentionDays",
    "should be greater than or equal to 0",
  ]),
  ofModule("a signing key without its key", { module: "Synapse", synapse: { signingKeySecretRef: { name: "old" } } }, [
    "synapse.signingKeySecretRef.key",
    "Required value",
  ]),
  ofModule("a conference of one", { module: "Jitsi", jitsi: { maxParticipants: 1 } }, [
    "jitsi.maxParticipants",
    "should be greater than or equal to 2",
  ]),
  ofModule("an app that nobody vetted", { module: "Nextcloud", nextcloud: { apps: ["external"] } }, [
    "nextcloud.apps[0]",
    'Unsupported value: "external"',
  ]),
  ofModule("a version that no label ends with", { module: "Jitsi", version: "stable-" }, ["version", pattern]),
  ofModule("no room for anything", { module: "Nextcloud", nextcloud: { defaultQuota: "0Gi" } }, [
    "nextcloud.defaultQuota",
    pattern,
  ]),
  ofModule("more bytes than are counted", { module: "Synapse", synapse: { maxUploadSize: "99999999999Ti" } }, [
    "synapse.maxUploadSize",
    pattern,
  ]),
  ofModule(
    "a key that no Secret has",
    { module: "OpenProject", openProject: { enterpriseTokenSecretRef: { name: "bought", key: "its key" } } },
    ["openProject.enterpriseTokenSecretRef.key", pattern],
  ),
  ofModule("a tenant in another place", { module: "Jitsi", tenantRef: { name: "../minfin" } }, [
    "tenantRef.name",
    pattern,
  ]),

  ofRegion("a country of three letters", { country: "FRA" }, ["country", "Too long"]),
  ofRegion("no zone", { zones: [] }, ["zones", "should have at least 1 items"]),
  ofRegion("an identifier that is no UUID", { provider: { type: "NumSpot", spaceID: "space" }, zones: ["here-a"] }, [
    "provider.spaceID",
    pattern,
  ]),
  ofRegion("port 0", { ingress: { httpsPort: 0 } }, ["ingress.httpsPort", "should be greater than or equal to 1"]),
  ofRegion("a Keycloak that speaks no HTTP", { keycloak: { url: "ldap://login.example" } }, ["keycloak.url", pattern]),
  ...[
    "https://",
    "https://admin:word@login.example",
    "https://login.example/?a=b",
    "https://login.example/$(HOME)",
  ].map((url) => ofRegion(`a Keycloak at ${url}`, { keycloak: { url } }, ["keycloak.url", pattern])),
  ...["a/b?sslmode=disable#", "db.example:5432", "010.0.0.1", "relay\nexample"].map((host) =>
    ofRegion(
      `a mail relay ${JSON.stringify(host)}`,
      { smtp: { host, from: "suite@suite.example", cidrs: ["192.0.2.0/24"] } },
      ["smtp.host", pattern],
    ),
  ),
  ofRegion(
    "a second header in a sender",
    { smtp: { host: "relay.example", from: "suite@suite.example\r\nBcc:all@suite.example", cidrs: ["192.0.2.0/24"] } },
    ["smtp.from", pattern],
  ),
  ofRegion("a label that no namespace has", { ingress: { from: { namespaceLabels: { app: "an edge" } } } }, [
    "ingress.from.namespaceLabels.app",
    pattern,
  ]),
  ofRegion("a registry that is a sentence", { images: { mirror: "the near one" } }, ["images.mirror", pattern]),
  ofRegion("more realms than Keycloak bears", { keycloak: { maxRealms: 401 } }, [
    "keycloak.maxRealms",
    "should be less than or equal to 400",
  ]),
  ofRegion("a date as people write it", { qualifications: [{ ...qualification, validFrom: "15/01/2026" }] }, [
    "qualifications[0].validFrom",
    "must be of type date",
  ]),
  ofRegion("the same proof twice", { qualifications: [qualification, { ...qualification, holder: "Other" }] }, [
    "qualifications[1]",
    "Duplicate value",
  ]),
  ofRegion("a digest that is too short", { qualifications: [{ ...qualification, evidenceSHA256: "abc" }] }, [
    "qualifications[0].evidenceSHA256",
    pattern,
  ]),
  ofRegion(
    "an image that is a sentence",
    { images: { overrides: [{ name: "keycloak", reference: "the best one" }] } },
    ["images.overrides[0].reference", pattern],
  ),

  ofProvider("an alias of 41 characters", { alias: "a".repeat(41) }, ["alias", "Too long"]),
  ofProvider(
    "an issuer without TLS",
    {
      protocol: "OIDC",
      proConnect: null,
      oidc: { issuer: "http://idp.example", clientID: "a", clientSecretRef: secret },
    },
    ["oidc.issuer", `${pattern}^https://`],
  ),
  ofProvider(
    "metadata behind an account",
    { protocol: "SAML", proConnect: null, saml: { metadataURL: "https://a:b@idp.example/metadata" } },
    ["saml.metadataURL", pattern],
  ),
  ofProvider("a SIREN of 8 digits", { proConnect: { allowedSirens: ["12345678"] } }, [
    "proConnect.allowedSirens[0]",
    pattern,
  ]),
  ofProvider("an assurance level that does not exist", { proConnect: { minimumAcr: "eidas4" } }, [
    "proConnect.minimumAcr",
    'Unsupported value: "eidas4"',
  ]),
  ofProvider("a digest in capitals", { confirmedRegistration: "A".repeat(64) }, ["confirmedRegistration", pattern]),

  ofException("a justification in one word", { justification: "urgent" }, ["justification", "at least 30 chars long"]),
  ofException("nothing that limits the risk", { compensatingMeasures: [] }, [
    "compensatingMeasures",
    "should have at least 1 items",
  ]),
  ofException("a measure without words", { compensatingMeasures: ["none"] }, [
    "compensatingMeasures[0]",
    "at least 5 chars long",
  ]),
  ofException("no risk at all", { risk: "None" }, ["risk", 'Unsupported value: "None": supported values: "Low"']),
  ofException("no end", { expiresAt: null }, ["expiresAt", "Required value"]),

  ofAttestation("a subject that nobody attests of", { subject: { kind: "Namespace" } }, [
    "subject.kind",
    'Unsupported value: "Namespace"',
  ]),
  ofAttestation("evidence that anybody on the way can change", { evidence: { uri: "http://a.example/policy.pdf" } }, [
    "evidence.uri",
    pattern,
  ]),
  ofAttestation("evidence without a digest", { evidence: { sha256: null } }, ["evidence.sha256", "Required value"]),
  ofAttestation("a digest in capitals", { evidence: { sha256: "A".repeat(64) } }, ["evidence.sha256", pattern]),
  ofAttestation("a statement in one word", { statement: "done" }, ["statement", "at least 20 chars long"]),

  ofClaim("a kind that cannot be claimed", { kind: "Realm" }, ["kind", 'Unsupported value: "Realm"']),
  ofClaim("an empty value", { value: "" }, ["value", "at least 1 chars long"]),
  ofClaim("a holder without a legal identifier", { holder: { legalIdentifier: null } }, [
    "holder.legalIdentifier",
    "Required value",
  ]),
];

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `h${index}.example`);
}

/** What the server fills in: all of it, and nothing where the person chose nothing on purpose. */
interface DefaultsRow {
  readonly kind: string;
  readonly what: string;
  readonly object: Manifest;
  /** The spec that the server keeps: what was written, and this. */
  readonly filled: Manifest;
}

const moduleRow = (module: string, block: string, filled: Manifest): DefaultsRow => ({
  kind: "ModuleDeployment",
  what: `an empty block ${block}`,
  object: moduleDeployment({ module, [block]: {} }),
  filled: { [block]: filled },
});

export const defaults: readonly DefaultsRow[] = [
  {
    kind: "Tenant",
    what: "the least that a Tenant has to say",
    object: tenant({ lifecycle: null }),
    filled: {
      tier: "Standard",
      compliance: { requiredQualifications: [], countries: ["FR"] },
      network: { matrixFederation: "Closed" },
      lifecycle: { deletionProtection: true, deletionPolicy: "Retain" },
    },
  },
  {
    kind: "Tenant",
    what: "a wave of the roll-out",
    object: tenant({
      tier: "Pilot",
      compliance: { requiredQualifications: [], countries: ["BE"] },
      network: { matrixFederation: "Open" },
      lifecycle: { deletionPolicy: "Retain" },
      rollout: { cohort: "first" },
    }),
    filled: { rollout: { ring: 50 } },
  },
  {
    kind: "ModuleDeployment",
    what: "a module without a block",
    object: moduleDeployment({ module: "Synapse" }),
    filled: {},
  },
  moduleRow("PostgreSQL", "postgresql", { major: 18 }),
  moduleRow("Keycloak", "keycloak", { mfa: "Required", localAccounts: "Enabled", sessionMaxHours: 10 }),
  moduleRow("Synapse", "synapse", { maxUploadSize: "100Mi", mediaRetentionDays: 0 }),
  moduleRow("Jitsi", "jitsi", { maxParticipants: 100, guests: "LobbyOnly" }),
  moduleRow("Nextcloud", "nextcloud", {
    primaryStorage: "ObjectStore",
    defaultQuota: "10Gi",
    apps: ["calendar", "contacts"],
    publicLinks: "Refused",
  }),
  moduleRow("Collabora", "collabora", { maxDocuments: 100 }),
  moduleRow("OpenXchange", "openXchange", { mailQuota: "5Gi" }),
  moduleRow("OpenProject", "openProject", {}),
  {
    kind: "SovereignRegion",
    what: "the least that a region has to say",
    object: region(),
    filled: {
      ingress: { httpsPort: 443 },
      keycloak: { mode: "Managed", maxRealms: 100 },
      postgresql: { defaultDriver: "CloudNativePG" },
      limits: { tenants: 200, seats: 500_000 },
      state: "Enabled",
    },
  },
  {
    kind: "SovereignRegion",
    what: "a region's optional servers",
    object: region({
      ingress: { httpsPort: 8443 },
      keycloak: { mode: "Managed", maxRealms: 1, managed: {} },
      storage: { objectStore: { url: "https://s3.example", region: "here", credentialsSecretRef: { name: "s3" } } },
      postgresql: {
        defaultDriver: "External",
        server: { host: "db.example", cidrs: ["192.0.2.1/32"], adminCredentialsSecretRef: { name: "db" } },
      },
      smtp: { host: "smtp.example", from: "suite@suite.example", cidrs: ["192.0.2.2/32"] },
      qualifications: [qualification],
      limits: { tenants: 1, seats: 1 },
      state: "Cordoned",
    }),
    filled: {
      keycloak: { managed: { size: "S", replicas: 1, driver: "CloudNativePG", storage: "10Gi" } },
      storage: { objectStore: { pathStyle: true } },
      postgresql: { server: { port: 5432, tls: "VerifyFull" } },
      smtp: { port: 587, tls: "StartTLS" },
      qualifications: [merged(qualification, { verification: "Unverified" })],
    },
  },
  {
    kind: "TenantIdentityProvider",
    what: "ProConnect",
    object: identityProvider(),
    filled: { proConnect: { minimumAcr: "eidas1" }, linkExistingAccounts: "Never" },
  },
  {
    kind: "TenantIdentityProvider",
    what: "OpenID Connect",
    object: identityProvider({
      protocol: "OIDC",
      proConnect: null,
      oidc: { issuer: "https://idp.example", clientID: "suite", clientSecretRef: secret },
    }),
    filled: { oidc: { userInfo: "JSON" }, linkExistingAccounts: "Never" },
  },
  { kind: "PolicyException", what: "an exception", object: policyException(), filled: {} },
  { kind: "Attestation", what: "an attestation", object: attestation(), filled: {} },
  { kind: "NameClaim", what: "a claim", object: nameClaim(), filled: { state: "Held" } },
];

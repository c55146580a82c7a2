import { asker, type Manifest, merged, type RuleRow } from "./rule-row.ts";

/** The least that a region has to say, changed. */
export function region(spec: Manifest = {}): Manifest {
  const base = {
    metadata: { name: "apirules" },
    spec: {
      provider: { type: "Other", regionCode: "here" },
      country: "FR",
      zones: ["room-1"],
      ingress: { className: "edge", tlsSecretRef: { name: "wildcard" }, from: { cidrs: ["192.0.2.0/24"] } },
      storage: { className: "encrypted" },
      keycloak: { url: "https://login.suite.example" },
    },
  };
  return merged(base, { spec });
}

const notARange = "each entry is an address range in CIDR notation, e.g. 192.0.2.0/24 or 2001:db8::/32";
const ranges = { good: ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"], bad: ["192.0.2.0/24", "198.51.100.7"] };
const first = "7d1f0c52-93b8-4a6e-8f27-5c0a4e1b9d36";
const second = "0a4e1b9d-93b8-4a6e-8f27-5c0a7d1f0c52";
const secret = { name: "admin" };

/** A region on NumSpot, whose identifiers are given. */
const numSpot = (provider: Manifest = {}): Manifest =>
  region({ provider: { type: "NumSpot", ...provider }, zones: ["here-a"] });
const qualified = (over: Manifest): Manifest =>
  region({
    qualifications: [
      {
        scheme: "HDS",
        reference: "certificate-1",
        holder: "Provider of the infrastructure",
        scope: ["HDS1"],
        validFrom: "2026-01-15",
        validUntil: "2029-01-14",
        ...over,
      },
    ],
  });
const throughGateway = (ingress: Manifest): Manifest =>
  region({ ingress: { gatewayRef: { name: "public", listener: "https" }, ...ingress } });
const external = (spec: Manifest = {}): Manifest =>
  region(merged({ keycloak: { mode: "External", adminCredentialsSecretRef: secret } }, spec));

/** An identifier may be given later; once there, it stays what it is. */
const identifierRow = (field: string): RuleRow => ({
  at: `spec.provider.${field}`,
  says: `${field} cannot change`,
  before: [numSpot({ [field]: first })],
  accepts: numSpot({ organisationID: second, spaceID: second, clusterID: second, [field]: first }),
  refuses: numSpot({ [field]: second }),
});

const rangeRow = (at: string, wrap: (cidrs: readonly string[]) => Manifest): RuleRow => ({
  at,
  says: notARange,
  accepts: region(wrap(ranges.good)),
  refuses: region(wrap(ranges.bad)),
});

export const regionRules: readonly RuleRow[] = [
  {
    at: "spec",
    says: "each of zones starts with provider.regionCode where provider.type is NumSpot",
    accepts: region({ provider: { type: "NumSpot" }, zones: ["here-a", "here-b"] }),
    refuses: region({ provider: { type: "NumSpot" }, zones: ["here-a", "room-1"] }),
  },
  {
    at: "spec.provider",
    says: "organisationID, spaceID and clusterID are for type NumSpot; leave them out",
    accepts: numSpot({ spaceID: first }),
    refuses: region({ provider: { spaceID: first } }),
  },
  {
    at: "spec.provider",
    says: "apiURL needs credentialsSecretRef",
    accepts: region({ provider: { apiURL: "https://api.example", credentialsSecretRef: secret } }),
    refuses: region({ provider: { apiURL: "https://api.example" } }),
  },
  {
    at: "spec.provider",
    says: "organisationID, spaceID and clusterID cannot be removed once set",
    before: [numSpot({ spaceID: first })],
    accepts: numSpot({ spaceID: first, clusterID: second }),
    refuses: numSpot({ clusterID: second }),
  },
  {
    at: "spec.provider.type",
    says: "type cannot change",
    before: [region()],
    accepts: region({ zones: ["room-1", "room-2"] }),
    refuses: region({ provider: { type: "OnPremises" } }),
  },
  {
    at: "spec.provider.regionCode",
    says: "regionCode cannot change",
    before: [region()],
    accepts: region({ state: "Cordoned" }),
    refuses: region({ provider: { regionCode: "there" } }),
  },
  ...["organisationID", "spaceID", "clusterID"].map(identifierRow),
  {
    at: "spec.country",
    says: "country cannot change",
    before: [region()],
    accepts: region({ limits: { seats: 1 } }),
    refuses: region({ country: "BE" }),
  },
  {
    at: "spec.qualifications[]",
    says: "validFrom must precede validUntil",
    accepts: qualified({ validFrom: "2026-01-15", validUntil: "2026-01-16" }),
    refuses: qualified({ validFrom: "2026-01-15", validUntil: "2026-01-15" }),
  },
  {
    at: "spec.qualifications[]",
    says: "Verified needs verifiedBy and evidenceURI",
    accepts: qualified({
      verification: "Verified",
      verifiedBy: asker,
      evidenceURI: "https://evidence.example/hds.pdf",
    }),
    refuses: qualified({ verification: "Verified", verifiedBy: asker }),
  },
  {
    at: "spec.ingress",
    says: "give exactly one of className and gatewayRef",
    accepts: throughGateway({ className: null, tlsSecretRef: null }),
    refuses: throughGateway({ tlsSecretRef: null }),
  },
  {
    at: "spec.ingress",
    says: "clusterIssuer and tlsSecretRef go with className: the listener of gatewayRef has its own certificates",
    accepts: throughGateway({ className: null, tlsSecretRef: null }),
    refuses: throughGateway({ className: null }),
  },
  {
    at: "spec.ingress",
    says: "give exactly one of clusterIssuer and tlsSecretRef",
    accepts: region({ ingress: { clusterIssuer: "platform-ca", tlsSecretRef: null } }),
    refuses: region({ ingress: { clusterIssuer: "platform-ca" } }),
  },
  {
    at: "spec.ingress.from",
    says: "give at least one entry of namespaceLabels or cidrs: without one nobody reaches the modules",
    accepts: region({ ingress: { from: { cidrs: null, namespaceLabels: { team: "edge" } } } }),
    // Labels that select nothing open nothing: the region would be accepted, and no module of it ever reached.
    refuses: region({ ingress: { from: { cidrs: null, namespaceLabels: {}, podLabels: { app: "edge" } } } }),
  },
  {
    at: "spec.media.addresses",
    says: "each entry is an IP address, e.g. 198.51.100.20 or 2001:db8::20",
    accepts: region({ media: { exposure: "NodePort", addresses: ["198.51.100.20", "2001:db8::20"] } }),
    refuses: region({ media: { exposure: "NodePort", addresses: ["198.51.100.20", "198.51.100"] } }),
  },
  rangeRow("spec.ingress.from.cidrs", (cidrs) => ({ ingress: { from: { cidrs } } })),
  {
    at: "spec.storage.className",
    says: "className cannot change",
    before: [region()],
    accepts: region({ ingress: { className: "other-edge" } }),
    refuses: region({ storage: { className: "fast" } }),
  },
  rangeRow("spec.storage.objectStore.cidrs", (cidrs) => ({
    storage: { objectStore: { url: "https://s3.example", region: "here", credentialsSecretRef: secret, cidrs } },
  })),
  {
    at: "spec.keycloak",
    says: "adminCredentialsSecretRef goes with mode External, and only with it",
    accepts: external(),
    refuses: region({ keycloak: { mode: "External" } }),
  },
  {
    at: "spec.keycloak",
    says: "managed goes with mode Managed; leave it out",
    accepts: region({ keycloak: { managed: { replicas: 2 } } }),
    refuses: external({ keycloak: { managed: { replicas: 2 } } }),
  },
  {
    at: "spec.keycloak",
    says: "managed with a driver other than CloudNativePG is given when the region is created, and stays",
    before: [region({ keycloak: { managed: { driver: "StatefulSet" } } })],
    accepts: region({ keycloak: { managed: { driver: "StatefulSet", size: "L" } } }),
    refuses: region(),
  },
  {
    at: "spec.keycloak.mode",
    says: "mode cannot change",
    before: [external()],
    accepts: external({ keycloak: { adminURL: "https://keycloak.internal.example" } }),
    refuses: region(),
  },
  {
    at: "spec.keycloak.managed.driver",
    says: "driver cannot change",
    before: [region({ keycloak: { managed: { driver: "StatefulSet" } } })],
    accepts: region({ keycloak: { managed: { driver: "StatefulSet", replicas: 2 } } }),
    refuses: region({ keycloak: { managed: { driver: "CloudNativePG" } } }),
  },
  {
    at: "spec.postgresql",
    says: "defaultDriver External needs server",
    accepts: region({ postgresql: { defaultDriver: "StatefulSet" } }),
    refuses: region({ postgresql: { defaultDriver: "External" } }),
  },
  rangeRow("spec.postgresql.server.cidrs", (cidrs) => ({
    postgresql: { server: { host: "db.example", adminCredentialsSecretRef: secret, cidrs } },
  })),
  rangeRow("spec.smtp.cidrs", (cidrs) => ({ smtp: { host: "smtp.example", from: "suite@suite.example", cidrs } })),
  rangeRow("spec.identityProviders.allowedCIDRs", (allowedCIDRs) => ({ identityProviders: { allowedCIDRs } })),
  rangeRow("spec.openXchange.cidrs", (cidrs) => ({
    openXchange: { url: "https://ox.example", adminCredentialsSecretRef: secret, cidrs },
  })),
];

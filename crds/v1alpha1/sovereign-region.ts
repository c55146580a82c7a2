import { z } from "zod";
import { objectParser } from "./parse.ts";
import {
  capacity,
  cidrs,
  date,
  described,
  domainName,
  emailAddress,
  hostName,
  immutable,
  mapOf,
  nameRef,
  objectName,
  rules,
  setOf,
  sha256,
  text,
  versionText,
  webUrl,
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
import { schemes } from "./tenant.ts";

const identifier = (field: string) => immutable(text(36, /^[0-9a-f-]{36}$/), field);

const provider = rules(
  z.object({
    type: described(immutable(z.enum(["NumSpot", "OnPremises", "Other"]), "type"), "Provider"),
    regionCode: described(
      immutable(z.string().min(1).max(63), "regionCode"),
      "Region code of the provider, e.g. cloudgouv-eu-west-1",
    ),
    organisationID: described(identifier("organisationID"), "NumSpot organisation").optional(),
    spaceID: described(identifier("spaceID"), "NumSpot space").optional(),
    clusterID: described(identifier("clusterID"), "NumSpot Kubernetes cluster that this is").optional(),
    apiURL: described(webUrl(256), "NumSpot API, over https; what it tells is evidence for checks").optional(),
    credentialsSecretRef: described(
      nameRef("Secret"),
      "Service account of the NumSpot API that may read (keys clientID, clientSecret)",
    ).optional(),
  }),
  {
    rule: "self.type == 'NumSpot' || !(has(self.spaceID) || has(self.organisationID) || has(self.clusterID))",
    message: "organisationID, spaceID and clusterID are for type NumSpot; leave them out",
  },
  { rule: "!has(self.apiURL) || has(self.credentialsSecretRef)", message: "apiURL needs credentialsSecretRef" },
  {
    rule: "(!has(oldSelf.spaceID) || has(self.spaceID)) && (!has(oldSelf.organisationID) || has(self.organisationID)) && (!has(oldSelf.clusterID) || has(self.clusterID))",
    message: "organisationID, spaceID and clusterID cannot be removed once set",
  },
);

const qualification = rules(
  z.object({
    scheme: described(z.enum(schemes), "Scheme"),
    reference: described(z.string().min(3).max(128), "Certificate or decision number"),
    holder: described(z.string().min(2).max(128), "Who holds it"),
    scope: described(
      setOf(z.enum(["IaaS", "CaaS", "PaaS", "SaaS", "HDS1", "HDS2", "HDS3", "HDS4", "HDS5", "HDS6"]), 1, 10),
      "What it covers, for people to read",
    ),
    validFrom: described(date(), "First day"),
    validUntil: described(date(), "Last day"),
    evidenceURI: described(text(512), "Where the document lies").optional(),
    evidenceSHA256: described(sha256(), "Digest of the document").optional(),
    verification: described(z.enum(["Unverified", "Verified", "Withdrawn"]), "Only Verified counts").default(
      "Unverified",
    ),
    verifiedBy: described(text(253), "Who read the document; must be the user who sets Verified").optional(),
  }),
  { rule: "self.validFrom < self.validUntil", message: "validFrom must precede validUntil" },
  {
    rule: "self.verification != 'Verified' || (has(self.verifiedBy) && has(self.evidenceURI))",
    message: "Verified needs verifiedBy and evidenceURI",
  },
);

const labels = () =>
  z.record(z.string(), text(63, /^([A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?)?$/)).meta({ maxProperties: 16 });

const ingress = rules(
  z.object({
    className: described(objectName(), "IngressClass").optional(),
    gatewayRef: described(
      z.object({
        name: described(objectName(), "Gateway in the namespace of the operator"),
        listener: described(objectName(), "Its listener that ends TLS; routes attach to no other"),
      }),
      "Listener of the Gateway API that publishes modules as HTTPRoutes instead of Ingresses; it holds the certificates",
    ).optional(),
    httpsPort: described(z.int32().min(1).max(65535), "Port that people type; 443 is left out of URLs").default(443),
    clusterIssuer: described(objectName(), "cert-manager ClusterIssuer").optional(),
    tlsSecretRef: described(
      nameRef("Secret"),
      "Wildcard certificate, where there is no issuer; copied to the namespaces that serve",
    ).optional(),
    from: described(
      rules(
        z.object({
          namespaceLabels: described(labels(), "Labels of its namespace").optional(),
          podLabels: described(labels(), "Labels of its pods").optional(),
          cidrs: described(cidrs(0), "Its addresses, where it is no pod").optional(),
        }),
        {
          rule: "(has(self.namespaceLabels) && self.namespaceLabels.size() > 0) || (has(self.cidrs) && self.cidrs.size() > 0)",
          message: "give at least one entry of namespaceLabels or cidrs: without one nobody reaches the modules",
        },
      ),
      "Where the traffic of the ingress controller comes from; the default-deny opens to it and to nothing else",
    ),
  }),
  {
    rule: "has(self.className) != has(self.gatewayRef)",
    message: "give exactly one of className and gatewayRef",
  },
  {
    rule: "has(self.gatewayRef) || has(self.clusterIssuer) != has(self.tlsSecretRef)",
    message: "give exactly one of clusterIssuer and tlsSecretRef",
  },
  {
    rule: "!has(self.gatewayRef) || !(has(self.clusterIssuer) || has(self.tlsSecretRef))",
    message: "clusterIssuer and tlsSecretRef go with className: the listener of gatewayRef has its own certificates",
  },
);

const media = z.object({
  exposure: described(
    z.enum(["LoadBalancer", "NodePort"]),
    "LoadBalancer = one of the provider for each videobridge, where it carries UDP; NodePort = a port of every node, open to clients for UDP",
  ),
  addresses: described(
    rules(setOf(text(45, /^[0-9A-Fa-f:.]+$/), 1, 8), {
      rule: "self.all(a, isIP(a))",
      message: "each entry is an IP address, e.g. 198.51.100.20 or 2001:db8::20",
    }),
    "Addresses that clients use; they lead to the same ports. Empty = those that the load balancer gets, or those of the nodes",
  ).optional(),
});

const drivers = ["CloudNativePG", "StatefulSet", "External"] as const;

const keycloak = rules(
  z.object({
    mode: described(
      immutable(z.enum(["Managed", "External"]), "mode"),
      "Managed = the operator runs it in namespace socle-identity; External = an existing server",
    ).default("Managed"),
    url: described(webUrl(), "Public URL; part of every issuer, hence refused to change while the region has tenants"),
    adminURL: described(webUrl(), "URL for administration; empty = url (External) or the Service (Managed)").optional(),
    adminCredentialsSecretRef: described(
      nameRef("Secret"),
      "Service account of the master realm with the role create-realm and no other (keys clientID, clientSecret); External only",
    ).optional(),
    managed: described(
      z.object({
        version: described(versionText(), "Version; empty = the catalogue when created").optional(),
        size: described(z.enum(["XS", "S", "M", "L", "XL"]), "Resources").default("S"),
        replicas: described(z.int32().min(1).max(5), "Pods").default(1),
        driver: described(immutable(z.enum(drivers), "driver"), "Where its database lives").default("CloudNativePG"),
        storage: described(capacity(), "Size of its database volume").default("10Gi"),
      }),
      "The server, Managed only",
    ).optional(),
    // The platform account's token grows by half a KiB per realm that it made; Keycloak's default header limit ends at about 125 (measured).
    maxRealms: described(
      z.int32().min(1).max(400),
      "New tenants are refused beyond it; more than 120 need a larger http.limits.max-header-size of Keycloak",
    ).default(100),
  }),
  {
    rule: "(self.mode == 'External') == has(self.adminCredentialsSecretRef)",
    message: "adminCredentialsSecretRef goes with mode External, and only with it",
  },
  { rule: "self.mode == 'Managed' || !has(self.managed)", message: "managed goes with mode Managed; leave it out" },
  {
    // Without the block the driver is the default: a block that goes, or comes back with another driver, would move the database.
    rule: "has(self.managed) == has(oldSelf.managed) || (has(self.managed) ? self.managed.driver : oldSelf.managed.driver) == 'CloudNativePG'",
    message: "managed with a driver other than CloudNativePG is given when the region is created, and stays",
  },
);

const postgresql = rules(
  z.object({
    defaultDriver: described(z.enum(drivers), "Driver of modules created without one").default("CloudNativePG"),
    server: described(
      z.object({
        host: described(hostName(), "Host: a name, or an IPv4 address"),
        port: described(z.int32().min(1).max(65535), "Port").default(5432),
        tls: described(z.enum(["Require", "VerifyFull", "Disable"]), "Transport").default("VerifyFull"),
        cidrs: described(cidrs(1), "Its addresses, for egress rules"),
        adminCredentialsSecretRef: described(
          nameRef("Secret"),
          "Role with CREATEDB and CREATEROLE (keys username, password)",
        ),
      }),
      "Server used by the External driver",
    ).optional(),
  }),
  { rule: "self.defaultDriver != 'External' || has(self.server)", message: "defaultDriver External needs server" },
);

export const sovereignRegionSpec = rules(
  z.object({
    provider: described(provider, "Substrate"),
    country: described(immutable(text(2, /^[A-Z]{2}$/), "country"), "Country whose law applies (ISO 3166 alpha-2)"),
    zones: described(setOf(text(63), 1, 8), "Availability zones"),
    qualifications: described(
      mapOf(qualification, ["scheme", "reference"], { min: 0, max: 16 }),
      "Proofs. One counts only while Verified and valid today",
    ).optional(),
    ingress: described(ingress, "How modules are published"),
    media: described(
      media,
      "How pictures and sounds of video conferences reach the bridges; Jitsi needs it",
    ).optional(),
    trustBundle: described(
      z.object({
        configMapRef: described(nameRef("ConfigMap"), "ConfigMap with key ca.crt in the namespace of the operator"),
      }),
      "Certificate authorities beside the public ones, mounted in tenants and used by the operator",
    ).optional(),
    storage: described(
      z.object({
        className: described(immutable(objectName(), "className"), "Encrypted StorageClass"),
        objectStore: described(
          z.object({
            url: described(webUrl(), "Endpoint"),
            region: described(text(63, /^[A-Za-z0-9][-._A-Za-z0-9]*$/), "Region for signatures"),
            pathStyle: described(z.boolean(), "Path-style addressing").default(true),
            cidrs: described(cidrs(0), "Its addresses, for egress rules").optional(),
            credentialsSecretRef: described(nameRef("Secret"), "Administrator (keys accessKeyID, secretAccessKey)"),
          }),
          "S3",
        ).optional(),
      }),
      "Storage",
    ),
    keycloak: described(keycloak, "Keycloak that holds the realms"),
    postgresql: described(postgresql, "Databases").prefault({}),
    smtp: described(
      z.object({
        host: described(hostName(), "Host: a name, or an IPv4 address"),
        port: described(z.int32().min(1).max(65535), "Port").default(587),
        tls: described(z.enum(["StartTLS", "TLS"]), "Transport").default("StartTLS"),
        from: described(emailAddress(), "Sender"),
        cidrs: described(cidrs(1), "Its addresses, for egress rules"),
        credentialsSecretRef: described(nameRef("Secret"), "Account (keys username, password)").optional(),
      }),
      "Outgoing mail of the modules",
    ).optional(),
    identityProviders: described(
      z.object({
        allowedHosts: described(setOf(domainName(253), 0, 64), "Hosts").optional(),
        allowedCIDRs: described(cidrs(0), "Their addresses").optional(),
      }),
      "Providers that Keycloak may call beyond public hosts on https, e.g. those of the RIE",
    ).optional(),
    openXchange: described(
      z.object({
        url: described(
          webUrl(),
          "Provisioning endpoint: the address below which OXContextService lies, mostly …/webservices; https, or http on a loopback address",
        ),
        webHost: described(
          domainName(253),
          "Host that people's browsers are led to, for mail.<domain> of each tenant; empty = the host of url",
        ).optional(),
        mailHost: described(
          domainName(253),
          "Host that takes the mail for the tenants' mailDomains; empty = no MX record is listed for them",
        ).optional(),
        cidrs: described(cidrs(1), "Its addresses, for egress rules"),
        adminCredentialsSecretRef: described(nameRef("Secret"), "Master administrator (keys username, password)"),
      }),
      "App Suite of the region",
    ).optional(),
    images: described(
      z.object({
        mirror: described(
          text(253, /^[a-z0-9][a-z0-9.:/_-]*$/),
          "Registry that replaces every public registry, for closed networks",
        ).optional(),
        pullSecretRef: described(nameRef("Secret"), "Pull secret, copied into tenant namespaces").optional(),
        overrides: described(
          mapOf(
            z.object({
              name: described(objectName(), "Name of the image in the catalogue, e.g. keycloak, postgresql-18"),
              reference: described(
                z
                  .string()
                  .min(1)
                  .max(300)
                  .regex(/^[a-z0-9][a-z0-9.:/_@-]*$/),
                "Full reference, with digest in production",
              ),
            }),
            ["name"],
            { min: 0, max: 64 },
          ),
          "Images used instead of those of the catalogue: hardened builds, local builds",
        ).optional(),
      }),
      "Where images come from",
    ).optional(),
    limits: described(
      z.object({
        tenants: described(z.int32().min(1).max(5000), "Tenants").default(200),
        seats: described(z.int32().min(1).max(100_000_000), "Licensed seats").default(500_000),
      }),
      "Admission ceilings",
    ).prefault({}),
    state: described(z.enum(["Enabled", "Cordoned"]), "Enabled; Cordoned = no new tenant").default("Enabled"),
  }),
  {
    rule: "self.provider.type != 'NumSpot' || self.zones.all(z, z.startsWith(self.provider.regionCode))",
    message: "each of zones starts with provider.regionCode where provider.type is NumSpot",
  },
);

export const sovereignRegionStatus = z.object({
  ...commonStatus,
  tenants: z.number().int().min(0).optional().describe("Tenants that live here"),
  seats: z.number().int().min(0).optional().describe("Their licensed seats"),
  earliestQualificationExpiry: z
    .string()
    .max(10)
    .optional()
    .describe("Last day of the verified qualification that ends first"),
  provider: z
    .object({ kubernetesVersion: z.string().max(63).optional(), zones: z.array(z.string().max(63)).max(16).optional() })
    .optional()
    .describe("Version and zones as the provider tells them"),
});

export type SovereignRegionSpec = z.infer<typeof sovereignRegionSpec>;
export type SovereignRegionStatus = z.infer<typeof sovereignRegionStatus>;
export type SovereignRegion = LiveObject<SovereignRegionSpec, SovereignRegionStatus>;

/** The guard at the cache's edge: a typed SovereignRegion, or what is wrong with it. */
export const parseSovereignRegion = objectParser({
  kind: "SovereignRegion",
  spec: sovereignRegionSpec,
  status: sovereignRegionStatus,
});

export const sovereignRegionKind: KindMeta = {
  kind: "SovereignRegion",
  plural: "sovereignregions",
  singular: "sovereignregion",
  shortNames: ["sreg"],
  scope: "Cluster",
  description: "The cluster that the operator runs in, what it offers and what is proven about it.",
  columns: [
    readyColumn,
    reasonColumn,
    column("Provider", ".spec.provider.type"),
    column("Code", ".spec.provider.regionCode"),
    column("Evidence", '.status.conditions[?(@.type=="QualificationsValid")].status'),
    { name: "Tenants", type: "integer", jsonPath: ".status.tenants" },
    ageColumn,
    column("Expires", ".status.earliestQualificationExpiry", 1),
    messageColumn,
  ],
  selectableFields: [],
  objectRules: [],
  spec: sovereignRegionSpec,
  status: sovereignRegionStatus,
};

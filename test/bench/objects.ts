import type { Manifest } from "../../constructs/manifest.ts";
import { mirrorManifest, tenantManifests } from "../../constructs/tenant/tenant-manifests.ts";
import { demoPlatform, type DemoServers } from "../demo/objects.ts";

const apiVersion = "socle.dev/v1alpha1";
/** A region takes at most 400 tenants; more of them are spread. */
const tenantsPerRegion = 250;

/** Secrets and classes that the regions name. The certificate is only looked for, never read. */
export function platformManifests(servers: DemoServers): Manifest[] {
  return demoPlatform(servers, { ca: "", certificate: "", key: "" })
    .map((manifest) => manifest as unknown as Manifest)
    .map((manifest) => (manifest["type"] === "kubernetes.io/tls" ? { ...manifest, type: "Opaque" } : manifest));
}

export function regionManifests(tenants: number, servers: DemoServers): Manifest[] {
  return Array.from({ length: Math.ceil(tenants / tenantsPerRegion) }, (_, index) => ({
    apiVersion,
    kind: "SovereignRegion",
    metadata: { name: regionName(index * tenantsPerRegion) },
    spec: {
      provider: { type: "Other", regionCode: "this-machine" },
      country: "FR",
      zones: ["this-machine-a"],
      ingress: {
        className: "demo-edge",
        tlsSecretRef: { name: "demo-wildcard-tls" },
        from: { cidrs: ["127.0.0.0/8"] },
      },
      storage: { className: "demo-encrypted" },
      limits: { tenants: 400, seats: 1_000_000 },
      keycloak: {
        mode: "External",
        url: servers.keycloak.url,
        maxRealms: 400,
        adminCredentialsSecretRef: { name: "demo-keycloak-platform" },
      },
      postgresql: {
        defaultDriver: "External",
        server: {
          host: servers.postgres.host,
          port: servers.postgres.port,
          tls: "Disable",
          cidrs: ["127.0.0.1/32"],
          adminCredentialsSecretRef: { name: "demo-postgresql-platform" },
        },
      },
    },
  }));
}

function regionName(tenant: number): string {
  return `bench-${Math.floor(tenant / tenantsPerRegion)}`;
}

export function tenantName(index: number): string {
  return `bench${index.toString().padStart(4, "0")}`;
}

/** A tenant with every module that this version can run from the doubles. */
export function tenantManifest(index: number): Manifest {
  const name = tenantName(index);
  return {
    apiVersion,
    kind: "Tenant",
    metadata: { name },
    spec: {
      displayName: `Commune ${name}`,
      organization: {
        type: "LocalGovernment",
        identifier: { scheme: "Internal", value: name.toUpperCase() },
        contacts: [
          { role: "DPO", email: "dpo@bench.example" },
          { role: "SecurityOfficer", email: "security@bench.example" },
        ],
      },
      domain: `${name}.example`,
      regionRef: { name: regionName(index) },
      tier: "Pilot",
      seats: 40,
      compliance: { dataClasses: ["Internal"] },
      modules: [{ module: "PostgreSQL" }, { module: "Keycloak" }],
      administrators: [{ kind: "Group", name: `${name}-admins`, role: "TenantAdmin" }],
    },
  };
}

export interface TenantObjects {
  readonly namespaces: readonly Manifest[];
  /** Bindings first: they give the operator's user its rights. */
  readonly bindings: readonly Manifest[];
  readonly rest: readonly Manifest[];
}

/** What such a tenant consists of, by the same constructs, under a name that no Tenant has. */
export function rawTenantObjects(name: string, operatorUser: string): TenantObjects {
  const { namespaces, isolation } = tenantManifests({
    name,
    legalIdentifier: `Internal:${name.toUpperCase()}`,
    tier: "Pilot",
    administrators: [{ kind: "Group", name: `${name}-admins`, role: "TenantAdmin" }],
    dataClasses: ["Internal"],
    egressCIDRs: [],
    ingressFrom: { cidrs: ["127.0.0.0/8"] },
    operatorNamespace: "socle-system",
    operatorSubject: { kind: "User", name: operatorUser },
    modules: ["PostgreSQL", "Keycloak"],
    office: false,
    postgresql: { cidrs: ["127.0.0.1/32"], port: 5432 },
  });
  const isBinding = (manifest: Manifest): boolean => manifest.kind === "RoleBinding";
  return {
    namespaces,
    bindings: isolation.filter(isBinding),
    rest: [
      ...isolation.filter((manifest) => !isBinding(manifest)),
      mirrorManifest({ tenant: name, data: { domain: `${name}.example`, displayName: name } }),
    ],
  };
}

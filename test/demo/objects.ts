/** The example region and ministry of the demo, as plain objects; what depends on the machine comes in as arguments. */
export interface DemoServers {
  readonly keycloak: { readonly url: string; readonly clientId: string; readonly clientSecret: string };
  readonly postgres: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly password: string;
  };
}

type Manifest = Readonly<Record<string, unknown>>;

export const demoRegion = "demo";
export const demoTenant = "demoministry";
export const demoDomain = "demoministry.localhost";
export const demoModules = [
  { module: "PostgreSQL" },
  { module: "Keycloak", keycloak: { mfa: "Required", sessionMaxHours: 8 } },
] as const;
/** Where pods can run. */
export const demoModulesInPods = [...demoModules, { module: "Synapse", size: "XS" }] as const;
const operatorNamespace = "socle-system";

const secret = (name: string, stringData: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: operatorNamespace },
  stringData,
});

/** What the region references: credentials, classes, a certificate. The classes are names only: no pod runs on this lane. */
export function demoPlatform(
  servers: DemoServers,
  tls: { readonly ca: string; readonly certificate: string; readonly key: string },
): Manifest[] {
  return [
    secret("demo-keycloak-platform", {
      clientID: servers.keycloak.clientId,
      clientSecret: servers.keycloak.clientSecret,
    }),
    secret("demo-postgresql-platform", { username: servers.postgres.username, password: servers.postgres.password }),
    { ...secret("demo-wildcard-tls", { "tls.crt": tls.certificate, "tls.key": tls.key }), type: "kubernetes.io/tls" },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "demo-ca", namespace: operatorNamespace },
      data: { "ca.crt": tls.ca },
    },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "demo-encrypted" },
      provisioner: "socle.dev/none",
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "demo-edge" },
      spec: { controller: "socle.dev/none" },
    },
  ];
}

/** A region on this machine that runs its servers by itself; `parts` say how. */
export function regionManifest(parts: Manifest): Manifest {
  return {
    apiVersion: "socle.dev/v1alpha1",
    kind: "SovereignRegion",
    metadata: { name: demoRegion },
    spec: {
      provider: { type: "Other", regionCode: "this-machine" },
      country: "FR",
      zones: ["this-machine-a"],
      ...parts,
    },
  };
}

/** A region on this machine whose servers are processes beside the cluster. */
export function demoRegionManifest(servers: DemoServers): Manifest {
  return regionManifest({
    ingress: {
      className: "demo-edge",
      tlsSecretRef: { name: "demo-wildcard-tls" },
      from: { cidrs: ["127.0.0.0/8"] },
    },
    trustBundle: { configMapRef: { name: "demo-ca" } },
    storage: { className: "demo-encrypted" },
    keycloak: {
      mode: "External",
      url: servers.keycloak.url,
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
  });
}

export function demoTenantManifest(modules: readonly Manifest[]): Manifest {
  return {
    apiVersion: "socle.dev/v1alpha1",
    kind: "Tenant",
    metadata: { name: demoTenant },
    spec: {
      displayName: "Ministère de la Démonstration",
      organization: {
        type: "Ministry",
        identifier: { scheme: "Internal", value: "DEMO1" },
        contacts: [
          { role: "DPO", email: "dpo@ministere.example" },
          { role: "SecurityOfficer", email: "rssi@ministere.example" },
        ],
      },
      domain: demoDomain,
      mailDomains: ["ministere.example"],
      regionRef: { name: demoRegion },
      tier: "Pilot",
      seats: 50,
      compliance: { dataClasses: ["Internal"] },
      modules,
      administrators: [{ kind: "Group", name: "demo-admins", role: "TenantAdmin" }],
      rollout: { cohort: "demo", ring: 0 },
    },
  };
}

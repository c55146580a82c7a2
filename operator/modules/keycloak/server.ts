import { isIP } from "node:net";
import {
  keycloakHost,
  type KeycloakDatabase,
  type KeycloakServerInput,
} from "../../../constructs/keycloak/keycloak-input.ts";
import { keycloakManifests } from "../../../constructs/keycloak/keycloak-manifests.ts";
import { keycloakPaths } from "../../../constructs/keycloak/keycloak-settings.ts";
import { type ManagedNames, managedNames } from "../../../constructs/keycloak/managed-names.ts";
import { regionLabels } from "../../../constructs/labels.ts";
import { blocks } from "../../../constructs/network-peers.ts";
import { clusterPods, clusterManifests } from "../../../constructs/postgresql/cloudnative-pg.ts";
import { clusterHosts, cloudNativePg } from "../../../constructs/postgresql/cluster-input.ts";
import { postgresHost, postgresPort } from "../../../constructs/postgresql/postgres-input.ts";
import { postgresManifests } from "../../../constructs/postgresql/postgres-manifests.ts";
import type { Manifest, ObjectRef } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { DatabaseDesired } from "../../postgres/postgres-api.ts";
import type { ClusterFacts } from "../../reconcile/cluster-facts.ts";
import type { WorkloadWanted } from "../../reconcile/workload.ts";
import { pageImage } from "../accessibility.ts";
import { accessibilityStatement } from "../accessibility-statement.ts";
import { imageReference } from "../catalogue.ts";
import { publishingGap, publishingOf } from "../publishing.ts";
import { pullSecretOf } from "../pull-secret.ts";
import { driverOfData } from "../tenant-database.ts";
import { keycloakDatabaseSizes, keycloakSizes } from "./server-size.ts";

/** The version that a region gets which names none. */
export const keycloakVersion = "26.7.5";
/** Client of realm master that the platform account of a managed server is. */
const platformClientId = "socle-platform";
const breakGlassUser = "socle-break-glass";
const databaseMajor = 18;
const connectionLimit = 100;
/** One that serves and one that takes over. */
const databaseInstances = 2;

/** What of the world decides about the server besides the region's spec. */
export interface KeycloakSurroundings {
  /** Version that runs, from the live StatefulSet; kept when the spec names none. */
  readonly runs: string | undefined;
  readonly trustBundle: string | undefined;
  /** Written on the database, so that everybody can see whose it is. */
  readonly marker: string;
  readonly cluster: ClusterFacts;
}

/** A Secret in the identity namespace: made once, then kept. Values are never part of desired state. */
export interface IdentitySecret {
  readonly namespace: string;
  readonly name: string;
  readonly type?: "kubernetes.io/basic-auth";
  /** Keys with a random value of that many characters. */
  readonly random: Readonly<Record<string, number>>;
  readonly plain: Readonly<Record<string, string>>;
  readonly certificate?: { readonly names: readonly string[] };
}

export interface ManagedSecrets {
  /** First administrator of a new server; removed once the platform account works. */
  readonly bootstrap: IdentitySecret;
  /** Creates realms and does nothing else. */
  readonly platform: IdentitySecret;
  readonly breakGlass: IdentitySecret;
  readonly certificate: IdentitySecret;
  /** Password of the server's role in its database. */
  readonly database: IdentitySecret;
  /** Of the database server that comes with it; nobody has an administrator's password of a Cluster. */
  readonly databaseAdministrator?: IdentitySecret;
  readonly databaseCertificate?: IdentitySecret;
}

/** The Keycloak that a region runs by itself, as plain data. */
export interface ManagedKeycloak {
  readonly names: ManagedNames;
  readonly version: string;
  readonly image: string;
  readonly secrets: ManagedSecrets;
  /** The database server that comes with it; absent where the region names one. */
  readonly databaseServer?: WorkloadWanted;
  readonly database: {
    readonly desired: DatabaseDesired;
    readonly host: string;
    readonly port: number;
    /** Objects of the server's own operator that make role and database; then nothing is changed by SQL from here. */
    readonly declared?: readonly ObjectRef[];
  };
  /** The server; `published` with its public way in, `stopped` without pods. */
  workload(state: { readonly published: boolean; readonly stopped: boolean }): WorkloadWanted;
}

/** What a managed Keycloak lacks here. */
export interface ManagedGap {
  readonly reason: "InvalidSpec" | "CapabilityMissing";
  readonly message: string;
}

/** Why a managed Keycloak cannot be made here, or undefined if it can. */
export function managedGap(
  region: SovereignRegion,
  { kinds }: Pick<ClusterFacts, "kinds">,
  /** What stands of its database server, perhaps of an earlier region of that name. */
  stands: readonly Pick<Manifest, "kind">[] = [],
): ManagedGap | undefined {
  const message = specGap(region) ?? otherDataGap(region, driverOfData(stands));
  if (message !== undefined) return { reason: "InvalidSpec", message };
  const unpublished = publishingGap(region, { kinds });
  if (unpublished !== undefined) return unpublished;
  const missing = cloudNativePg.kinds.filter(({ kind }) => !kinds.has(kind)).map(({ kind }) => kind);
  if (databaseDriver(region) !== "CloudNativePG" || missing.length === 0) return undefined;
  return {
    reason: "CapabilityMissing",
    message: `This cluster lacks ${missing.join(", ")} of ${cloudNativePg.apiVersion} for the database of Keycloak: install CloudNativePG 1.30 or newer in namespace ${cloudNativePg.operatorNamespace}, and this goes on by itself. Or make region ${region.metadata.name} with spec.keycloak.managed.driver StatefulSet or External.`,
  };
}

/** The realms of an earlier region of that name would be hidden behind an empty database. */
function otherDataGap(region: SovereignRegion, left: ReturnType<typeof driverOfData>): string | undefined {
  const driver = databaseDriver(region);
  if (left === undefined || left === driver) return undefined;
  const { namespace } = managedNames(region.metadata.name);
  return `spec.keycloak.managed.driver of region ${region.metadata.name} is ${driver}, and namespace ${namespace} holds the realms of a server with driver ${left}: make the region with driver ${left}. Nothing was made or removed.`;
}

/** What the region's own words lack. */
function specGap(region: SovereignRegion): string | undefined {
  const { keycloak, postgresql } = region.spec;
  const { name } = region.metadata;
  const url = new URL(keycloak.url);
  if (url.protocol !== "https:" || url.pathname !== "/")
    return `spec.keycloak.url of region ${name} must be https, a host and perhaps a port, without a path: ${url.origin}.`;
  // Neither an Ingress nor a route of a Gateway is for an address.
  if (isIP(url.hostname) !== 0)
    return `spec.keycloak.url of region ${name} must hold a name, not ${url.hostname}: the operator publishes it, and addresses are published nowhere.`;
  const driver = databaseDriver(region);
  if (driver === "External" && postgresql.server === undefined)
    return `spec.keycloak.managed.driver of region ${name} is External; name the server in spec.postgresql.server.`;
  return undefined;
}

/** Everything about the Keycloak of a region for which `managedGap` finds nothing. Pure. */
export function managedKeycloak(region: SovereignRegion, around: KeycloakSurroundings): ManagedKeycloak {
  const own = managedNames(region.metadata.name);
  const version = region.spec.keycloak.managed?.version ?? around.runs ?? keycloakVersion;
  const secrets = managedSecrets(region, own);
  const database = databaseOf(region, own, around.marker);
  const image = versioned(region, version);
  const input = serverInput(region, { own, version, image, secrets, trustBundle: around.trustBundle });
  return {
    names: own,
    version,
    image,
    secrets,
    ...databaseServer(region, { own, secrets, database, cluster: around.cluster }),
    database,
    workload: ({ published, stopped }) => ({
      manifests: keycloakManifests(stopped ? { ...input, replicas: 0 } : input, { published }),
      awaits: [{ apiVersion: "apps/v1", kind: "StatefulSet", namespace: own.namespace, name: own.server }],
    }),
  };
}

function databaseDriver(region: SovereignRegion): "CloudNativePG" | "StatefulSet" | "External" {
  return region.spec.keycloak.managed?.driver ?? "CloudNativePG";
}

/** The catalogue's image in that version; an override is taken as it is, whatever its version. */
function versioned(region: SovereignRegion, version: string): string {
  const reference = imageReference(region.spec, "keycloak") ?? "";
  const isOverridden = region.spec.images?.overrides?.some(({ name }) => name === "keycloak") ?? false;
  return isOverridden ? reference : `${reference.slice(0, reference.lastIndexOf(":"))}:${version}`;
}

function managedSecrets(region: SovereignRegion, own: ManagedNames): ManagedSecrets {
  const driver = databaseDriver(region);
  const { server, databaseServer, namespace } = own;
  const secret = (
    name: string,
    random: Readonly<Record<string, number>>,
    plain: Readonly<Record<string, string>> = {},
  ): IdentitySecret => ({ namespace, name, random, plain });
  const host = keycloakHost({ name: server, namespace });
  const database = postgresHost(databaseServer, namespace);
  const hosts =
    driver === "CloudNativePG" ? clusterHosts(databaseServer, namespace) : [database, `${database}.cluster.local`];
  return {
    bootstrap: secret(own.bootstrapSecret, { clientSecret: 48 }, { clientID: "socle-bootstrap" }),
    platform: secret(own.platformSecret, { clientSecret: 48 }, { clientID: platformClientId }),
    breakGlass: secret(`${server}-break-glass`, { password: 48 }, { username: breakGlassUser }),
    certificate: {
      ...secret(own.certificateSecret, {}),
      certificate: { names: [host, `${host}.cluster.local`] },
    },
    database: {
      ...secret(`${server}-database`, { password: 40 }, { username: databaseName(server) }),
      ...(driver === "CloudNativePG" ? { type: "kubernetes.io/basic-auth" } : {}),
    },
    ...(driver === "StatefulSet"
      ? {
          databaseAdministrator: secret(`${server}-db-administrator`, { password: 40 }, { username: "postgres" }),
        }
      : {}),
    ...(driver === "External"
      ? {}
      : { databaseCertificate: { ...secret(`${server}-db-certificate`, {}), certificate: { names: hosts } } }),
  };
}

/** A name that needs no quotes. */
function databaseName(server: string): string {
  return server.replaceAll("-", "_");
}

function databaseOf(region: SovereignRegion, own: ManagedNames, marker: string): ManagedKeycloak["database"] {
  const name = databaseName(own.server);
  const { server } = region.spec.postgresql;
  const desired = { role: name, database: name, marker, connectionLimit };
  const { namespace, databaseServer: cluster } = own;
  switch (databaseDriver(region)) {
    case "External":
      return { desired, host: server?.host ?? "", port: server?.port ?? postgresPort };
    case "StatefulSet":
      return { desired, host: postgresHost(cluster, namespace), port: postgresPort };
    case "CloudNativePG": {
      const declared = ["DatabaseRole", "Database"].map((kind) => clusterObject(kind, own));
      return { desired, host: clusterHosts(cluster, namespace)[0], port: postgresPort, declared };
    }
  }
}

function clusterObject(kind: string, { namespace, databaseServer: name }: ManagedNames): ObjectRef {
  return { apiVersion: cloudNativePg.apiVersion, kind, namespace, name };
}

interface ServerOfDatabase {
  readonly own: ManagedNames;
  readonly secrets: ManagedSecrets;
  readonly database: ManagedKeycloak["database"];
  readonly cluster: ClusterFacts;
}

function databaseServer(region: SovereignRegion, of: ServerOfDatabase): Pick<ManagedKeycloak, "databaseServer"> {
  const driver = databaseDriver(region);
  if (driver === "External") return {};
  const { namespace, databaseServer: name } = of.own;
  const { managed } = region.spec.keycloak;
  const shared = {
    namespace,
    name,
    labels: regionLabels({ region: region.metadata.name, component: "database", module: "PostgreSQL" }),
    image: imageReference(region.spec, `postgresql-${databaseMajor}`) ?? "",
    storageClass: region.spec.storage.className,
    storage: managed?.storage ?? "10Gi",
    resources: keycloakDatabaseSizes[managed?.size ?? "S"],
    certificateSecret: of.secrets.databaseCertificate?.name ?? "",
    operatorNamespace: names.operatorNamespace,
    clients: [{ podSelector: { matchLabels: serverSelector(region) } }],
    ...pullSecretOf(region),
  };
  if (driver === "StatefulSet") {
    const manifests = postgresManifests({
      ...shared,
      major: databaseMajor,
      administratorSecret: of.secrets.databaseAdministrator?.name ?? "",
    });
    return { databaseServer: { manifests, awaits: [{ apiVersion: "apps/v1", kind: "StatefulSet", namespace, name }] } };
  }
  const { desired } = of.database;
  const manifests = clusterManifests({
    ...shared,
    instances: databaseInstances,
    zones: region.spec.zones.length > 1,
    database: desired.database,
    connectionLimit: desired.connectionLimit,
    marker: desired.marker,
    credentialsSecret: of.secrets.database.name,
    apiServers: of.cluster.apiServers,
  });
  return { databaseServer: { manifests, awaits: [clusterObject("Cluster", of.own)] } };
}

const serverSelector = (region: SovereignRegion): Record<string, string> => ({
  [names.nameLabel]: "keycloak",
  [names.instanceLabel]: region.metadata.name,
});

function serverInput(
  region: SovereignRegion,
  of: {
    readonly own: ManagedNames;
    readonly version: string;
    readonly image: string;
    readonly secrets: ManagedSecrets;
    readonly trustBundle: string | undefined;
  },
): KeycloakServerInput {
  const { own, secrets, trustBundle } = of;
  const { keycloak, ingress, smtp, identityProviders, zones } = region.spec;
  const { managed } = keycloak;
  const { creationTimestamp: openedAt } = region.metadata;
  return {
    namespace: own.namespace,
    name: own.server,
    labels: regionLabels({ region: region.metadata.name, component: "server", module: "Keycloak" }),
    version: of.version,
    image: of.image,
    ...pullSecretOf(region),
    url: new URL(keycloak.url).origin,
    replicas: managed?.replicas ?? 1,
    resources: keycloakSizes[managed?.size ?? "S"],
    zones: zones.length,
    database: connection(region, own, secrets),
    certificateSecret: secrets.certificate.name,
    bootstrapSecret: secrets.bootstrap.name,
    ...(trustBundle === undefined ? {} : { trustBundle }),
    operatorNamespace: names.operatorNamespace,
    ingress: {
      publishing: publishingOf(region),
      from: ingress.from,
      tlsSecret: own.publicCertificateSecret,
    },
    accessibility: {
      image: pageImage(region),
      page: accessibilityStatement({
        service: "Connexion",
        hosts: [new URL(keycloak.url).hostname],
        ...(openedAt === undefined ? {} : { openedAt }),
      }),
    },
    providerCidrs: identityProviders?.allowedCIDRs ?? [],
    ...(smtp === undefined ? {} : { smtp: { cidrs: smtp.cidrs, port: smtp.port } }),
  };
}

/** How the server trusts its database: the certificate of its own one is pinned; that of the region's is checked as the region says. */
function connection(region: SovereignRegion, own: ManagedNames, secrets: ManagedSecrets): KeycloakDatabase {
  const { desired, host, port } = databaseOf(region, own, "");
  const url = new URL(`postgresql://${host}:${port}/${desired.database}`);
  const login = { username: desired.role, passwordSecret: secrets.database.name, port };
  const { server } = region.spec.postgresql;
  if (databaseDriver(region) !== "External") {
    url.searchParams.set("sslmode", "verify-full");
    url.searchParams.set("sslrootcert", `${keycloakPaths.databaseAuthority}/ca.crt`);
    const pods =
      databaseDriver(region) === "CloudNativePG"
        ? clusterPods(own.databaseServer)
        : { matchLabels: { ...serverSelector(region), [names.nameLabel]: "postgresql" } };
    const authoritySecret = secrets.databaseCertificate?.name ?? "";
    return { ...login, url: `jdbc:${url.href}`, authoritySecret, peers: [{ podSelector: pods }] };
  }
  const modes = { Disable: "disable", Require: "require", VerifyFull: "verify-full" } as const;
  url.searchParams.set("sslmode", modes[server?.tls ?? "VerifyFull"]);
  if (server?.tls === "VerifyFull") {
    const trusted = region.spec.trustBundle === undefined ? undefined : `${keycloakPaths.trust}/ca.crt`;
    if (trusted === undefined) url.searchParams.set("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
    else url.searchParams.set("sslrootcert", trusted);
  }
  return { ...login, url: `jdbc:${url.href}`, peers: blocks(server?.cidrs ?? []) };
}

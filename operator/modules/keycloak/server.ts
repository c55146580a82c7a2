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
import { postgresHost, postgresPort } from "../../../constructs/postgresql/postgres-input.ts";
import { postgresManifests } from "../../../constructs/postgresql/postgres-manifests.ts";
import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { DatabaseDesired } from "../../postgres/postgres-api.ts";
import type { WorkloadWanted } from "../../reconcile/workload.ts";
import { imageReference } from "../catalogue.ts";
import { keycloakDatabaseSizes, keycloakSizes } from "./server-size.ts";

/** The version that a region gets which names none. */
export const keycloakVersion = "26.7.5";
/** Client of realm master that the platform account of a managed server is. */
const platformClientId = "socle-platform";
const breakGlassUser = "socle-break-glass";
const databaseMajor = 18;
const connectionLimit = 100;

/** What of the world decides about the server besides the region's spec. */
export interface KeycloakSurroundings {
  /** Version that runs, from the live StatefulSet; kept when the spec names none. */
  readonly runs: string | undefined;
  readonly trustBundle: string | undefined;
  /** Written on the database, so that everybody can see whose it is. */
  readonly marker: string;
}

/** A Secret in the identity namespace: made once, then kept. Values are never part of desired state. */
export interface IdentitySecret {
  readonly namespace: string;
  readonly name: string;
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
  /** Of the database server that comes with it. */
  readonly databaseAdministrator: IdentitySecret;
  readonly databaseCertificate: IdentitySecret;
}

/** The Keycloak that a region runs by itself, as plain data. */
export interface ManagedKeycloak {
  readonly names: ManagedNames;
  readonly version: string;
  readonly image: string;
  readonly secrets: ManagedSecrets;
  /** The database server that comes with it; absent where the region names one. */
  readonly databaseServer?: WorkloadWanted;
  readonly database: { readonly desired: DatabaseDesired; readonly host: string; readonly port: number };
  /** The server; `published` with its public way in, `stopped` without pods. */
  workload(state: { readonly published: boolean; readonly stopped: boolean }): WorkloadWanted;
}

/** Why a managed Keycloak cannot be made here, or undefined if it can. */
export function managedGap(region: SovereignRegion): string | undefined {
  const { keycloak, postgresql } = region.spec;
  const { name } = region.metadata;
  const url = new URL(keycloak.url);
  if (url.protocol !== "https:" || url.pathname !== "/" || url.search !== "" || url.username !== "")
    return `spec.keycloak.url of region ${name} must be https, a host and perhaps a port, without a path: ${url.origin}.`;
  const driver = databaseDriver(region);
  if (driver === "CloudNativePG")
    return `Driver CloudNativePG for the database of Keycloak is not available in this version; set spec.keycloak.managed.driver of region ${name} to StatefulSet or External.`;
  if (driver === "External" && postgresql.server === undefined)
    return `spec.keycloak.managed.driver of region ${name} is External; name the server in spec.postgresql.server.`;
  return undefined;
}

/** Everything about the Keycloak of a region for which `managedGap` finds nothing. Pure. */
export function managedKeycloak(region: SovereignRegion, around: KeycloakSurroundings): ManagedKeycloak {
  const own = managedNames(region.metadata.name);
  const version = region.spec.keycloak.managed?.version ?? around.runs ?? keycloakVersion;
  const secrets = managedSecrets(own);
  const database = databaseOf(region, own, around.marker);
  const image = versioned(region, version);
  const input = serverInput(region, { own, version, image, secrets, trustBundle: around.trustBundle });
  return {
    names: own,
    version,
    image,
    secrets,
    ...(databaseDriver(region) === "StatefulSet" ? { databaseServer: databaseServer(region, own, secrets) } : {}),
    database,
    workload: ({ published, stopped }) => ({
      manifests: keycloakManifests(stopped ? { ...input, replicas: 0 } : input, { published }),
      rollout: { apiVersion: "apps/v1", kind: "StatefulSet", namespace: own.namespace, name: own.server },
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

function managedSecrets(own: ManagedNames): ManagedSecrets {
  const { server, databaseServer, namespace } = own;
  const secret = (
    name: string,
    random: Readonly<Record<string, number>>,
    plain: Readonly<Record<string, string>> = {},
  ): IdentitySecret => ({ namespace, name, random, plain });
  const host = keycloakHost({ name: server, namespace });
  const database = postgresHost(databaseServer, namespace);
  return {
    bootstrap: secret(own.bootstrapSecret, { clientSecret: 48 }, { clientID: "socle-bootstrap" }),
    platform: secret(own.platformSecret, { clientSecret: 48 }, { clientID: platformClientId }),
    breakGlass: secret(`${server}-break-glass`, { password: 48 }, { username: breakGlassUser }),
    certificate: {
      ...secret(own.certificateSecret, {}),
      certificate: { names: [host, `${host}.cluster.local`] },
    },
    database: secret(`${server}-database`, { password: 40 }, { username: databaseName(server) }),
    databaseAdministrator: secret(`${server}-db-administrator`, { password: 40 }, { username: "postgres" }),
    databaseCertificate: {
      ...secret(`${server}-db-certificate`, {}),
      certificate: { names: [database, `${database}.cluster.local`] },
    },
  };
}

/** A name that needs no quotes. */
function databaseName(server: string): string {
  return server.replaceAll("-", "_");
}

function databaseOf(region: SovereignRegion, own: ManagedNames, marker: string): ManagedKeycloak["database"] {
  const name = databaseName(own.server);
  const { server } = region.spec.postgresql;
  const place =
    databaseDriver(region) === "External"
      ? { host: server?.host ?? "", port: server?.port ?? postgresPort }
      : { host: postgresHost(own.databaseServer, own.namespace), port: postgresPort };
  return { desired: { role: name, database: name, marker, connectionLimit }, ...place };
}

function databaseServer(region: SovereignRegion, own: ManagedNames, secrets: ManagedSecrets): WorkloadWanted {
  const { managed } = region.spec.keycloak;
  const { namespace, databaseServer: name } = own;
  const pullSecret = region.spec.images?.pullSecretRef?.name;
  return {
    manifests: postgresManifests({
      namespace,
      name,
      labels: regionLabels({ region: region.metadata.name, component: "database", module: "PostgreSQL" }),
      major: databaseMajor,
      image: imageReference(region.spec, `postgresql-${databaseMajor}`) ?? "",
      storageClass: region.spec.storage.className,
      storage: managed?.storage ?? "10Gi",
      resources: keycloakDatabaseSizes[managed?.size ?? "S"],
      administratorSecret: secrets.databaseAdministrator.name,
      certificateSecret: secrets.databaseCertificate.name,
      operatorNamespace: names.operatorNamespace,
      clients: [{ podSelector: { matchLabels: serverSelector(region) } }],
      ...(pullSecret === undefined ? {} : { pullSecret }),
    }),
    rollout: { apiVersion: "apps/v1", kind: "StatefulSet", namespace, name },
  };
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
  const { keycloak, ingress, smtp, identityProviders, images, zones } = region.spec;
  const { managed } = keycloak;
  return {
    namespace: own.namespace,
    name: own.server,
    labels: regionLabels({ region: region.metadata.name, component: "server", module: "Keycloak" }),
    version: of.version,
    image: of.image,
    ...(images?.pullSecretRef === undefined ? {} : { pullSecret: images.pullSecretRef.name }),
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
      className: ingress.className,
      from: ingress.from,
      tlsSecret: own.publicCertificateSecret,
      ...(ingress.clusterIssuer === undefined ? {} : { clusterIssuer: ingress.clusterIssuer }),
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
    const peers = [{ podSelector: { matchLabels: { ...serverSelector(region), [names.nameLabel]: "postgresql" } } }];
    return { ...login, url: `jdbc:${url.href}`, authoritySecret: secrets.databaseCertificate.name, peers };
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

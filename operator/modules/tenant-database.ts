import type { Manifest } from "../../constructs/manifest.ts";
import { namespaceName } from "../../constructs/names.ts";
import { clusterHosts } from "../../constructs/postgresql/cluster-input.ts";
import { postgresHost, postgresPort, tenantServer } from "../../constructs/postgresql/postgres-input.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { DatabaseHost, ModuleInput, SecretDesired } from "./driver.ts";

export type DatabaseDriver = "CloudNativePG" | "StatefulSet" | "External";

/** Where the databases of a tenant live: the module PostgreSQL makes the server, every module has a database of its own on it. */
export interface TenantServer {
  readonly driver: DatabaseDriver;
  readonly host: string;
  readonly port: number;
  /** How it is reached, with Secrets as the module PostgreSQL wants them. */
  readonly place: DatabaseHost;
}

/**
 * The driver of module PostgreSQL as it was chosen once: the spec, what status kept, the data that an earlier life of the tenant `left`, the
 * default of the region.
 */
export function databaseDriver(
  postgresql: ModuleDeployment,
  region: SovereignRegion,
  left?: DatabaseDriver,
): DatabaseDriver {
  const kept = postgresql.status?.resolved?.["driver"] ?? left;
  const chosen = postgresql.spec.postgresql?.driver ?? kept ?? region.spec.postgresql.defaultDriver;
  return chosen === "External" || chosen === "StatefulSet" ? chosen : "CloudNativePG";
}

/** The driver that can read the data of a database server, by what there is of it in the cluster; undefined where there is none. */
export function driverOfData(live: readonly Pick<Manifest, "kind">[]): "CloudNativePG" | "StatefulSet" | undefined {
  const kinds = new Set(live.map(({ kind }) => kind));
  // The claims of a Cluster are the Cluster's, and no objects of ours.
  if (kinds.has("Cluster")) return "CloudNativePG";
  return kinds.has("PersistentVolumeClaim") ? "StatefulSet" : undefined;
}

/** The driver of this module PostgreSQL, with what an earlier life of its tenant left. */
export function driverFor(
  input: Pick<ModuleInput, "tenant" | "module" | "region" | "live" | "claims">,
): DatabaseDriver {
  // Data in the cluster comes first: on a region's server the tenant may have asked for another place since.
  const left = driverOfData(input.live) ?? (keepsDatabase(input) ? "External" : undefined);
  return databaseDriver(input.module, input.region, left);
}

/** Whether a server of a region keeps the tenant's database: the name is held there. */
export function keepsDatabase({ tenant, claims }: Pick<ModuleInput, "tenant" | "claims">): boolean {
  // Other modules hold names of databases too, each with a suffix.
  return claims.some(({ spec }) => spec.kind === "Database" && spec.value.endsWith(`/${tenant.metadata.name}`));
}

/** Names of the hosts that the server's certificate is for; the first is the one to connect to. */
export function serverHosts(driver: "CloudNativePG" | "StatefulSet", tenant: string): readonly [string, ...string[]] {
  const namespace = namespaceName(tenant, "data");
  if (driver === "CloudNativePG") return clusterHosts(tenantServer, namespace);
  const host = postgresHost(tenantServer, namespace);
  return [host, `${host}.cluster.local`];
}

/** The superuser of a server that the tenant runs as a StatefulSet. */
export const serverAdministrator: SecretDesired = {
  name: "postgresql-administrator",
  place: "data",
  random: { password: 40 },
  plain: { username: "postgres" },
};

/** The certificate of a server that the tenant runs. */
export function serverCertificate(hosts: readonly string[]): SecretDesired {
  return { name: "postgresql-certificate", place: "data", random: {}, plain: {}, certificate: { names: hosts } };
}

/** The server as another module of the tenant sees it. `credentials` are those of that module's own role. */
export function tenantServerOf(
  { tenant, region }: { readonly tenant: string; readonly region: SovereignRegion },
  postgresql: ModuleDeployment,
  credentials: SecretDesired,
): TenantServer {
  const driver = databaseDriver(postgresql, region);
  if (driver === "External") {
    const { server } = region.spec.postgresql;
    return { driver, host: server?.host ?? "", port: server?.port ?? postgresPort, place: { kind: "region" } };
  }
  const hosts = serverHosts(driver, tenant);
  const theirs = (secret: SecretDesired): SecretDesired => ({ ...secret, of: "PostgreSQL" });
  const certificate = theirs(serverCertificate(hosts));
  // Nobody has a superuser on a Cluster: what is asked through this connection is asked as the module's own role.
  const administrator = driver === "CloudNativePG" ? credentials : theirs(serverAdministrator);
  const [host] = hosts;
  return {
    driver,
    host,
    port: postgresPort,
    place: { kind: "module", host, port: postgresPort, administrator, certificate },
  };
}

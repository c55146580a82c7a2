import { namespaceName } from "../../constructs/names.ts";
import { cloudNativePg } from "../../constructs/postgresql/cluster-input.ts";
import { declaredDatabase } from "../../constructs/postgresql/declared-database.ts";
import { tenantServer } from "../../constructs/postgresql/postgres-input.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { DatabaseWanted, DesiredModule, ModuleInput, SecretDesired } from "./driver.ts";
import { type TenantServer, tenantServerOf } from "./tenant-database.ts";

/** The database that an application of a tenant has for itself, whatever driver the tenant's PostgreSQL has. */
export interface ModuleDatabase {
  readonly name: string;
  readonly server: TenantServer;
  /** Of its own role. */
  readonly credentials: SecretDesired;
  readonly claims: DesiredModule["claims"];
  readonly wanted: DatabaseWanted;
  /** What the Secret of the application's pods holds of it: `database-password`, and `database-ca.crt` where its server has an authority of its own. */
  readonly copies: NonNullable<SecretDesired["copies"]>;
  readonly tls: "Require" | "VerifyFull" | "Disable";
  /** Who vouches for the server's certificate: its own authority, those of the region, or those that everybody knows. */
  readonly authority: "server" | "region" | "public";
}

interface DatabaseWish {
  /** The tenant's module PostgreSQL. */
  readonly postgresql: ModuleDeployment;
  /** Of the application, such as synapse; the database is called after it and its tenant. */
  readonly application: string;
  /** That the application opens at most. */
  readonly connections: number;
  /** Labels of its objects in the cluster. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What an administrator needs beside the application. */
const spareConnections = 5;

/** Pure. */
export function moduleDatabase(input: ModuleInput, wish: DatabaseWish): ModuleDatabase {
  const { region, trustBundle } = input;
  const tenant = input.tenant.metadata.name;
  const { application } = wish;
  const name = `${tenant}_${application}`;
  const credentials: SecretDesired = {
    name: `${application}-database`,
    place: "data",
    type: "kubernetes.io/basic-auth",
    random: { password: 40 },
    plain: { username: name },
  };
  const server = tenantServerOf({ tenant, region }, wish.postgresql, credentials);
  const { driver, place } = server;
  const isExternal = driver === "External";
  return {
    name,
    server,
    credentials,
    claims: isExternal ? [{ kind: "Database", value: `${server.host}:${server.port}/${name}` }] : [],
    wanted: databaseWanted(input, wish, { name, server, credentials }),
    copies: {
      "database-password": { secret: credentials, key: "password" },
      ...(place.kind === "module" ? { "database-ca.crt": { secret: place.certificate, key: "ca.crt" } } : {}),
    },
    tls: isExternal ? (region.spec.postgresql.server?.tls ?? "VerifyFull") : "VerifyFull",
    authority: isExternal ? (trustBundle === undefined ? "public" : "region") : "server",
  };
}

function databaseWanted(
  { tenant, marker }: ModuleInput,
  { application, connections, labels }: DatabaseWish,
  { name, server, credentials }: Pick<ModuleDatabase, "name" | "server" | "credentials">,
): DatabaseWanted {
  const connectionLimit = connections + spareConnections;
  const wanted: DatabaseWanted = {
    host: server.place,
    desired: { role: name, database: name, marker, connectionLimit },
    password: { secret: credentials, key: "password" },
    server: `${server.host}:${server.port}`,
  };
  if (server.driver !== "CloudNativePG") return wanted;
  const namespace = namespaceName(tenant.metadata.name, "data");
  const object = (kind: string) => ({ apiVersion: cloudNativePg.apiVersion, kind, namespace, name: application });
  return {
    ...wanted,
    declared: [object("DatabaseRole"), object("Database")],
    objects: declaredDatabase({
      namespace,
      cluster: tenantServer,
      object: application,
      labels,
      name,
      connectionLimit,
      marker,
      credentialsSecret: credentials.name,
    }),
  };
}

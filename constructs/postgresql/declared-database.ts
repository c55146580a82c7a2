import { names } from "../../crds/group.ts";
import type { Manifest } from "../manifest.ts";
import { cloudNativePg } from "./cluster-input.ts";

/** A role that owns one database, as objects that CloudNativePG carries out. Plain data; no secret is part of it. */
export interface DeclaredDatabase {
  readonly namespace: string;
  /** Cluster in the same namespace. */
  readonly cluster: string;
  /** Of the two objects. */
  readonly object: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the role and of the database. */
  readonly name: string;
  readonly connectionLimit: number;
  /** Comment of the role: says whose it is. */
  readonly marker: string;
  /** Secret of type kubernetes.io/basic-auth with the role's name and password. */
  readonly credentialsSecret: string;
}

/** A role that may log in and own its database, and nothing else. Removing the object removes nothing on the server. */
export function roleSpec({
  cluster,
  name,
  connectionLimit,
  marker,
  credentialsSecret,
}: Pick<DeclaredDatabase, "cluster" | "name" | "connectionLimit" | "marker" | "credentialsSecret">): object {
  return {
    cluster: { name: cluster },
    name,
    login: true,
    superuser: false,
    createdb: false,
    createrole: false,
    replication: false,
    bypassrls: false,
    connectionLimit,
    comment: marker,
    passwordSecret: { name: credentialsSecret },
    databaseRoleReclaimPolicy: "retain",
  };
}

/** UTF8 with collation C: what Synapse insists on, and what no upgrade of a C library can break an index of. */
export function databaseSpec({ cluster, name }: Pick<DeclaredDatabase, "cluster" | "name">): object {
  return {
    cluster: { name: cluster },
    name,
    owner: name,
    encoding: "UTF8",
    localeCollate: "C",
    localeCType: "C",
    databaseReclaimPolicy: "retain",
  };
}

/** Role and database of one module on its tenant's Cluster. Pure. */
export function declaredDatabase(wanted: DeclaredDatabase): Manifest[] {
  const { namespace, object: name, labels } = wanted;
  const { apiVersion } = cloudNativePg;
  return [
    { apiVersion, kind: "DatabaseRole", metadata: { name, namespace, labels }, spec: roleSpec(wanted) },
    {
      apiVersion,
      kind: "Database",
      metadata: { name, namespace, labels: { ...labels, [names.protectLabel]: "true" } },
      spec: databaseSpec(wanted),
    },
  ] as Manifest[];
}

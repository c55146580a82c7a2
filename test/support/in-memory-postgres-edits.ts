import type { InMemoryPostgres } from "./in-memory-postgres-api.ts";

/** What an administrator, or the tenant itself, may have done to the role and the database of one name. */
export type Edit =
  | "NOLOGIN"
  | "CONNECTION LIMIT 1"
  | "CONNECTION LIMIT 0"
  | "CREATEDB"
  | "CREATEROLE"
  | "SUPERUSER"
  | "REPLICATION"
  | "BYPASSRLS"
  | "another password"
  | "no password"
  | "member of another role"
  | "role without marker"
  | "database open to PUBLIC"
  | "database closed to its owner"
  | "database without marker"
  | "database with another marker"
  | "database closed"
  | "database dropped";

/** Name of a role of which a tenant is made a member. */
export const bystander = "bystander";

/** Makes the edit on the double. */
export function editInMemory(postgres: InMemoryPostgres, name: string, edit: Edit): void {
  const role = postgres.roles.get(name);
  const database = postgres.databases.get(name);
  if (edit === "database dropped") postgres.databases.delete(name);
  else if (edit.startsWith("database")) Object.assign(database ?? {}, databaseEdits[edit]);
  else Object.assign(role ?? {}, roleEdits[edit]);
}

const roleEdits: Partial<Record<Edit, object>> = {
  NOLOGIN: { canLogin: false },
  "CONNECTION LIMIT 1": { connectionLimit: 1 },
  "CONNECTION LIMIT 0": { connectionLimit: 0 },
  CREATEDB: { createDatabase: true },
  CREATEROLE: { createRole: true },
  SUPERUSER: { superuser: true },
  REPLICATION: { replication: true },
  BYPASSRLS: { bypassRowSecurity: true },
  "another password": { password: "changed by hand" },
  "no password": { password: undefined },
  "member of another role": { memberOf: [bystander] },
  "role without marker": { marker: undefined },
};

const databaseEdits: Partial<Record<Edit, object>> = {
  "database open to PUBLIC": { openToPublic: true },
  "database closed to its owner": { closedToOwner: true },
  "database without marker": { marker: undefined },
  "database with another marker": { marker: "somebody else's" },
  "database closed": { allowConnections: false },
};

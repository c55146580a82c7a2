import { randomBytes } from "node:crypto";
import { AlreadyExistsError, ConflictError, InternalError, WaitingError } from "../runtime/errors.ts";
import type { Session } from "./pg-connections.ts";
import { requiredCollation, requiredEncoding } from "./plan.ts";
import type { DatabaseChange } from "./postgres-api.ts";
import { scramVerifier } from "./scram.ts";
import { identifier, literal, type Sql, sql } from "./sql.ts";

type Change<Kind extends DatabaseChange["kind"]> = Extract<DatabaseChange, { readonly kind: Kind }>;

const saltBytes = 16;

/**
 * Carries out one change on one connection. Each may be repeated, and each may be cut off after any statement: what a transaction cannot
 * hold together, the plan recognises afterwards.
 */
export async function carryOut(session: Session, change: DatabaseChange, password: string | undefined): Promise<void> {
  switch (change.kind) {
    case "createRole":
      await createRole(session, change, verifier(password));
      break;
    case "alterRole":
      await session.run(
        sql`ALTER ROLE ${identifier(change.role)} ${roleSettings(change.login, change.connectionLimit)}`,
      );
      break;
    case "setPassword":
      await session.run(
        sql`ALTER ROLE ${identifier(change.role)} PASSWORD ${verifier(password)} VALID UNTIL 'infinity'`,
      );
      break;
    case "markRole":
      await session.run(sql`COMMENT ON ROLE ${identifier(change.role)} IS ${literal(change.marker)}`);
      break;
    case "createDatabase":
      await createDatabase(session, change);
      break;
    case "markDatabase": {
      const statement = sql`COMMENT ON DATABASE ${identifier(change.database)} IS ${literal(change.marker)}`;
      await actAs(session, await ownerOf(session, change.database), () => session.run(statement));
      break;
    }
    case "restrictDatabase": {
      const rights = sql`CONNECT, TEMPORARY ON DATABASE ${identifier(change.database)}`;
      await actAs(session, change.owner, async () => {
        await session.run(sql`REVOKE ${rights} FROM PUBLIC`);
        await session.run(sql`GRANT ${rights} TO ${identifier(change.owner)}`);
      });
      break;
    }
    case "allowConnections":
      await allowConnections(session, change);
      break;
    case "dropDatabase":
      await dropDatabase(session, change);
      break;
    case "dropRole":
      await dropRole(session, change);
      break;
  }
}

/** What a person reads about a change that failed. */
export function describeChange(change: DatabaseChange): string {
  const verbs: Readonly<Record<DatabaseChange["kind"], string>> = {
    createRole: "create role",
    alterRole: "alter role",
    setPassword: "set the password of role",
    markRole: "mark role",
    createDatabase: "create database",
    markDatabase: "mark database",
    restrictDatabase: "keep to its owner database",
    allowConnections: "open or close database",
    dropDatabase: "drop database",
    dropRole: "drop role",
  };
  return `${verbs[change.kind]} ${"role" in change ? change.role : change.database}`;
}

function verifier(password: string | undefined): Sql {
  if (password === undefined) throw new InternalError("This change needs the password of the role.");
  return literal(scramVerifier(password, randomBytes(saltBytes)));
}

/** SUPERUSER, REPLICATION and BYPASSRLS are left out: to name them, even to refuse them, is the right of those who hold them. */
function roleSettings(login: boolean, connectionLimit: number): Sql {
  const may = login ? sql`LOGIN` : sql`NOLOGIN`;
  return sql`${may} NOCREATEDB NOCREATEROLE CONNECTION LIMIT ${connectionLimit}`;
}

/** Role and marker in one transaction: a role of ours without its marker would look like somebody else's. */
async function createRole(session: Session, change: Change<"createRole">, secret: Sql): Promise<void> {
  const role = identifier(change.role);
  await inTransaction(session, async () => {
    await lockRole(session, change.role);
    const marker = await markerOf(session, "role", change.role);
    if (marker !== undefined && marker !== change.marker) {
      throw new AlreadyExistsError(`Role ${change.role} was made by somebody else meanwhile.`);
    }
    const settings = sql`${roleSettings(true, change.connectionLimit)} PASSWORD ${secret}`;
    if (marker === change.marker) {
      await session.run(sql`ALTER ROLE ${role} ${settings}`);
      return;
    }
    // A server may let creators become members of what they create; the platform has no business inside a tenant's database.
    await session.run(sql`SET LOCAL createrole_self_grant = ''`);
    await session.run(sql`CREATE ROLE ${role} ${settings}`);
    await session.run(sql`COMMENT ON ROLE ${role} IS ${literal(change.marker)}`);
  });
}

/**
 * CREATE DATABASE runs in no transaction, so the right to give the database away is granted before and taken back after it. After a crash
 * in between the role stays held; observation shows it and the plan lets go. Closed at first, because PUBLIC may connect to what is new.
 */
async function createDatabase(session: Session, change: Change<"createDatabase">): Promise<void> {
  const { database, owner } = change;
  await holding(session, owner, async () => {
    const found = await databaseOwner(session, database);
    if (found === owner) return;
    if (found !== undefined) throw new AlreadyExistsError(`Database ${database} was made by somebody else meanwhile.`);
    // Everything is named, since the rest would come from template0, whose provider is the choice of whoever made the server.
    const kind = sql`TEMPLATE template0 LOCALE_PROVIDER libc ENCODING ${literal(requiredEncoding)} LC_COLLATE ${literal(requiredCollation)} LC_CTYPE ${literal(requiredCollation)}`;
    await session.run(
      sql`CREATE DATABASE ${identifier(database)} OWNER ${identifier(owner)} ${kind} ALLOW_CONNECTIONS false`,
    );
  });
}

async function allowConnections(session: Session, { database, allowed }: Change<"allowConnections">): Promise<void> {
  const owner = await ownerOf(session, database);
  const value = allowed ? sql`true` : sql`false`;
  await actAs(session, owner, () =>
    session.run(sql`ALTER DATABASE ${identifier(database)} ALLOW_CONNECTIONS ${value}`),
  );
  if (allowed) return;
  // After the commit: until then new sessions could still begin.
  await actAs(session, owner, async () => {
    await session.rows(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = $2 AND pid <> pg_backend_pid()",
      [database, owner],
    );
  });
}

async function dropDatabase(session: Session, { database, marker }: Change<"dropDatabase">): Promise<void> {
  const owner = await databaseOwner(session, database);
  if (owner === undefined) return;
  await holding(session, owner, async () => {
    const found = await markerOf(session, "database", database);
    if (found === undefined) return;
    refuseOther(`Database ${database}`, found, marker);
    await session.run(sql`SET ROLE ${identifier(owner)}`);
    await session.run(sql`DROP DATABASE IF EXISTS ${identifier(database)} WITH (FORCE)`);
    await session.run(sql`RESET ROLE`);
  });
}

async function dropRole(session: Session, { role, marker }: Change<"dropRole">): Promise<void> {
  await inTransaction(session, async () => {
    await lockRole(session, role);
    const found = await markerOf(session, "role", role);
    if (found === undefined) return;
    refuseOther(`Role ${role}`, found, marker);
    // Whoever may connect to the maintenance database can leave a large object there, and with it block the drop for ever.
    await take(session, role);
    await session.run(sql`SET LOCAL ROLE ${identifier(role)}`);
    await session.run(sql`DROP OWNED BY ${identifier(role)}`);
    await session.run(sql`SET LOCAL ROLE NONE`);
    await session.run(sql`DROP ROLE ${identifier(role)}`);
  });
}

/** The last look before what cannot be undone: a name may have changed hands since the plan was made. */
function refuseOther(subject: string, found: string, wanted: string): void {
  if (found !== wanted) throw new ConflictError(`${subject} no longer bears our marker; it is left alone.`);
}

/**
 * Does `work` as `role`, in a transaction in which the platform's role gives itself the right to and takes it back: nobody else ever sees
 * it, and a crash undoes it. Since PostgreSQL 16 a role that made another one administers it without being able to act as it.
 */
async function actAs(session: Session, role: string, work: () => Promise<void>): Promise<void> {
  await inTransaction(session, async () => {
    await lockRole(session, role);
    await take(session, role);
    await session.run(sql`SET LOCAL ROLE ${identifier(role)}`);
    await work();
    await session.run(sql`SET LOCAL ROLE NONE`);
    await giveBack(session, role);
  });
}

/** As `actAs` for what runs in no transaction, without becoming the role: the right is really granted meanwhile. */
async function holding(session: Session, role: string, work: () => Promise<void>): Promise<void> {
  await session.rows("SELECT pg_advisory_lock(hashtextextended($1, 0))", [lockName(role)]);
  await take(session, role);
  try {
    await work();
  } catch (error) {
    await session
      .run(sql`RESET ROLE`)
      .then(() => giveBack(session, role))
      .catch(() => undefined);
    throw error;
  }
  await giveBack(session, role);
  await session.rows("SELECT pg_advisory_unlock(hashtextextended($1, 0))", [lockName(role)]);
}

async function take(session: Session, role: string): Promise<void> {
  await session.run(sql`GRANT ${identifier(role)} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE`);
}

async function giveBack(session: Session, role: string): Promise<void> {
  await session.run(sql`REVOKE ${identifier(role)} FROM CURRENT_USER`);
}

async function inTransaction(session: Session, work: () => Promise<void>): Promise<void> {
  await session.run(sql`BEGIN`);
  // Rolled back by closing the connection, which every failure does.
  await work();
  await session.run(sql`COMMIT`);
}

/** Two operators that work on one role would take each other's rights away between two statements. */
async function lockRole(session: Session, role: string): Promise<void> {
  await session.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [lockName(role)]);
}

function lockName(role: string): string {
  return `socle role ${role}`;
}

async function ownerOf(session: Session, database: string): Promise<string> {
  const owner = await databaseOwner(session, database);
  if (owner === undefined)
    throw new WaitingError("Progressing", `Database ${database} is gone; looking again.`, { retryAfterMs: 1_000 });
  return owner;
}

async function databaseOwner(session: Session, database: string): Promise<string | undefined> {
  const [row] = await session.rows("SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1", [
    database,
  ]);
  return row === undefined ? undefined : String(row["owner"]);
}

const markerQueries = {
  role: "SELECT coalesce(shobj_description(oid, 'pg_authid'), '') AS marker FROM pg_roles WHERE rolname = $1",
  database: "SELECT coalesce(shobj_description(oid, 'pg_database'), '') AS marker FROM pg_database WHERE datname = $1",
} as const;

/** The comment, empty for none; undefined when there is no such object. */
async function markerOf(session: Session, kind: keyof typeof markerQueries, name: string): Promise<string | undefined> {
  const [row] = await session.rows(markerQueries[kind], [name]);
  return row === undefined ? undefined : String(row["marker"]);
}

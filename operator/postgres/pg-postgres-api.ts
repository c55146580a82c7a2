import pg from "pg";
import { TerminalError, TransientError } from "../runtime/errors.ts";
import { carryOut, describeChange } from "./pg-changes.ts";
import { clientConfig, PgConnections, refuseAborted, unlessAborted } from "./pg-connections.ts";
import { sqlState } from "./pg-errors.ts";
import { identifier, sql, sqlText } from "./sql.ts";
import type {
  DatabaseChange,
  LoginResult,
  ObservedDatabase,
  ObservedRole,
  PostgresApi,
  PostgresObservation,
  PostgresServer,
} from "./postgres-api.ts";

type Row = Readonly<Record<string, unknown>>;

interface Names {
  readonly role: string;
  readonly database: string;
}

/** Before 16 a role with CREATEROLE ruled over every other role that is no superuser: no way to keep tenants apart. */
const oldestVersion = 160_000;

/** Only what the platform's role granted to itself counts; a membership that an administrator gave is not ours to end. */
const observation = `
SELECT current_setting('server_version_num')::int AS version,
  (SELECT to_jsonb(r) FROM (
    SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit,
      shobj_description(oid, 'pg_authid') AS marker,
      ARRAY(SELECT pg_get_userbyid(m.roleid) FROM pg_auth_members m WHERE m.member = pg_roles.oid ORDER BY 1) AS "memberOf",
      EXISTS (SELECT FROM pg_auth_members m
        WHERE m.roleid = pg_roles.oid AND pg_get_userbyid(m.member) = current_user AND m.grantor = m.member) AS held
    FROM pg_roles WHERE rolname = $1) r) AS role,
  (SELECT to_jsonb(d) FROM (
    SELECT pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding,
      CASE datlocprovider WHEN 'c' THEN datcollate ELSE datcollate || ' of provider ' || datlocprovider::text END AS collation,
      shobj_description(oid, 'pg_database') AS marker, datallowconn,
      EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) a
        WHERE a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'TEMPORARY')) AS open,
      NOT (has_database_privilege(datdba, oid, 'CONNECT') AND has_database_privilege(datdba, oid, 'TEMPORARY')) AS closed,
      EXISTS (SELECT FROM pg_stat_activity s WHERE s.datid = pg_database.oid AND s.usesysid = datdba) AS used
    FROM pg_database WHERE datname = $2) d) AS database`;

/**
 * Refusals of a login as the server tells them apart. It checks the password first, so only 28P01 says that it is wrong; for an unknown role,
 * one without a password and one whose time is up the server answers the same, and setting the password mends the last two.
 */
const refusals: Readonly<Record<string, string>> = {
  "28P01": "the password is not accepted",
  "28000": "the role may not log in, or not from this host",
  "42501": "the role may not connect to the database or create temporary tables in it",
  "55000": "the database takes no connections",
  "3D000": "the database does not exist",
};

const undefinedTable = "42P01";

/** Whether the limit of a role or of a database is what keeps the role out; a server that is full would not have answered. */
const limitReached = `
SELECT FROM pg_roles r LEFT JOIN pg_database d ON d.datname = $2
WHERE r.rolname = $1 AND (
  r.rolconnlimit BETWEEN 0 AND (SELECT count(*) FROM pg_stat_activity s WHERE s.usesysid = r.oid)
  OR d.datconnlimit BETWEEN 0 AND (SELECT count(*) FROM pg_stat_activity s WHERE s.datid = d.oid))`;

/** A PostgreSQL server, 16 or newer, through the `pg` driver. One instance per server; it keeps a small pool until `close`. */
export class PgPostgresApi implements PostgresApi {
  readonly #server: PostgresServer;
  readonly #connections: PgConnections;

  /** Opens no connection yet. */
  constructor(server: PostgresServer) {
    this.#server = server;
    this.#connections = new PgConnections(server);
  }

  async observe(names: Names, signal: AbortSignal): Promise<PostgresObservation> {
    const doing = `look at role ${names.role} and database ${names.database}`;
    return await this.#connections.use(doing, signal, async (session) => {
      const [row] = await session.rows(observation, [names.role, names.database]);
      const serverVersion = Number(row?.["version"]);
      this.#refuseOld(serverVersion);
      const role = row?.["role"] as Row | null;
      const database = row?.["database"] as Row | null;
      return {
        serverVersion,
        role: role === null ? undefined : observedRole(role),
        database: database === null ? undefined : observedDatabase(database),
      };
    });
  }

  async execute(
    change: DatabaseChange,
    { password, signal }: { readonly password?: string; readonly signal: AbortSignal },
  ): Promise<void> {
    await this.#connections.use(describeChange(change), signal, (session) => carryOut(session, change, password));
  }

  async login(
    account: { readonly role: string; readonly password: string; readonly database: string },
    signal: AbortSignal,
  ): Promise<LoginResult> {
    const { role, password, database } = account;
    const doing = `log in as ${role} to database ${database}`;
    refuseAborted(doing, signal);
    const client = new pg.Client(clientConfig(this.#server, { user: role, password, database }));
    client.on("error", () => undefined);
    try {
      await unlessAborted(
        client.connect().then(() => readAndWrite(client)),
        doing,
        signal,
      );
      return { kind: "ok" };
    } catch (error) {
      refuseAborted(doing, signal);
      const refusal = await this.#refusal(error, { role, database }, signal);
      if (refusal !== undefined) return refusal;
      throw this.#connections.translate(error, doing);
    } finally {
      // Waited for, since a session that is still ending counts against the limit of the role.
      await unlessAborted(client.end(), doing, signal).catch(() => undefined);
    }
  }

  async countRows(
    account: { readonly role: string; readonly password: string; readonly database: string },
    table: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { role, password, database } = account;
    const doing = `count rows of ${table} as ${role} in database ${database}`;
    refuseAborted(doing, signal);
    const client = new pg.Client(clientConfig(this.#server, { user: role, password, database }));
    client.on("error", () => undefined);
    const statement = sqlText(sql`SELECT count(*)::int AS rows FROM public.${identifier(table)}`);
    try {
      const { rows } = await unlessAborted(
        client.connect().then(() => client.query<{ rows: number }>(statement)),
        doing,
        signal,
      );
      return rows[0]?.rows ?? 0;
    } catch (error) {
      refuseAborted(doing, signal);
      if (sqlState(error) === undefinedTable) return undefined;
      const refusal = refusals[sqlState(error) ?? ""];
      if (refusal !== undefined)
        throw new TransientError("PermissionMissing", `Cannot ${doing}: ${refusal}.`, { cause: error });
      throw this.#connections.translate(error, doing);
    } finally {
      await unlessAborted(client.end(), doing, signal).catch(() => undefined);
    }
  }

  async platformRights(signal: AbortSignal): ReturnType<PostgresApi["platformRights"]> {
    return await this.#connections.use("look at the platform's rights", signal, async (session) => {
      const [row] = await session.rows(
        "SELECT rolcreatedb, rolcreaterole, rolsuper, current_setting('server_version_num')::int AS version FROM pg_roles WHERE rolname = current_user",
        [],
      );
      return {
        createDatabase: row?.["rolcreatedb"] === true,
        createRole: row?.["rolcreaterole"] === true,
        superuser: row?.["rolsuper"] === true,
        serverVersion: Number(row?.["version"]),
      };
    });
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  #refuseOld(version: number): void {
    if (version >= oldestVersion) return;
    const { host, port } = this.#server;
    throw new TerminalError(
      "VersionUnsupported",
      `PostgreSQL ${host}:${port} has version ${Math.floor(version / 10_000)}; Socle needs 16 or newer.`,
    );
  }

  /** The refusal of a login, or undefined if it failed for another reason. */
  async #refusal(error: unknown, names: Names, signal: AbortSignal): Promise<LoginResult | undefined> {
    const state = sqlState(error) ?? "";
    const known = refusals[state];
    if (known !== undefined) {
      const because = state === "28P01" ? "password" : "access";
      return { kind: "refused", because, message: `${known} (SQLSTATE ${state})` };
    }
    // A full server passes; a limit that was set too low stays, and must not hide that it was.
    if (state !== "53300" || !(await this.#limitReached(names, signal))) return undefined;
    const message = `all connections that the role or the database may have are in use (SQLSTATE ${state})`;
    return { kind: "refused", because: "access", message };
  }

  async #limitReached({ role, database }: Names, signal: AbortSignal): Promise<boolean> {
    return await this.#connections.use(`look at the connections of role ${role}`, signal, async (session) => {
      const rows = await session.rows(limitReached, [role, database]);
      return rows.length > 0;
    });
  }
}

/** A database that only answers pings does not work: write a row and read it back. */
async function readAndWrite(client: pg.Client): Promise<void> {
  await client.query("BEGIN READ WRITE");
  await client.query("CREATE TEMPORARY TABLE socle_probe (value integer) ON COMMIT DROP");
  await client.query("INSERT INTO pg_temp.socle_probe VALUES (1)");
  await client.query("SELECT value FROM pg_temp.socle_probe");
  await client.query("COMMIT");
}

function observedRole(row: Row): ObservedRole {
  return {
    canLogin: row["rolcanlogin"] === true,
    superuser: row["rolsuper"] === true,
    createDatabase: row["rolcreatedb"] === true,
    createRole: row["rolcreaterole"] === true,
    replication: row["rolreplication"] === true,
    bypassRowSecurity: row["rolbypassrls"] === true,
    connectionLimit: Number(row["rolconnlimit"]),
    marker: textOf(row["marker"]),
    memberOf: row["memberOf"] as string[],
    heldByPlatform: row["held"] === true,
  };
}

function observedDatabase(row: Row): ObservedDatabase {
  return {
    owner: String(row["owner"]),
    encoding: String(row["encoding"]),
    collation: String(row["collation"]),
    marker: textOf(row["marker"]),
    allowConnections: row["datallowconn"] === true,
    openToPublic: row["open"] === true,
    closedToOwner: row["closed"] === true,
    inUse: row["used"] === true,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

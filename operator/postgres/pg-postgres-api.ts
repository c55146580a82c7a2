import pg from "pg";
import { TerminalError } from "../runtime/errors.ts";
import { carryOut, describeChange } from "./pg-changes.ts";
import { clientConfig, PgConnections, refuseAborted } from "./pg-connections.ts";
import { sqlState } from "./pg-errors.ts";
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

/** Before 16 a role with CREATEROLE ruled over every other role that is no superuser: no way to keep tenants apart. */
const oldestVersion = 160_000;

/** Only what the platform's role granted to itself counts; a membership that an administrator gave is not ours to end. */
const observation = `
SELECT current_setting('server_version_num')::int AS version,
  (SELECT to_jsonb(r) FROM (
    SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit,
      shobj_description(oid, 'pg_authid') AS marker,
      EXISTS (SELECT FROM pg_auth_members m
        WHERE m.roleid = pg_roles.oid AND pg_get_userbyid(m.member) = current_user AND m.grantor = m.member) AS held
    FROM pg_roles WHERE rolname = $1) r) AS role,
  (SELECT to_jsonb(d) FROM (
    SELECT pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding,
      CASE datlocprovider WHEN 'c' THEN datcollate ELSE datcollate || ' of provider ' || datlocprovider END AS collation,
      shobj_description(oid, 'pg_database') AS marker, datallowconn,
      EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) a
        WHERE a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'TEMPORARY')) AS open
    FROM pg_database WHERE datname = $2) d) AS database`;

/**
 * Refusals of a login that a change of ours mends: wrong password, NOLOGIN, no right to connect, closed or missing database. 28000 and
 * 28P01 also cover an unknown role, which the server does not tell apart.
 */
const refusals: Readonly<Record<string, string>> = {
  "28P01": "the password is not accepted",
  "28000": "the role may not log in",
  "42501": "the role may not connect to the database",
  "55000": "the database takes no connections",
  "3D000": "the database does not exist",
};

/** A PostgreSQL server, 16 or newer, through the `pg` driver. One instance per server; it keeps a small pool until `close`. */
export class PgPostgresApi implements PostgresApi {
  readonly #server: PostgresServer;
  readonly #connections: PgConnections;

  /** Opens no connection yet. */
  constructor(server: PostgresServer) {
    this.#server = server;
    this.#connections = new PgConnections(server);
  }

  async observe(
    names: { readonly role: string; readonly database: string },
    signal: AbortSignal,
  ): Promise<PostgresObservation> {
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
    const interrupt = () => {
      void client.end().catch(() => undefined);
    };
    signal.addEventListener("abort", interrupt, { once: true });
    try {
      await client.connect();
      await readAndWrite(client);
      return { kind: "ok" };
    } catch (error) {
      refuseAborted(doing, signal);
      const refusal = await this.#refusal(error, role, signal);
      if (refusal !== undefined) return { kind: "refused", message: refusal };
      throw this.#connections.translate(error, doing);
    } finally {
      signal.removeEventListener("abort", interrupt);
      await client.end().catch(() => undefined);
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

  /** The sentence for a refused login, or undefined if it failed for another reason. */
  async #refusal(error: unknown, role: string, signal: AbortSignal): Promise<string | undefined> {
    const state = sqlState(error) ?? "";
    const known = refusals[state];
    if (known !== undefined) return `${known} (SQLSTATE ${state})`;
    // A full server passes; a role whose limit was set to 0 stays shut out until somebody puts the limit back.
    if (state !== "53300" || !(await this.#mayNeverConnect(role, signal))) return undefined;
    return `the connection limit of the role is 0 (SQLSTATE ${state})`;
  }

  async #mayNeverConnect(role: string, signal: AbortSignal): Promise<boolean> {
    return await this.#connections.use(`look at role ${role}`, signal, async (session) => {
      const rows = await session.rows("SELECT 1 FROM pg_roles WHERE rolname = $1 AND rolconnlimit = 0", [role]);
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
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

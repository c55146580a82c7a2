import { type ConnectionOptions, checkServerIdentity, rootCertificates } from "node:tls";
import pg from "pg";
import { OperatorError, TransientError } from "../runtime/errors.ts";
import { postgresError } from "./pg-errors.ts";
import type { PostgresServer } from "./postgres-api.ts";
import { type Sql, sqlText } from "./sql.ts";

/** Where the platform's role works: it needs a database to connect to, and this one exists on every server. */
const maintenanceDatabase = "postgres";

/** One server carries many tenants: a few connections, so that the operator never crowds out their applications. */
const poolSize = 4;

const connectTimeoutMs = 5_000;
const lockTimeoutMs = 10_000;
/** CREATE DATABASE copies a template and waits for a checkpoint on older servers. */
const statementTimeoutMs = 60_000;
/** Above the server's own limit, for a server that no longer answers at all. */
const queryTimeoutMs = statementTimeoutMs + 5_000;
const idleTimeoutMs = 30_000;

/** One connection while a piece of work lasts. */
export interface Session {
  run(statement: Sql): Promise<void>;
  /** Rows of a query with parameters. */
  rows(text: string, values: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Pool of connections as the platform's role. */
export class PgConnections {
  readonly #server: PostgresServer;
  readonly #pool: pg.Pool;
  #closing: Promise<void> | undefined;

  constructor(server: PostgresServer) {
    this.#server = server;
    const account = { user: server.username, password: server.password, database: maintenanceDatabase };
    this.#pool = new pg.Pool({
      ...clientConfig(server, account),
      max: poolSize,
      idleTimeoutMillis: idleTimeoutMs,
      allowExitOnIdle: true,
    });
    // A connection that the server closes tells it twice: to the statement that it carries, and as an event, which would end the process if
    // nobody listened. The pool listens to idle connections only, and forwards what it hears.
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
    this.#pool.on("error", () => undefined);
  }

  /**
   * Does `work` on one connection. Whatever fails closes that connection, so that no open transaction, lock or assumed role is handed on.
   * Errors: as the port says, told with `doing`; an aborted signal is TransientError("DependencyUnavailable").
   */
  async use<T>(doing: string, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    refuseAborted(doing, signal);
    const client = await this.#connect(doing, signal);
    const interrupt = () => {
      void client.end().catch(() => undefined);
    };
    signal.addEventListener("abort", interrupt, { once: true });
    let sound = false;
    try {
      refuseAborted(doing, signal);
      const result = await work(sessionOf(client));
      sound = !signal.aborted;
      return result;
    } catch (error) {
      refuseAborted(doing, signal);
      throw this.translate(error, doing);
    } finally {
      signal.removeEventListener("abort", interrupt);
      client.release(!sound);
    }
  }

  /** What is thrown here goes into conditions, so it names the server and what was tried, and nothing that was sent. */
  translate(error: unknown, doing: string): OperatorError {
    if (error instanceof OperatorError) return error;
    const { host, port, username } = this.#server;
    return postgresError(error, { server: `${host}:${port}`, account: username, doing });
  }

  /** May be called again; the pool itself would throw. */
  async close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    await this.#closing;
  }

  async #connect(doing: string, signal: AbortSignal): Promise<pg.PoolClient> {
    const connecting = this.#pool.connect();
    try {
      return await unlessAborted(connecting, doing, signal);
    } catch (error) {
      // The pool cannot be told to stop; what it still brings goes back to it.
      void connecting.then(
        (client) => {
          client.release();
        },
        () => undefined,
      );
      throw this.translate(error, doing);
    }
  }
}

/** How `pg` reaches the server as one account. */
export function clientConfig(
  server: PostgresServer,
  account: { readonly user: string; readonly password: string; readonly database: string },
): pg.ClientConfig {
  return {
    ...account,
    host: server.host,
    port: server.port,
    ssl: tlsOptions(server),
    application_name: "socle",
    // Names resolve in the catalogue first and only: a session that acts as a tenant's role must not meet a tenant's function.
    options: "-c search_path=pg_catalog",
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    query_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
  };
}

/** `Require` encrypts and believes any certificate, as libpq's sslmode=require does; `VerifyFull` checks issuer and name. */
function tlsOptions({ tls, ca, host }: PostgresServer): false | ConnectionOptions {
  if (tls === "Disable") return false;
  if (tls === "Require") return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ca: [...rootCertificates, ...(ca === undefined ? [] : [ca])],
    // The driver passes the name on for host names only; for an address the check would be against "localhost".
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  };
}

function sessionOf(client: pg.ClientBase): Session {
  return {
    async run(statement) {
      await client.query(sqlText(statement));
    },
    async rows(text, values) {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    },
  };
}

/** Throws if the caller has given up. */
export function refuseAborted(doing: string, signal: AbortSignal): void {
  if (signal.aborted) throw interrupted(doing);
}

/** What `work` gives, or an error as soon as the caller gives up: a server that does not answer must not hold up the end of the process. */
export async function unlessAborted<T>(work: Promise<T>, doing: string, signal: AbortSignal): Promise<T> {
  // Nobody waits for it any more once the caller has given up.
  work.catch(() => undefined);
  refuseAborted(doing, signal);
  let giveUp: () => void = () => undefined;
  const abort = new Promise<never>((_resolve, reject) => {
    giveUp = () => {
      reject(interrupted(doing));
    };
  });
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([work, abort]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function interrupted(doing: string): TransientError {
  return new TransientError("DependencyUnavailable", `PostgreSQL: interrupted before the end: ${doing}`);
}

/** How to reach a server as the platform's role (CREATEDB, CREATEROLE, nothing more). Never logged. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly tls: "Disable" | "Require" | "VerifyFull";
  /** PEM certificate authorities beside the public ones. */
  readonly ca?: string;
  readonly username: string;
  readonly password: string;
}

/** One role and one database that it owns. Pure data; the password is never part of it. */
export interface DatabaseDesired {
  readonly role: string;
  readonly database: string;
  /** Whole text of COMMENT ON DATABASE and COMMENT ON ROLE; says whose it is. */
  readonly marker: string;
  readonly connectionLimit: number;
}

export interface ObservedRole {
  readonly canLogin: boolean;
  readonly superuser: boolean;
  readonly createDatabase: boolean;
  readonly createRole: boolean;
  readonly replication: boolean;
  readonly bypassRowSecurity: boolean;
  readonly connectionLimit: number;
  readonly marker: string | undefined;
  /** Roles whose rights it has besides its own; the platform grants none. */
  readonly memberOf?: readonly string[];
  /** The platform's role gave itself the right to act as this role and has not returned it: true only after a crash. */
  readonly heldByPlatform?: boolean;
}

export interface ObservedDatabase {
  readonly owner: string;
  readonly encoding: string;
  readonly collation: string;
  readonly marker: string | undefined;
  readonly allowConnections: boolean;
  /** PUBLIC may connect or create temporary tables. */
  readonly openToPublic: boolean;
  /** The owner lost its right to connect or to create temporary tables. */
  readonly closedToOwner?: boolean;
  /** The owner has sessions in it. */
  readonly inUse?: boolean;
}

export interface PostgresObservation {
  readonly serverVersion: number;
  readonly role: ObservedRole | undefined;
  readonly database: ObservedDatabase | undefined;
}

/** One statement, or a few that belong together; each is safe to repeat. */
export type DatabaseChange =
  | {
      readonly kind: "createRole";
      readonly role: string;
      readonly marker: string;
      readonly connectionLimit: number;
      readonly why: string;
    }
  | {
      readonly kind: "alterRole";
      readonly role: string;
      readonly connectionLimit: number;
      readonly login: boolean;
      readonly why: string;
    }
  | { readonly kind: "setPassword"; readonly role: string; readonly why: string }
  | { readonly kind: "markRole"; readonly role: string; readonly marker: string; readonly why: string }
  | { readonly kind: "createDatabase"; readonly database: string; readonly owner: string; readonly why: string }
  | { readonly kind: "markDatabase"; readonly database: string; readonly marker: string; readonly why: string }
  | { readonly kind: "restrictDatabase"; readonly database: string; readonly owner: string; readonly why: string }
  | { readonly kind: "allowConnections"; readonly database: string; readonly allowed: boolean; readonly why: string }
  | { readonly kind: "dropDatabase"; readonly database: string; readonly marker: string; readonly why: string }
  | { readonly kind: "dropRole"; readonly role: string; readonly marker: string; readonly why: string };

export type LoginResult =
  | { readonly kind: "ok" }
  /**
   * `password`: the server knows no such account with this password (SQLSTATE 28P01), and setting it helps. `access`: another password would
   * be refused as well, because the role, the database or the server's rules about hosts shut everybody out.
   */
  | { readonly kind: "refused"; readonly because: "password" | "access"; readonly message: string };

/**
 * A PostgreSQL server as reconcilers see it. Failures: server unreachable, too many connections, read-only →
 * TransientError("DependencyUnavailable"); platform credential refused or lacking a right → TransientError("PermissionMissing").
 */
export interface PostgresApi {
  observe(
    names: { readonly role: string; readonly database: string },
    signal: AbortSignal,
  ): Promise<PostgresObservation>;
  /**
   * Carries out one change. `password` is needed by createRole and setPassword; the server sees a SCRAM-SHA-256 verifier of it only.
   * dropDatabase and dropRole look again and act only if the marker on the server equals the one given.
   */
  execute(change: DatabaseChange, options: { readonly password?: string; readonly signal: AbortSignal }): Promise<void>;
  /** Logs in as the role, reads and writes in a temporary table. */
  login(
    account: { readonly role: string; readonly password: string; readonly database: string },
    signal: AbortSignal,
  ): Promise<LoginResult>;
  /**
   * How many rows a table of the application (in schema public) has, asked as its own role; undefined where there is no such table. A login that is refused is a
   * TransientError("PermissionMissing").
   */
  countRows(
    account: { readonly role: string; readonly password: string; readonly database: string },
    table: string,
    signal: AbortSignal,
  ): Promise<number | undefined>;
  /** What the platform's role may do; the region's IdentityReady-like check for databases. */
  platformRights(signal: AbortSignal): Promise<{
    readonly createDatabase: boolean;
    readonly createRole: boolean;
    readonly superuser: boolean;
    readonly serverVersion: number;
  }>;
  close(): Promise<void>;
}

/** Opens a pooled connection lazily; the caller keeps one per server and closes it. */
export type ConnectPostgres = (server: PostgresServer) => PostgresApi;

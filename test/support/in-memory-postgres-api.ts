import { describeChange } from "../../operator/postgres/pg-changes.ts";
import { refuseAborted } from "../../operator/postgres/pg-connections.ts";
import { postgresError } from "../../operator/postgres/pg-errors.ts";
import { requiredCollation, requiredEncoding } from "../../operator/postgres/plan.ts";
import type {
  DatabaseChange,
  LoginResult,
  PostgresApi,
  PostgresObservation,
  PostgresServer,
} from "../../operator/postgres/postgres-api.ts";
import {
  AlreadyExistsError,
  ConflictError,
  InternalError,
  WaitingError,
  TransientError,
} from "../../operator/runtime/errors.ts";

export interface InMemoryRole {
  canLogin: boolean;
  superuser: boolean;
  createDatabase: boolean;
  createRole: boolean;
  replication: boolean;
  bypassRowSecurity: boolean;
  connectionLimit: number;
  marker: string | undefined;
  memberOf: string[];
  /** Undefined: no password is accepted. */
  password: string | undefined;
  /** The platform's role made it, or was given ADMIN OPTION on it. */
  administered: boolean;
  heldByPlatform: boolean;
}

export interface InMemoryDatabase {
  owner: string;
  encoding: string;
  collation: string;
  marker: string | undefined;
  allowConnections: boolean;
  openToPublic: boolean;
  closedToOwner: boolean;
  /** Roles, one per session. */
  sessions: string[];
}

interface Names {
  readonly role: string;
  readonly database: string;
}

const stranger: InMemoryRole = {
  canLogin: false,
  superuser: false,
  createDatabase: false,
  createRole: false,
  replication: false,
  bypassRowSecurity: false,
  connectionLimit: -1,
  marker: undefined,
  memberOf: [],
  password: undefined,
  administered: false,
  heldByPlatform: false,
};

/**
 * One PostgreSQL server as far as the port shows it: names, owners, comments, who may log in. It knows no data and no SQL. Maps are open, so that a
 * test can be the administrator who changes things by hand.
 */
export class InMemoryPostgres {
  readonly roles = new Map<string, InMemoryRole>();
  readonly databases = new Map<string, InMemoryDatabase>();
  /** Rows of tables of applications, by database and name. */
  readonly tables = new Map<string, number>();
  readonly server: PostgresServer = {
    host: "postgres.test",
    port: 5432,
    tls: "Disable",
    username: "platform",
    password: "platform-password",
  };
  /** False: nobody answers. */
  running = true;
  /** Called before each statement that changes something; what it throws is where the connection was cut. */
  beforeStatement: (change: DatabaseChange) => void = () => undefined;

  addRole(name: string, fields: Partial<InMemoryRole> = {}): void {
    this.roles.set(name, { ...stranger, memberOf: [], ...fields });
  }

  /** Born as CREATE DATABASE makes it: open to everybody. */
  addDatabase(name: string, owner: string, fields: Partial<InMemoryDatabase> = {}): void {
    this.databases.set(name, {
      owner,
      encoding: requiredEncoding,
      collation: requiredCollation,
      marker: undefined,
      allowConnections: true,
      openToPublic: true,
      closedToOwner: false,
      sessions: [],
      ...fields,
    });
  }

  connect(server: PostgresServer = this.server): PostgresApi {
    return new InMemoryPostgresApi(this, server);
  }
}

/** The double of the adapter. Statements that the adapter sends outside of a transaction are separate here too. */
class InMemoryPostgresApi implements PostgresApi {
  readonly #postgres: InMemoryPostgres;
  readonly #server: PostgresServer;

  constructor(postgres: InMemoryPostgres, server: PostgresServer) {
    this.#postgres = postgres;
    this.#server = server;
  }

  async observe(names: Names, signal: AbortSignal): Promise<PostgresObservation> {
    await this.#reach(`look at role ${names.role} and database ${names.database}`, signal);
    const role = this.#postgres.roles.get(names.role);
    const database = this.#postgres.databases.get(names.database);
    return {
      serverVersion: 180_000,
      role: role === undefined ? undefined : observedRole(role),
      database: database === undefined ? undefined : observedDatabase(database),
    };
  }

  async execute(
    change: DatabaseChange,
    { password, signal }: { readonly password?: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const doing = describeChange(change);
    if ((change.kind === "createRole" || change.kind === "setPassword") && password === undefined)
      throw new InternalError("This change needs the password of the role.");
    await this.#reach(doing, signal);
    for (const statement of this.#statements(change, password)) {
      this.#postgres.beforeStatement(change);
      refuseAborted(doing, signal);
      statement();
    }
  }

  async login(account: Names & { readonly password: string }, signal: AbortSignal): Promise<LoginResult> {
    await this.#answering(`log in as ${account.role} to database ${account.database}`, signal);
    const state = this.#loginState(account);
    if (state === undefined) return { kind: "ok" };
    return {
      kind: "refused",
      because: state === "28P01" ? "password" : "access",
      message: `refused (SQLSTATE ${state})`,
    };
  }

  async countRows(
    account: Names & { readonly password: string },
    table: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const doing = `count rows of ${table} as ${account.role}`;
    await this.#answering(doing, signal);
    const state = this.#loginState(account);
    if (state !== undefined) throw new TransientError("PermissionMissing", `Cannot ${doing}: SQLSTATE ${state}.`);
    return this.#postgres.tables.get(`${account.database} ${table}`);
  }

  async platformRights(signal: AbortSignal): ReturnType<PostgresApi["platformRights"]> {
    await this.#reach("look at the platform's rights", signal);
    return { createDatabase: true, createRole: true, superuser: false, serverVersion: 180_000 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The SQLSTATE of a refusal, in the order in which a server checks: the password first. */
  #loginState({ role: name, database: databaseName, password }: Names & { password: string }): string | undefined {
    const role = this.#postgres.roles.get(name);
    const database = this.#postgres.databases.get(databaseName);
    const sessions = [...this.#postgres.databases.values()].flatMap((each) => each.sessions);
    if (role?.password !== password) return "28P01";
    if (!role.canLogin) return "28000";
    if (role.connectionLimit >= 0 && sessions.filter((each) => each === name).length >= role.connectionLimit)
      return "53300";
    if (database === undefined) return "3D000";
    if (!database.allowConnections) return "55000";
    const ownerMayConnect = database.owner === name && !database.closedToOwner;
    return database.openToPublic || ownerMayConnect ? undefined : "42501";
  }

  #statements(change: DatabaseChange, password: string | undefined): (() => void)[] {
    switch (change.kind) {
      case "createRole":
        return [
          () => {
            this.#createRole(change, password);
          },
        ];
      case "alterRole":
        return [
          () => {
            const { login: canLogin, connectionLimit } = change;
            Object.assign(this.#administered(change.role, change), {
              canLogin,
              connectionLimit,
              createDatabase: false,
              createRole: false,
            });
          },
        ];
      case "setPassword":
        return [
          () => {
            this.#administered(change.role, change).password = password;
          },
        ];
      case "markRole":
        return [
          () => {
            this.#administered(change.role, change).marker = change.marker;
          },
        ];
      case "createDatabase":
        return this.#holding(change, change.owner, () => {
          this.#createDatabase(change);
        });
      case "markDatabase":
        return [
          () => {
            this.#asOwner(change).marker = change.marker;
          },
        ];
      case "restrictDatabase":
        return [
          () => {
            const database = this.#asOwner(change);
            if (database.owner !== change.owner) throw this.#refusal("42501", change);
            Object.assign(database, { openToPublic: false, closedToOwner: false });
          },
        ];
      case "allowConnections":
        return this.#allowConnections(change);
      case "dropDatabase": {
        const database = this.#postgres.databases.get(change.database);
        if (database === undefined) return [];
        return this.#holding(change, database.owner, () => {
          if (database.marker !== change.marker)
            throw new ConflictError(`Database ${change.database} no longer bears our marker; it is left alone.`);
          this.#postgres.databases.delete(change.database);
        });
      }
      case "dropRole":
        return [
          () => {
            this.#dropRole(change);
          },
        ];
    }
  }

  #createRole(change: Extract<DatabaseChange, { kind: "createRole" }>, password: string | undefined): void {
    const { role: name, marker, connectionLimit } = change;
    const found = this.#postgres.roles.get(name);
    if (found !== undefined && found.marker !== marker)
      throw new AlreadyExistsError(`Role ${name} was made by somebody else meanwhile.`);
    const wanted = { canLogin: true, createDatabase: false, createRole: false, connectionLimit, password };
    if (found === undefined) this.#postgres.addRole(name, { ...wanted, marker, administered: true });
    else Object.assign(found, wanted);
  }

  #createDatabase({ database: name, owner }: Extract<DatabaseChange, { kind: "createDatabase" }>): void {
    const found = this.#postgres.databases.get(name);
    if (found === undefined) this.#postgres.addDatabase(name, owner, { allowConnections: false });
    else if (found.owner !== owner)
      throw new AlreadyExistsError(`Database ${name} was made by somebody else meanwhile.`);
  }

  #allowConnections(change: Extract<DatabaseChange, { kind: "allowConnections" }>): (() => void)[] {
    const set = () => {
      this.#asOwner(change).allowConnections = change.allowed;
    };
    const endSessions = () => {
      const database = this.#asOwner(change);
      database.sessions = database.sessions.filter((role) => role !== database.owner);
    };
    return change.allowed ? [set] : [set, endSessions];
  }

  #dropRole({ role: name, marker, ...change }: Extract<DatabaseChange, { kind: "dropRole" }>): void {
    const role = this.#postgres.roles.get(name);
    if (role === undefined) return;
    if (role.marker !== marker) throw new ConflictError(`Role ${name} no longer bears our marker; it is left alone.`);
    if ([...this.#postgres.databases.values()].some((database) => database.owner === name))
      throw this.#refusal("2BP01", { role: name, marker, ...change });
    this.#postgres.roles.delete(name);
  }

  /** Around what no transaction holds together, the right to act as the role is granted and returned by statements of their own. */
  #holding(change: DatabaseChange, role: string, work: () => void): (() => void)[] {
    const give = () => {
      const held = this.#postgres.roles.get(role);
      if (held !== undefined) held.heldByPlatform = false;
    };
    const workOrGive = () => {
      try {
        work();
      } catch (error) {
        give();
        throw error;
      }
    };
    const take = () => {
      this.#administered(role, change).heldByPlatform = true;
    };
    return [take, workOrGive, give];
  }

  /** The database, for a statement that only its owner may run; whoever acts as the owner in a transaction returns the right at its end. */
  #asOwner(change: DatabaseChange & { readonly database: string }): InMemoryDatabase {
    const database = this.#postgres.databases.get(change.database);
    if (database === undefined) throw new WaitingError("Progressing", `Database ${change.database} is gone.`);
    this.#administered(database.owner, change).heldByPlatform = false;
    return database;
  }

  #administered(name: string, change: DatabaseChange): InMemoryRole {
    const role = this.#postgres.roles.get(name);
    if (role === undefined) throw this.#refusal("42704", change);
    if (!role.administered) throw this.#refusal("42501", change);
    return role;
  }

  #refusal(state: string, change: DatabaseChange): Error {
    return this.#failure({ code: state }, describeChange(change));
  }

  #failure(thrown: unknown, doing: string): Error {
    const { host, port, username } = this.#server;
    return postgresError(thrown, { server: `${host}:${port}`, account: username, doing });
  }

  async #answering(doing: string, signal: AbortSignal): Promise<void> {
    refuseAborted(doing, signal);
    await Promise.resolve();
    if (!this.#postgres.running) throw this.#failure({ code: "ECONNREFUSED" }, doing);
  }

  async #reach(doing: string, signal: AbortSignal): Promise<void> {
    await this.#answering(doing, signal);
    const { username, password } = this.#postgres.server;
    if (this.#server.username !== username || this.#server.password !== password)
      throw this.#failure({ code: "28P01" }, doing);
  }
}

function observedRole(role: InMemoryRole): PostgresObservation["role"] {
  const { password: _password, administered: _administered, ...observed } = role;
  return { ...observed, memberOf: [...role.memberOf] };
}

function observedDatabase({ sessions, ...database }: InMemoryDatabase): PostgresObservation["database"] {
  return { ...database, inUse: sessions.includes(database.owner) };
}

import pg from "pg";
import { PgPostgresApi } from "../../operator/postgres/pg-postgres-api.ts";
import { identifier, literal, type Sql, sql, sqlText } from "../../operator/postgres/sql.ts";
import type { PostgresApi, PostgresServer } from "../../operator/postgres/postgres-api.ts";
import { InMemoryPostgres } from "./in-memory-postgres-api.ts";
import { bystander, type Edit, editInMemory } from "./in-memory-postgres-edits.ts";
import { testServers } from "./test-servers.ts";

/** A server with a superuser beside it, who looks and edits where the port does not. */
export interface PostgresWorld {
  readonly server: PostgresServer;
  connect(server?: PostgresServer): PostgresApi;
  /** Made by somebody else; the platform's role has no right over it unless `administered`. */
  addRole(name: string, options?: { marker?: string; administered?: boolean; password?: string }): Promise<void>;
  addDatabase(name: string, owner: string, marker?: string): Promise<void>;
  /** Made by the application of the role of that name, in the database of the same name. */
  addTable(
    database: string,
    table: { readonly name: string; readonly rows: number; readonly password: string },
  ): Promise<void>;
  edit(name: string, edit: Edit): Promise<void>;
  /** Opens a session of the role in the database of the same name; the answer says whether it is still there. */
  openSession(name: string, password: string): Promise<() => Promise<boolean>>;
  /** Everything that the server knows about role and database of that name, for comparison. */
  snapshot(name: string): Promise<unknown>;
  close(): Promise<void>;
}

export function inMemoryWorld(): PostgresWorld {
  const postgres = new InMemoryPostgres();
  postgres.addRole(bystander);
  return {
    server: postgres.server,
    connect: (server) => postgres.connect(server),
    addRole: (name, { marker, administered = false, password } = {}) => {
      postgres.addRole(name, { canLogin: true, marker, administered, password });
      return Promise.resolve();
    },
    addDatabase: (name, owner, marker) => {
      postgres.addDatabase(name, owner, { marker });
      return Promise.resolve();
    },
    addTable: (database, { name, rows }) => {
      postgres.tables.set(`${database} ${name}`, rows);
      return Promise.resolve();
    },
    edit: (name, edit) => {
      editInMemory(postgres, name, edit);
      return Promise.resolve();
    },
    openSession: (name) => {
      postgres.databases.get(name)?.sessions.push(name);
      return Promise.resolve(() => Promise.resolve(postgres.databases.get(name)?.sessions.includes(name) === true));
    },
    snapshot: (name) =>
      Promise.resolve(structuredClone({ role: postgres.roles.get(name), database: postgres.databases.get(name) })),
    close: () => Promise.resolve(),
  };
}

function editStatement(name: string, edit: Edit): Sql {
  const object = identifier(name);
  switch (edit) {
    case "NOLOGIN":
      return sql`ALTER ROLE ${object} NOLOGIN`;
    case "CONNECTION LIMIT 1":
      return sql`ALTER ROLE ${object} CONNECTION LIMIT 1`;
    case "CONNECTION LIMIT 0":
      return sql`ALTER ROLE ${object} CONNECTION LIMIT 0`;
    case "CREATEDB":
      return sql`ALTER ROLE ${object} CREATEDB`;
    case "CREATEROLE":
      return sql`ALTER ROLE ${object} CREATEROLE`;
    case "SUPERUSER":
      return sql`ALTER ROLE ${object} SUPERUSER`;
    case "REPLICATION":
      return sql`ALTER ROLE ${object} REPLICATION`;
    case "BYPASSRLS":
      return sql`ALTER ROLE ${object} BYPASSRLS`;
    case "another password":
      return sql`ALTER ROLE ${object} PASSWORD 'changed by hand'`;
    case "no password":
      return sql`ALTER ROLE ${object} PASSWORD NULL`;
    case "member of another role":
      return sql`GRANT pg_read_all_data TO ${object}`;
    case "role without marker":
      return sql`COMMENT ON ROLE ${object} IS NULL`;
    case "database open to PUBLIC":
      return sql`GRANT CONNECT ON DATABASE ${object} TO PUBLIC`;
    case "database closed to its owner":
      return sql`REVOKE CONNECT ON DATABASE ${object} FROM ${object}`;
    case "database without marker":
      return sql`COMMENT ON DATABASE ${object} IS NULL`;
    case "database with another marker":
      return sql`COMMENT ON DATABASE ${object} IS 'somebody else''s'`;
    case "database closed":
      return sql`ALTER DATABASE ${object} ALLOW_CONNECTIONS false`;
    case "database dropped":
      return sql`DROP DATABASE ${object} WITH (FORCE)`;
  }
}

/** All of pg_authid and pg_database but what the server itself counts on; comments, grants and memberships. */
const snapshotQuery = `
SELECT
  (SELECT to_jsonb(a) || jsonb_build_object('marker', shobj_description(a.oid, 'pg_authid'))
    FROM pg_authid a WHERE rolname = $1) AS role,
  (SELECT to_jsonb(d) - 'datfrozenxid' - 'datminmxid' || jsonb_build_object('marker', shobj_description(d.oid, 'pg_database'))
    FROM pg_database d WHERE datname = $1) AS database,
  ARRAY(SELECT to_jsonb(m) - 'oid' FROM pg_auth_members m JOIN pg_roles r ON r.oid IN (m.roleid, m.member) WHERE r.rolname = $1
    ORDER BY m.oid) AS memberships`;

/** The PostgreSQL of the lane. */
export class RealPostgresWorld implements PostgresWorld {
  readonly server: PostgresServer;
  readonly superuser: pg.Client;
  readonly #apis: PostgresApi[] = [];
  readonly #sessions: pg.Client[] = [];

  private constructor(server: PostgresServer, superuser: pg.Client) {
    this.server = server;
    this.superuser = superuser;
  }

  static async open(): Promise<RealPostgresWorld> {
    const { host, port, username, password, superuser } = testServers().postgres;
    const client = new pg.Client({
      host,
      port,
      database: "postgres",
      user: superuser.username,
      password: superuser.password,
    });
    await client.connect();
    return new RealPostgresWorld({ host, port, username, password, tls: "Disable" }, client);
  }

  connect(server: PostgresServer = this.server): PostgresApi {
    const api = new PgPostgresApi(server);
    this.#apis.push(api);
    return api;
  }

  /** A statement as the superuser. */
  async run(statement: Sql): Promise<void> {
    await this.superuser.query(sqlText(statement));
  }

  async addRole(
    name: string,
    { marker, administered = false, password }: { marker?: string; administered?: boolean; password?: string } = {},
  ): Promise<void> {
    await this.run(sql`CREATE ROLE ${identifier(name)} LOGIN`);
    if (password !== undefined) await this.run(sql`ALTER ROLE ${identifier(name)} PASSWORD ${literal(password)}`);
    if (marker !== undefined) await this.run(sql`COMMENT ON ROLE ${identifier(name)} IS ${literal(marker)}`);
    if (!administered) return;
    const platform = identifier(this.server.username);
    await this.run(sql`GRANT ${identifier(name)} TO ${platform} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  }

  async addDatabase(name: string, owner: string, marker?: string): Promise<void> {
    await this.run(sql`CREATE DATABASE ${identifier(name)} OWNER ${identifier(owner)} TEMPLATE template0`);
    if (marker !== undefined) await this.run(sql`COMMENT ON DATABASE ${identifier(name)} IS ${literal(marker)}`);
  }

  async addTable(
    database: string,
    { name, rows, password }: { readonly name: string; readonly rows: number; readonly password: string },
  ): Promise<void> {
    const session = await this.session(database, password);
    await session.query(sqlText(sql`CREATE TABLE ${identifier(name)} AS SELECT generate_series(1, ${rows})`));
  }

  async edit(name: string, edit: Edit): Promise<void> {
    await this.run(editStatement(name, edit));
  }

  async openSession(name: string, password: string): Promise<() => Promise<boolean>> {
    const session = await this.session(name, password);
    return async () => {
      try {
        await session.query("SELECT 1");
        return true;
      } catch {
        return false;
      }
    };
  }

  /** A connection as the role, to the database of the same name. */
  async session(name: string, password: string, database: string = name): Promise<pg.Client> {
    const { host, port } = this.server;
    const session = new pg.Client({ host, port, user: name, password, database });
    session.on("error", () => undefined);
    await session.connect();
    this.#sessions.push(session);
    return session;
  }

  async snapshot(name: string): Promise<unknown> {
    return (await this.superuser.query(snapshotQuery, [name])).rows[0];
  }

  async close(): Promise<void> {
    for (const api of this.#apis) await api.close();
    for (const session of this.#sessions) await session.end().catch(() => undefined);
    await this.superuser.end();
  }
}

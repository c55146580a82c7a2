import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PostgresApi } from "../../operator/postgres/postgres-api.ts";
import { identifier, literal, sql, sqlText } from "../../operator/postgres/sql.ts";
import { erase, provide, retain, type Story } from "../support/database-story.ts";
import { fc, runs } from "../support/fast-check.ts";
import { PostgresCutProxy } from "../support/postgres-cut-proxy.ts";
import { RealPostgresWorld } from "../support/postgres-worlds.ts";
import { eventually, testCluster, uniqueName } from "../support/test-cluster.ts";

const never = new AbortController().signal;
const password = "correct-horse-battery-staple";

let world: RealPostgresWorld;
let api: PostgresApi;

beforeAll(async () => {
  world = await RealPostgresWorld.open();
  api = world.connect();
});

afterAll(async () => {
  await world.close();
});

const storyOf = (name: string, over: PostgresApi = api): Story => ({
  api: over,
  desired: { role: name, database: name, marker: `made for ${name}`, connectionLimit: 50 },
  password,
});

async function provided(prefix: string): Promise<Story> {
  const story = storyOf(uniqueName(prefix));
  await provide(story);
  return story;
}

const observe = (name: string) => api.observe({ role: name, database: name }, never);

describe("the role of a tenant", () => {
  test.each([
    { what: "create a database", statement: "CREATE DATABASE loot" },
    { what: "create a role", statement: "CREATE ROLE accomplice" },
    { what: "raise its own limit", statement: "ALTER ROLE CURRENT_USER CONNECTION LIMIT 500" },
    { what: "make itself a superuser", statement: "ALTER ROLE CURRENT_USER SUPERUSER" },
    { what: "become the platform's role", statement: "SET ROLE socle_platform" },
    { what: "read the passwords of others", statement: "SELECT rolpassword FROM pg_authid" },
    { what: "read files of the server", statement: "SELECT pg_read_file('postgresql.conf')" },
    { what: "run programs on the server", statement: "COPY (SELECT 1) TO PROGRAM 'true'" },
    { what: "give its database another name", statement: "name" },
  ])("may not $what", async ({ statement }) => {
    const { desired } = await provided("rights");
    const session = await world.session(desired.role, password);
    const renaming = sqlText(sql`ALTER DATABASE ${identifier(desired.database)} RENAME TO loot`);
    const refusal = session.query(statement === "name" ? renaming : statement);
    await expect(refusal).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|0A000|55000)$/) });
  });

  test("may not connect to the database of another tenant", async () => {
    const mine = await provided("mine");
    const theirs = await provided("theirs");
    const session = world.session(mine.desired.role, password, theirs.desired.database);
    await expect(session).rejects.toMatchObject({ code: "42501" });
  });

  test("is out of reach of the platform's role, which keeps no right to act as it", async () => {
    const { desired } = await provided("apart");
    const { rows } = await world.superuser.query(
      "SELECT pg_has_role($1, $2, 'USAGE') AS inherits, pg_has_role($1, $2, 'SET') AS becomes, has_database_privilege($1, $2, 'CONNECT') AS connects",
      [world.server.username, desired.role],
    );
    expect(rows).toEqual([{ inherits: false, becomes: false, connects: false }]);
  });

  test("finds its data again after retention and return", async () => {
    const story = await provided("data");
    const before = await world.session(story.desired.role, password);
    await before.query("CREATE TABLE letters (body text)");
    await before.query("INSERT INTO letters VALUES ('kept')");
    await retain(story);
    await provide(story);
    const after = await world.session(story.desired.role, password);
    expect((await after.query("SELECT body FROM letters")).rows).toEqual([{ body: "kept" }]);
  });

  test("cannot block its erasure with a large object in the maintenance database", async () => {
    const story = await provided("hoarder");
    const session = await world.session(story.desired.role, password, "postgres");
    await session.query("SELECT lo_from_bytea(0, 'left behind')");
    await erase(story);
    expect(await observe(story.desired.role)).toMatchObject({ role: undefined, database: undefined });
  });
});

describe("a database", () => {
  test("is ordered byte by byte even on a server whose template has a collation of another provider", async () => {
    const { rows } = await world.superuser.query<{ provider: string; locale: string | null }>(
      "SELECT datlocprovider AS provider, datlocale AS locale FROM pg_database WHERE datname = 'template0'",
    );
    const set = (values: readonly unknown[]) =>
      world.superuser.query("UPDATE pg_database SET datlocprovider = $1, datlocale = $2 WHERE datname = 'template0'", [
        ...values,
      ]);
    await set(["b", "C.UTF-8"]);
    try {
      const { desired } = await provided("collation");
      expect((await observe(desired.role)).database).toMatchObject({ encoding: "UTF8", collation: "C" });
    } finally {
      await set([rows[0]?.provider, rows[0]?.locale]);
    }
  });

  test("with another encoding or collation is observed as such", async () => {
    const name = uniqueName("latin");
    await world.run(
      sql`CREATE DATABASE ${identifier(name)} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    expect((await observe(name)).database).toMatchObject({ encoding: "LATIN1", collation: "C" });
    const other = uniqueName("builtin");
    await world.run(
      sql`CREATE DATABASE ${identifier(other)} TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'`,
    );
    expect((await observe(other)).database?.collation).toMatch(/ of provider b$/);
  });
});

describe("a platform role", () => {
  test("that may create neither roles nor databases is told what it lacks", async () => {
    const username = uniqueName("powerless");
    await world.addRole(username, { password });
    const powerless = world.connect({ ...world.server, username, password });
    expect(await powerless.platformRights(never)).toMatchObject({ createDatabase: false, createRole: false });
    await expect(provide(storyOf(uniqueName("wanted"), powerless))).rejects.toMatchObject({
      name: "TransientError",
      reason: "PermissionMissing",
      message: expect.stringContaining("CREATEROLE"),
    });
  });
});

describe("names and texts", () => {
  /** Code points that a UTF-8 server stores: all but NUL. */
  const text = fc.string({ unit: "binary", maxLength: 40 }).filter((value) => !value.includes("\0"));
  const hostile = fc.constantFrom(`"`, `""; DROP DATABASE postgres; --`, `'`, `\\`, `\\'; --`, `$$`, `U&"`, `%`, ` `);

  test("of any sort mean themselves to the server: an identifier", async () => {
    const name = fc.oneof(text, hostile).filter((value) => value !== "" && Buffer.byteLength(value) <= 63);
    await fc.assert(
      fc.asyncProperty(name, async (value) => {
        const { fields } = await world.superuser.query(sqlText(sql`SELECT 1 AS ${identifier(value)}`));
        expect(fields.map((field) => field.name)).toEqual([value]);
      }),
      { numRuns: runs(200) },
    );
  });

  test("of any sort mean themselves to the server: a literal", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, hostile), async (value) => {
        const { rows } = await world.superuser.query(sqlText(sql`SELECT ${literal(value)} AS value`));
        expect(rows).toEqual([{ value }]);
      }),
      { numRuns: runs(200) },
    );
  });

  test("that are hostile survive as names of role and database, and as marker", async () => {
    const name = `${uniqueName("o")}"; DROP ROLE x; --'`;
    const story = { ...storyOf(name), desired: { ...storyOf(name).desired, marker: `it's "ours"\\` } };
    await provide(story);
    expect(await observe(name)).toMatchObject({ role: { marker: `it's "ours"\\` }, database: { owner: name } });
    await erase(story);
    expect(await observe(name)).toMatchObject({ role: undefined, database: undefined });
  });
});

describe("the log of a server that logs every statement", () => {
  const logFile = join(dirname(testCluster().kubeconfig), "..", "servers", "postgres.log");
  /** A boolean, because a failed comparison would print the log. */
  const logHas = (pattern: RegExp) => pattern.test(readFileSync(logFile, "utf8"));
  const loggingIs = (value: string) =>
    eventually(async () => {
      const fresh = await RealPostgresWorld.open();
      const { rows } = await fresh.superuser.query("SHOW log_statement").finally(() => fresh.close());
      expect(rows).toEqual([{ log_statement: value }]);
    });

  beforeAll(async () => {
    await world.superuser.query("ALTER SYSTEM SET log_statement = 'all'");
    await world.superuser.query("SELECT pg_reload_conf()");
    await loggingIs("all");
  });

  afterAll(async () => {
    await world.superuser.query("ALTER SYSTEM RESET log_statement");
    await world.superuser.query("SELECT pg_reload_conf()");
    await loggingIs("none");
  });

  test("shows that a password was set, and never the password", async () => {
    const story = { ...storyOf(uniqueName("logged")), api: world.connect(), password: "first-clear-password" };
    await provide(story);
    const second = { ...story, password: "second-clear-password" };
    expect(await provide(second)).toMatchObject({ corrected: true });
    const { role } = story.desired;
    await eventually(() => {
      expect(logHas(new RegExp(`CREATE ROLE "${role}" .*PASSWORD 'SCRAM-SHA-256\\$4096:`))).toBe(true);
      expect(logHas(new RegExp(`ALTER ROLE "${role}" PASSWORD 'SCRAM-SHA-256\\$4096:`))).toBe(true);
    });
    for (const secret of [story.password, second.password, world.server.password])
      expect(logHas(new RegExp(secret)), "a clear password stands in the log").toBe(false);
  });

  test("shows no password of a statement that failed", async () => {
    const role = uniqueName("failed");
    const change = { kind: "setPassword", role, why: "" } as const;
    await expect(
      world.connect().execute(change, { password: "failed-clear-password", signal: never }),
    ).rejects.toMatchObject({ name: "ConflictError" });
    await eventually(() => {
      expect(logHas(new RegExp(`role "${role}" does not exist`))).toBe(true);
    });
    expect(logHas(/failed-clear-password/)).toBe(false);
  });
});

describe("a connection that breaks while it carries a change", () => {
  test("fails that change as unavailable, and never the whole process", async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown) => {
      uncaught.push(error);
    };
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", note);
    const proxy = await PostgresCutProxy.open(world.server, 1);
    try {
      const behind = world.connect({ ...world.server, host: "127.0.0.1", port: proxy.port });
      await expect(provide(storyOf(uniqueName("broken"), behind))).rejects.toMatchObject({
        name: "TransientError",
        reason: "DependencyUnavailable",
      });
      await behind.close();
      expect(proxy.cut).toBe(true);
    } finally {
      await proxy.close();
      process.off("uncaughtException", note);
      for (const listener of others) process.on("uncaughtException", listener);
    }
    expect(uncaught).toEqual([]);
  });
});

describe("a process that dies after any statement", () => {
  const cutsAtOnce = 6;
  const fresh = async (name: string) => {
    expect(await observe(name)).toMatchObject({
      role: { canLogin: true, marker: `made for ${name}`, connectionLimit: 50, heldByPlatform: false },
      database: {
        owner: name,
        marker: `made for ${name}`,
        allowConnections: true,
        openToPublic: false,
        closedToOwner: false,
      },
    });
    expect(await api.login({ role: name, database: name, password }, never)).toEqual({ kind: "ok" });
  };
  const closed = async (name: string) => {
    const { role, database } = await observe(name);
    expect(role?.canLogin ?? false).toBe(false);
    expect(database?.allowConnections ?? false).toBe(false);
    expect(database?.inUse ?? false).toBe(false);
  };
  const gone = async (name: string) => {
    expect(await observe(name)).toMatchObject({ role: undefined, database: undefined });
  };
  const nothing = () => Promise.resolve();
  const retained = async (story: Story) => {
    await provide(story);
    await retain(story);
  };
  type Act = (story: Story) => Promise<unknown>;
  const stories: readonly { of: string; before: Act; act: Act; then: Act; end: (name: string) => Promise<void> }[] = [
    { of: "a creation, and creates", before: nothing, act: provide, then: provide, end: fresh },
    { of: "a creation, and retains", before: nothing, act: provide, then: retain, end: closed },
    { of: "a creation, and erases", before: nothing, act: provide, then: erase, end: gone },
    { of: "a retention, and retains", before: provide, act: retain, then: retain, end: closed },
    { of: "a retention, and erases", before: provide, act: retain, then: erase, end: gone },
    { of: "a return, and returns", before: retained, act: provide, then: provide, end: fresh },
    { of: "an erasure, and erases", before: provide, act: erase, then: erase, end: gone },
    { of: "an erasure of what is retained, and erases", before: retained, act: erase, then: erase, end: gone },
  ];

  /** Runs `act` behind a proxy that cuts after that many statements; tells how many there were. */
  async function cutAfter(limit: number, name: string, act: Act): Promise<number> {
    const proxy = await PostgresCutProxy.open(world.server, limit);
    const behind = world.connect({ ...world.server, host: "127.0.0.1", port: proxy.port });
    const outcome = await act(storyOf(name, behind)).then(
      () => "ended",
      () => "died",
    );
    expect(outcome, `cut after ${limit}`).toBe(proxy.cut ? "died" : "ended");
    await behind.close();
    await proxy.close();
    return proxy.statements;
  }

  test.each(stories)(
    "of $of, comes to the same end",
    async ({ before, act, then, end }) => {
      const bystander = await provided("bystander");
      const untouched = await world.snapshot(bystander.desired.role);
      const counted = uniqueName("count");
      await before(storyOf(counted));
      const statements = await cutAfter(Infinity, counted, act);
      expect(statements).toBeGreaterThan(2);
      const oneCut = async (limit: number) => {
        const name = uniqueName("cut");
        const story = storyOf(name);
        await before(story);
        await cutAfter(limit, name, act);
        await eventually(async () => {
          await then(story);
          await end(name).catch((error: unknown) => {
            throw new Error(`cut after ${limit} of ${statements} statements`, { cause: error });
          });
        });
        const settled = await world.snapshot(name);
        await then(story);
        expect(isDeepStrictEqual(await world.snapshot(name), settled), `at rest after a cut at ${limit}`).toBe(true);
        await erase(story);
      };
      for (let limit = 0; limit < statements; limit += cutsAtOnce) {
        const limits = Array.from({ length: Math.min(cutsAtOnce, statements - limit) }, (_, index) => limit + index);
        await Promise.all(limits.map(oneCut));
      }
      expect(await world.snapshot(bystander.desired.role)).toEqual(untouched);
    },
    240_000,
  );
});

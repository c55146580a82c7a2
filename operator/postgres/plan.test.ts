import { describe, expect, it } from "vitest";
import { type DatabasePlanInput, databasePlan, erasePlan, retainPlan } from "./plan.ts";
import type { DatabaseDesired, ObservedDatabase, ObservedRole, PostgresObservation } from "./postgres-api.ts";

const desired: DatabaseDesired = { role: "minagri", database: "minagri", marker: "ours", connectionLimit: 50 };
const role: ObservedRole = {
  canLogin: true,
  superuser: false,
  createDatabase: false,
  createRole: false,
  replication: false,
  bypassRowSecurity: false,
  connectionLimit: 50,
  marker: "ours",
  memberOf: [],
  heldByPlatform: false,
};
const database: ObservedDatabase = {
  owner: "minagri",
  encoding: "UTF8",
  collation: "C",
  marker: "ours",
  allowConnections: true,
  openToPublic: false,
  closedToOwner: false,
  inUse: false,
};

interface World {
  readonly role?: Partial<ObservedRole> | "absent";
  readonly database?: Partial<ObservedDatabase> | "absent";
}

function observed(world: World = {}): PostgresObservation {
  return {
    serverVersion: 180_004,
    role: world.role === "absent" ? undefined : { ...role, ...world.role },
    database: world.database === "absent" ? undefined : { ...database, ...world.database },
  };
}

function plan(world: World, input: Partial<DatabasePlanInput> = {}): { kinds: string[]; drift: readonly string[] } {
  const result = databasePlan({ desired, observed: observed(world), adopt: false, passwordWorks: true, ...input });
  if (result.kind === "refused") throw new Error(result.message);
  return { kinds: result.changes.map((change) => change.kind), drift: result.drift };
}

const making = ["createDatabase", "markDatabase", "restrictDatabase", "allowConnections"];
const nothing = { role: "absent", database: "absent" } as const;

describe("databasePlan", () => {
  it("is empty where everything is as it should be", () => {
    expect(plan({})).toEqual({ kinds: [], drift: [] });
  });

  it("makes the role before the database, and opens the database last", () => {
    expect(plan(nothing)).toEqual({ kinds: ["createRole", ...making], drift: [] });
  });

  it.each<{ cut: string; world: World; passwordWorks?: boolean; kinds: string[] }>([
    { cut: "createRole", world: { database: "absent" }, kinds: making },
    {
      cut: "createRole, and the Secret was made anew",
      world: { database: "absent" },
      passwordWorks: false,
      kinds: ["setPassword", ...making],
    },
    {
      cut: "CREATE DATABASE, while the platform holds the role",
      world: {
        role: { heldByPlatform: true },
        database: { marker: undefined, openToPublic: true, allowConnections: false },
      },
      kinds: ["markDatabase", "restrictDatabase", "allowConnections"],
    },
    {
      cut: "markDatabase",
      world: { database: { openToPublic: true, allowConnections: false } },
      kinds: ["restrictDatabase", "allowConnections"],
    },
    { cut: "restrictDatabase", world: { database: { allowConnections: false } }, kinds: ["allowConnections"] },
    {
      cut: "everything but the return of the role",
      world: { role: { heldByPlatform: true } },
      kinds: ["restrictDatabase"],
    },
  ])("goes on after $cut, and calls nothing of it drift", ({ world, kinds, ...input }) => {
    expect(plan(world, input)).toEqual({ kinds, drift: [] });
  });

  it.each<{ what: string; world: World; passwordWorks?: boolean; kinds: string[]; drift: string }>([
    {
      what: "NOLOGIN",
      world: { role: { canLogin: false } },
      kinds: ["alterRole"],
      drift: "role minagri: it may not log in",
    },
    {
      what: "another limit",
      world: { role: { connectionLimit: -1 } },
      kinds: ["alterRole"],
      drift: "role minagri: connection limit is -1, not 50",
    },
    {
      what: "CREATEDB and CREATEROLE",
      world: { role: { createDatabase: true, createRole: true } },
      kinds: ["alterRole"],
      drift: "role minagri: it may create databases; it may create roles",
    },
    {
      what: "another password",
      world: {},
      passwordWorks: false,
      kinds: ["setPassword"],
      drift: "role minagri: its password was not accepted",
    },
    {
      what: "PUBLIC",
      world: { database: { openToPublic: true } },
      kinds: ["restrictDatabase"],
      drift: "database minagri: every role of the server may connect to it",
    },
    {
      what: "an owner without CONNECT",
      world: { database: { closedToOwner: true } },
      kinds: ["restrictDatabase"],
      drift: "database minagri: its owner may not connect to it",
    },
    {
      what: "no marker on the database",
      world: { database: { marker: undefined } },
      kinds: ["markDatabase"],
      drift: "database minagri: its marker was removed",
    },
  ])("mends $what and says so", ({ world, kinds, drift, ...input }) => {
    expect(plan(world, input)).toEqual({ kinds, drift: [drift] });
  });

  it.each<{ what: string; world: World; passwordWorks: boolean; kinds: string[] }>([
    {
      what: "role, then database",
      world: { role: { canLogin: false }, database: { allowConnections: false } },
      passwordWorks: true,
      kinds: ["alterRole", "allowConnections"],
    },
    {
      what: "with a new password in between",
      world: { role: { canLogin: false }, database: { allowConnections: false } },
      passwordWorks: false,
      kinds: ["alterRole", "setPassword", "allowConnections"],
    },
    {
      what: "what a retention that was cut short closed",
      world: { database: { allowConnections: false } },
      passwordWorks: true,
      kinds: ["allowConnections"],
    },
  ])("opens again what was retained, without calling it drift: $what", ({ world, kinds, ...input }) => {
    expect(plan(world, input)).toEqual({ kinds, drift: [] });
  });

  it.each<{ what: string; world: World; adopt: boolean; says: RegExp }>([
    {
      what: "a role without marker",
      world: { role: { marker: undefined } },
      adopt: false,
      says: /set adoptionPolicy Adopt/,
    },
    {
      what: "a role of somebody else",
      world: { role: { marker: "theirs" } },
      adopt: true,
      says: /mark of somebody else/,
    },
    {
      what: "a database of somebody else",
      world: { database: { marker: "theirs" } },
      adopt: true,
      says: /mark of somebody else/,
    },
    {
      what: "a database without marker that another role owns",
      world: { database: { marker: undefined, owner: "other" } },
      adopt: false,
      says: /set adoptionPolicy Adopt/,
    },
    {
      what: "a database without marker and a role that is missing",
      world: { role: "absent", database: { marker: undefined } },
      adopt: false,
      says: /set adoptionPolicy Adopt/,
    },
    {
      what: "a database to adopt with another encoding",
      world: { role: { marker: undefined }, database: { marker: undefined, encoding: "LATIN1" } },
      adopt: true,
      says: /encoding LATIN1 and collation C; only UTF8 with C/,
    },
    {
      what: "a database to adopt with another collation",
      world: { role: { marker: undefined }, database: { marker: undefined, collation: "fr_FR.UTF-8" } },
      adopt: true,
      says: /collation fr_FR.UTF-8/,
    },
  ])("refuses $what", ({ world, adopt, says }) => {
    expect(databasePlan({ desired, observed: observed(world), adopt })).toMatchObject({
      kind: "refused",
      reason: "NotOwned",
      message: expect.stringMatching(says),
    });
  });

  it.each<{ what: string; world: World; statement: string }>([
    {
      what: "rights over the server",
      world: { role: { superuser: true, replication: true, bypassRowSecurity: true } },
      statement: "ALTER ROLE minagri NOSUPERUSER NOREPLICATION NOBYPASSRLS",
    },
    {
      what: "the rights of other roles",
      world: { role: { memberOf: ["pg_read_all_data", "other"] } },
      statement: "REVOKE pg_read_all_data FROM minagri; REVOKE other FROM minagri",
    },
    {
      what: "both",
      world: { role: { superuser: true, memberOf: ["other"] } },
      statement: "ALTER ROLE minagri NOSUPERUSER; REVOKE other FROM minagri",
    },
    {
      what: "a database of ours that another role owns",
      world: { database: { owner: "other" } },
      statement: "ALTER DATABASE minagri OWNER TO minagri",
    },
    {
      what: "a database that another role owns while ours is missing: it once advised to give it to a role that did not exist",
      world: { role: "absent" as const, database: { owner: "other" } },
      statement:
        "CREATE ROLE minagri; ALTER DATABASE minagri OWNER TO minagri -- and set adoptionPolicy Adopt; or drop the database, if nobody needs it",
    },
  ])("refuses $what and says what a superuser must run", ({ world, statement }) => {
    for (const adopt of [false, true])
      expect(databasePlan({ desired, observed: observed(world), adopt })).toMatchObject({
        kind: "refused",
        reason: "PermissionMissing",
        message: expect.stringMatching(new RegExp(`: ${statement}$`)),
      });
  });

  it("adopts role and database, sets all that differs, and calls none of it drift", () => {
    const foreign = {
      role: { marker: undefined, connectionLimit: -1, createDatabase: true },
      database: { marker: undefined, openToPublic: true },
    };
    expect(plan(foreign, { adopt: true, passwordWorks: false })).toEqual({
      kinds: ["markRole", "alterRole", "setPassword", "markDatabase", "restrictDatabase"],
      drift: [],
    });
  });

  it("leaves the password when nobody tried it", () => {
    const changes = databasePlan({ desired, observed: observed(), adopt: false });
    expect(changes).toEqual({ kind: "plan", changes: [], drift: [] });
  });
});

describe("retainPlan", () => {
  const kinds = (world: World) => retainPlan({ desired, observed: observed(world) }).map((change) => change.kind);

  it.each<{ what: string; world: World; expected: string[] }>([
    { what: "role before database", world: {}, expected: ["alterRole", "allowConnections"] },
    {
      what: "nothing twice",
      world: { role: { canLogin: false }, database: { allowConnections: false } },
      expected: [],
    },
    {
      what: "a closed database that is still in use",
      world: { role: { canLogin: false }, database: { allowConnections: false, inUse: true } },
      expected: ["allowConnections"],
    },
    {
      what: "what was never finished",
      world: { database: { marker: undefined, allowConnections: false } },
      expected: ["alterRole", "markDatabase"],
    },
    { what: "a role without a database", world: { database: "absent" }, expected: ["alterRole"] },
    { what: "a database whose role is gone", world: { role: "absent" }, expected: ["allowConnections"] },
    {
      what: "nothing of somebody else's",
      world: { role: { marker: "theirs" }, database: { marker: "theirs" } },
      expected: [],
    },
    {
      what: "nothing without marker",
      world: { role: { marker: undefined }, database: { marker: undefined } },
      expected: [],
    },
    { what: "nothing where nothing is", world: nothing, expected: [] },
  ])("closes $what", ({ world, expected }) => {
    expect(kinds(world)).toEqual(expected);
  });

  it("only ever closes", () => {
    for (const change of retainPlan({ desired, observed: observed() }))
      expect(change).toMatchObject(change.kind === "alterRole" ? { login: false } : { allowed: false });
  });
});

describe("erasePlan", () => {
  it.each<{ what: string; world: World; expected: string[] }>([
    { what: "database before role", world: {}, expected: ["dropDatabase", "dropRole"] },
    {
      what: "an unmarked database of our role, after marking it",
      world: { database: { marker: undefined } },
      expected: ["markDatabase", "dropDatabase", "dropRole"],
    },
    { what: "a role alone", world: { database: "absent" }, expected: ["dropRole"] },
    { what: "a database alone", world: { role: "absent" }, expected: ["dropDatabase"] },
    {
      what: "the role, and not a database of somebody else",
      world: { database: { marker: "theirs" } },
      expected: ["dropRole"],
    },
    {
      what: "the role, and not an unmarked database that another role owns",
      world: { database: { marker: undefined, owner: "other" } },
      expected: ["dropRole"],
    },
    {
      what: "nothing of somebody else's",
      world: { role: { marker: "theirs" }, database: { marker: "theirs" } },
      expected: [],
    },
    {
      what: "nothing without marker",
      world: { role: { marker: undefined }, database: { marker: undefined } },
      expected: [],
    },
    { what: "nothing where nothing is", world: nothing, expected: [] },
  ])("drops $what", ({ world, expected }) => {
    expect(erasePlan({ desired, observed: observed(world) }).map((change) => change.kind)).toEqual(expected);
  });
});

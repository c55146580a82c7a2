import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasePlan } from "../../operator/postgres/plan.ts";
import type { DatabaseChange, DatabaseDesired, PostgresApi } from "../../operator/postgres/postgres-api.ts";
import { AlreadyExistsError, ConflictError, TransientError } from "../../operator/runtime/errors.ts";
import { erase, provide, retain, type Story, type Wishes } from "../support/database-story.ts";
import type { Edit } from "../support/in-memory-postgres-edits.ts";
import { inMemoryWorld, type PostgresWorld, RealPostgresWorld } from "../support/postgres-worlds.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";

const never = new AbortController().signal;
const password = "correct-horse-battery-staple";
const markerOf = (name: string) => JSON.stringify({ installation: "here", module: "PostgreSQL", tenant: name });

const worlds: readonly { readonly of: string; readonly open: () => Promise<PostgresWorld> }[] = [
  { of: "the in-memory double", open: () => Promise.resolve(inMemoryWorld()) },
  { of: "PostgreSQL", open: () => RealPostgresWorld.open() },
];

describe.each(worlds)("the port of PostgreSQL over $of", ({ open }) => {
  let world: PostgresWorld;
  let api: PostgresApi;

  beforeAll(async () => {
    world = await open();
    api = world.connect();
  });

  afterAll(async () => {
    await world.close();
  });

  const desiredOf = (name: string): DatabaseDesired => ({
    role: name,
    database: name,
    marker: markerOf(name),
    connectionLimit: 50,
  });
  const storyOf = (name: string): Story => ({ api, desired: desiredOf(name), password });
  const observe = (name: string) => api.observe({ role: name, database: name }, never);
  const login = (name: string, options: { password?: string; database?: string } = {}) =>
    api.login({ role: name, password, database: name, ...options }, never);

  async function provided(prefix: string): Promise<Story> {
    const story = storyOf(uniqueName(prefix));
    await provide(story);
    return story;
  }

  /** Exactly what a fresh creation leaves. */
  const expectFresh = async (name: string) => {
    expect(await observe(name)).toEqual({
      serverVersion: expect.any(Number),
      role: {
        canLogin: true,
        superuser: false,
        createDatabase: false,
        createRole: false,
        replication: false,
        bypassRowSecurity: false,
        connectionLimit: 50,
        marker: markerOf(name),
        memberOf: [],
        heldByPlatform: false,
      },
      database: {
        owner: name,
        encoding: "UTF8",
        collation: "C",
        marker: markerOf(name),
        allowConnections: true,
        openToPublic: false,
        closedToOwner: false,
        inUse: false,
      },
    });
    expect(await login(name)).toEqual({ kind: "ok" });
  };

  describe("making", () => {
    test("role and database are absent before", async () => {
      expect(await observe(uniqueName("absent"))).toMatchObject({ role: undefined, database: undefined });
    });

    test("role, database and markers are there after one pass, and nobody but the owner may connect", async () => {
      const { desired } = await provided("fresh");
      await expectFresh(desired.role);
    });

    test("the second pass changes nothing", async () => {
      const story = await provided("twice");
      const before = await world.snapshot(story.desired.role);
      expect(await provide(story)).toMatchObject({ drift: [], corrected: false });
      expect(await world.snapshot(story.desired.role)).toEqual(before);
    });

    test("every change may be made twice", async () => {
      const { desired } = storyOf(uniqueName("repeat"));
      const plan = databasePlan({ desired, observed: await observe(desired.role), adopt: false });
      const changes = plan.kind === "plan" ? plan.changes : [];
      const more: DatabaseChange[] = [
        { kind: "setPassword", role: desired.role, why: "" },
        { kind: "markRole", role: desired.role, marker: desired.marker, why: "" },
        { kind: "alterRole", role: desired.role, connectionLimit: 50, login: true, why: "" },
      ];
      for (const change of [...changes, ...more]) {
        await api.execute(change, { password, signal: never });
        await api.execute(change, { password, signal: never });
      }
      await eventually(() => expectFresh(desired.role));
    });

    test("four passes at once end like one", async () => {
      const story = storyOf(uniqueName("race"));
      await Promise.allSettled([provide(story), provide(story), provide(story), provide(story)]);
      await eventually(async () => {
        expect(await provide(story)).toMatchObject({ drift: [] });
        await expectFresh(story.desired.role);
      });
    });

    test("the platform's rights are told", async () => {
      expect(await api.platformRights(never)).toMatchObject({
        createDatabase: true,
        createRole: true,
        superuser: false,
      });
    });
  });

  describe("a table of an application", () => {
    test("that is not there has no count", async () => {
      const { desired } = await provided("rows");
      expect(await api.countRows({ ...desired, password }, "background_updates", never)).toBeUndefined();
    });

    test("has as many rows as it has, asked as its owner", async () => {
      const { desired } = await provided("rows");
      await world.addTable(desired.database, { name: "background_updates", rows: 3, password });
      expect(await api.countRows({ ...desired, password }, "background_updates", never)).toBe(3);
    });

    test("is told to nobody whose password is wrong, and the password to nobody", async () => {
      const { desired } = await provided("rows");
      const asked = api.countRows({ ...desired, password: "another-password" }, "background_updates", never);
      const error: unknown = await asked.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ constructor: TransientError, reason: "PermissionMissing" });
      expect(String(error)).not.toContain("another-password");
    });
  });

  describe("a login", () => {
    test.each<{ what: string; because: string; with?: { password?: string; database?: string }; edit?: Edit }>([
      { what: "with another password", because: "password", with: { password: "guess" } },
      { what: "of a role without a password", because: "password", edit: "no password" },
      { what: "of a role that may not log in", because: "access", edit: "NOLOGIN" },
      { what: "of a role that may have no connection", because: "access", edit: "CONNECTION LIMIT 0" },
      { what: "to a database that does not exist", because: "access", with: { database: "doesnotexist" } },
      { what: "to a database that takes no connections", because: "access", edit: "database closed" },
      { what: "to a database that is closed to its owner", because: "access", edit: "database closed to its owner" },
    ])("$what is refused for its $because", async ({ because, with: options, edit }) => {
      const { desired } = await provided("login");
      if (edit !== undefined) await world.edit(desired.role, edit);
      const result = await login(desired.role, options);
      expect(result).toEqual({ kind: "refused", because, message: expect.stringMatching(/^.+ \(SQLSTATE \w{5}\)$/) });
      expect(JSON.stringify(result)).not.toContain(options?.password ?? password);
    });

    test("of a role that does not exist is refused as a wrong password is, so that nobody can try names", async () => {
      expect(await login(uniqueName("nobody"))).toMatchObject({ kind: "refused", because: "password" });
    });

    test("to the database of another tenant is refused", async () => {
      const mine = await provided("mine");
      const theirs = await provided("theirs");
      expect(await login(mine.desired.role, { database: theirs.desired.database })).toMatchObject({
        kind: "refused",
        because: "access",
      });
    });

    test("is refused, and not taken for a server that is full, when the role uses up its connections", async () => {
      const { desired } = await provided("busy");
      await world.openSession(desired.role, password);
      await world.edit(desired.role, "CONNECTION LIMIT 1");
      expect(await login(desired.role)).toMatchObject({ kind: "refused", because: "access" });
    });
  });

  describe("what somebody else made", () => {
    const foreign: readonly { what: string; wishes: Wishes; make: (name: string) => Promise<void> }[] = [
      { what: "a role without marker", wishes: {}, make: (name) => world.addRole(name) },
      { what: "a role with another marker", wishes: {}, make: (name) => world.addRole(name, { marker: "theirs" }) },
      {
        what: "a role with another marker, though adoption is allowed",
        wishes: { adopt: true },
        make: (name) => world.addRole(name, { marker: "theirs", administered: true }),
      },
      {
        what: "a database without marker",
        wishes: {},
        make: async (name) => {
          await world.addRole(`${name}owner`);
          await world.addDatabase(name, `${name}owner`);
        },
      },
      {
        what: "a database with another marker, though adoption is allowed",
        wishes: { adopt: true },
        make: async (name) => {
          await world.addRole(name, { administered: true });
          await world.addDatabase(name, name, "theirs");
        },
      },
    ];

    test.each(foreign)("is refused and left as it is: $what", async ({ wishes, make }) => {
      const story = storyOf(uniqueName("foreign"));
      await make(story.desired.role);
      const before = await world.snapshot(story.desired.role);
      await expect(provide(story, wishes)).rejects.toMatchObject({ name: "TerminalError", reason: "NotOwned" });
      await retain(story);
      await erase(story);
      expect(await world.snapshot(story.desired.role)).toEqual(before);
    });

    test("appears between look and change: the role is left alone", async () => {
      const { desired } = storyOf(uniqueName("foreign"));
      await world.addRole(desired.role, { marker: "theirs" });
      const before = await world.snapshot(desired.role);
      const { role, marker } = desired;
      const making = { kind: "createRole", role, marker, connectionLimit: 50, why: "" } as const;
      await expect(api.execute(making, { password, signal: never })).rejects.toThrow(AlreadyExistsError);
      const dropping = { kind: "dropRole", role, marker, why: "" } as const;
      await expect(api.execute(dropping, { signal: never })).rejects.toThrow(ConflictError);
      expect(await world.snapshot(desired.role)).toEqual(before);
    });

    test("appears between look and change: the database is left alone", async () => {
      const { desired } = await provided("foreign");
      await world.edit(desired.role, "database dropped");
      await world.addRole(`${desired.role}owner`);
      await world.addDatabase(desired.database, `${desired.role}owner`);
      const before = await world.snapshot(desired.role);
      const making = { kind: "createDatabase", database: desired.database, owner: desired.role, why: "" } as const;
      await expect(api.execute(making, { signal: never })).rejects.toThrow(AlreadyExistsError);
      expect(await world.snapshot(desired.role)).toEqual(before);
    });

    test("put its marker on a database of ours: the drop looks again and refuses", async () => {
      const { desired } = await provided("foreign");
      await world.edit(desired.role, "database with another marker");
      const before = await world.snapshot(desired.role);
      const dropping = { kind: "dropDatabase", database: desired.database, marker: desired.marker, why: "" } as const;
      await expect(api.execute(dropping, { signal: never })).rejects.toThrow(ConflictError);
      expect(await world.snapshot(desired.role)).toEqual(before);
    });

    test("is taken over where adoption is allowed and the platform's role administers it", async () => {
      const story = storyOf(uniqueName("adopted"));
      await world.addRole(story.desired.role, { administered: true });
      await world.addDatabase(story.desired.database, story.desired.role);
      expect(await provide(story, { adopt: true })).toMatchObject({ drift: [] });
      await expectFresh(story.desired.role);
    });

    test("cannot be taken over by a platform role that does not administer it", async () => {
      const story = storyOf(uniqueName("adopted"));
      await world.addRole(story.desired.role);
      const before = await world.snapshot(story.desired.role);
      await expect(provide(story, { adopt: true })).rejects.toMatchObject({
        name: "TransientError",
        reason: "PermissionMissing",
      });
      expect(await world.snapshot(story.desired.role)).toEqual(before);
    });
  });

  describe("a change by hand", () => {
    const drifts: readonly { edit: Edit; says: string }[] = [
      { edit: "NOLOGIN", says: "it may not log in" },
      { edit: "CONNECTION LIMIT 1", says: "connection limit is 1, not 50" },
      { edit: "CONNECTION LIMIT 0", says: "connection limit is 0, not 50" },
      { edit: "CREATEDB", says: "it may create databases" },
      { edit: "CREATEROLE", says: "it may create roles" },
      { edit: "another password", says: "its password was not accepted" },
      { edit: "no password", says: "its password was not accepted" },
      { edit: "database open to PUBLIC", says: "every role of the server may connect to it" },
      { edit: "database closed to its owner", says: "its owner may not connect to it" },
      { edit: "database without marker", says: "its marker was removed" },
    ];

    test.each(drifts)("is found and mended: $edit", async ({ edit, says }) => {
      const story = await provided("drift");
      await world.edit(story.desired.role, edit);
      const report = await provide(story);
      expect(report.drift).toEqual([expect.stringContaining(says)]);
      expect(report.corrected).toBe(true);
      await expectFresh(story.desired.role);
    });

    test.each(drifts)("is told and left where differences are only reported: $edit", async ({ edit, says }) => {
      const story = await provided("report");
      await world.edit(story.desired.role, edit);
      const before = await world.snapshot(story.desired.role);
      const report = await provide(story, { correct: false });
      expect(report.drift).toEqual([expect.stringContaining(says)]);
      expect(report.corrected).toBe(false);
      expect(await world.snapshot(story.desired.role)).toEqual(before);
    });

    test("is mended though the tenant uses up the connections that it left", async () => {
      const story = await provided("limit");
      await world.edit(story.desired.role, "CONNECTION LIMIT 1");
      await world.openSession(story.desired.role, password);
      expect(await provide(story)).toMatchObject({ corrected: true });
      expect(await login(story.desired.role)).toEqual({ kind: "ok" });
    });

    test.each<{ edit: Edit; says: string }>([
      { edit: "SUPERUSER", says: "NOSUPERUSER" },
      { edit: "REPLICATION", says: "NOREPLICATION" },
      { edit: "BYPASSRLS", says: "NOBYPASSRLS" },
      { edit: "member of another role", says: "REVOKE " },
    ])("that only a superuser can take back is refused, with the statement: $edit", async ({ edit, says }) => {
      const story = await provided("excess");
      await world.edit(story.desired.role, edit);
      const before = await world.snapshot(story.desired.role);
      await expect(provide(story)).rejects.toMatchObject({
        name: "TerminalError",
        reason: "PermissionMissing",
        message: expect.stringContaining(says),
      });
      expect(await world.snapshot(story.desired.role)).toEqual(before);
    });

    test("that took the marker from the role makes it somebody else's, until it is adopted", async () => {
      const story = await provided("unmarked");
      await world.edit(story.desired.role, "role without marker");
      await expect(provide(story)).rejects.toMatchObject({ reason: "NotOwned" });
      await provide(story, { adopt: true });
      await expectFresh(story.desired.role);
    });
  });

  describe("retention", () => {
    test("shuts the tenant out and ends its sessions", async () => {
      const story = await provided("retained");
      const alive = await world.openSession(story.desired.role, password);
      await retain(story);
      expect(await observe(story.desired.role)).toMatchObject({
        role: { canLogin: false },
        database: { allowConnections: false },
      });
      expect(await login(story.desired.role)).toMatchObject({ kind: "refused", because: "access" });
      await eventually(async () => {
        expect(await alive()).toBe(false);
      });
    });

    test("ends the sessions that a crash between closing and ending them left", async () => {
      const story = await provided("retained");
      const alive = await world.openSession(story.desired.role, password);
      await world.edit(story.desired.role, "NOLOGIN");
      await world.edit(story.desired.role, "database closed");
      expect(await alive()).toBe(true);
      await retain(story);
      await eventually(async () => {
        expect(await alive()).toBe(false);
      });
    });

    test("of what is retained already changes nothing", async () => {
      const story = await provided("retained");
      await retain(story);
      const before = await world.snapshot(story.desired.role);
      await retain(story);
      expect(await world.snapshot(story.desired.role)).toEqual(before);
    });

    test.each([{ correct: true }, { correct: false }])(
      "ends when the owner returns, and that is no drift (correct: $correct)",
      async ({ correct }) => {
        const story = await provided("returned");
        await retain(story);
        expect(await provide(story, { correct })).toMatchObject({ drift: [], corrected: false });
        await expectFresh(story.desired.role);
      },
    );

    test("ends when the owner returns with a new Secret: the new password works, the old one no more", async () => {
      const story = await provided("returned");
      await retain(story);
      expect(await provide({ ...story, password: "another-password" })).toMatchObject({ drift: [] });
      expect(await login(story.desired.role, { password: "another-password" })).toEqual({ kind: "ok" });
      expect(await login(story.desired.role)).toMatchObject({ kind: "refused", because: "password" });
    });
  });

  describe("erasure", () => {
    const expectNothing = async (name: string) => {
      expect(await observe(name)).toMatchObject({ role: undefined, database: undefined });
    };

    test.each<{ of: string; before: (story: Story) => Promise<unknown> }>([
      { of: "what works", before: () => Promise.resolve() },
      { of: "what is in use", before: ({ desired }) => world.openSession(desired.role, password) },
      { of: "what is retained", before: retain },
      { of: "a database without marker", before: ({ desired }) => world.edit(desired.role, "database without marker") },
      { of: "a role alone", before: ({ desired }) => world.edit(desired.role, "database dropped") },
    ])("of $of leaves nothing, and may be repeated", async ({ before }) => {
      const story = await provided("erased");
      await before(story);
      await erase(story);
      await expectNothing(story.desired.role);
      await erase(story);
      const { role, database, marker } = story.desired;
      await api.execute({ kind: "dropDatabase", database, marker, why: "" }, { signal: never });
      await api.execute({ kind: "dropRole", role, marker, why: "" }, { signal: never });
      await expectNothing(story.desired.role);
    });

    test("stops at a database of ours that bears another marker, and keeps its role", async () => {
      const story = await provided("erased");
      await world.edit(story.desired.role, "database with another marker");
      const before = await world.snapshot(story.desired.role);
      await expect(erase(story)).rejects.toMatchObject({ name: "TerminalError", reason: "RemovalBlocked" });
      expect(await world.snapshot(story.desired.role)).toEqual(before);
    });

    test("makes room for a new beginning under the same name", async () => {
      const story = await provided("erased");
      await erase(story);
      await provide(story);
      await expectFresh(story.desired.role);
    });
  });

  describe("failures", () => {
    const calls: readonly { what: string; call: (of: PostgresApi, signal: AbortSignal) => Promise<unknown> }[] = [
      { what: "look", call: (of, signal) => of.observe({ role: "anybody", database: "anybody" }, signal) },
      { what: "look at rights", call: (of, signal) => of.platformRights(signal) },
      {
        what: "log in",
        call: (of, signal) => of.login({ role: "anybody", database: "anybody", password }, signal),
      },
      {
        what: "create",
        call: (of, signal) =>
          of.execute(
            { kind: "createRole", role: "anybody", marker: "ours", connectionLimit: 50, why: "" },
            { password, signal },
          ),
      },
    ];
    const failure = async (call: Promise<unknown>): Promise<TransientError> => {
      const thrown: unknown = await call.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(thrown).toBeInstanceOf(TransientError);
      return thrown as TransientError;
    };

    test.each(calls)("a caller that has given up gets no further: $what", async ({ call }) => {
      expect(await failure(call(api, AbortSignal.abort()))).toMatchObject({
        reason: "DependencyUnavailable",
        message: expect.stringContaining("interrupted"),
      });
      expect(await observe("anybody")).toMatchObject({ role: undefined });
    });

    test.each(calls.filter(({ what }) => what !== "log in"))(
      "a platform password that the server refuses is told without the password: $what",
      async ({ call }) => {
        const stranger = world.connect({ ...world.server, password: "wrong-platform-password" });
        const error = await failure(call(stranger, never));
        expect(error.reason).toBe("PermissionMissing");
        expect(error.message).toContain(world.server.username);
        expect(`${error.message}${JSON.stringify(error.cause ?? "")}`).not.toContain("wrong-platform-password");
      },
    );

    test("a connection may be closed twice, and one that was never used", async () => {
      const other = world.connect();
      await other.close();
      await expect(other.close()).resolves.toBeUndefined();
    });

    test("a change that needs a password is a bug of ours without one", async () => {
      const change = { kind: "setPassword", role: "anybody", why: "" } as const;
      await expect(api.execute(change, { signal: never })).rejects.toMatchObject({ reason: "InternalError" });
    });

    test("a role that is gone by the time it is changed calls for another look", async () => {
      const change = { kind: "alterRole", role: "anybody", login: true, connectionLimit: 50, why: "" } as const;
      await expect(api.execute(change, { signal: never })).rejects.toThrow(ConflictError);
    });

    test("a database that is gone by the time it is changed calls for another look", async () => {
      const change = { kind: "markDatabase", database: "nowhere", marker: "ours", why: "" } as const;
      await expect(api.execute(change, { signal: never })).rejects.toMatchObject({ name: "WaitingError" });
    });
  });
});

describe("a PostgreSQL that does not answer", () => {
  const server = { host: "127.0.0.1", tls: "Disable", username: "platform", password } as const;

  test("at all is told as unavailable, by name and without a secret", async () => {
    const listener = createServer();
    const port = await new Promise<number>((resolve) => {
      listener.listen(0, "127.0.0.1", () => {
        resolve((listener.address() as { port: number }).port);
      });
    });
    await new Promise((resolve) => listener.close(resolve));
    const world = await RealPostgresWorld.open();
    const api = world.connect({ ...server, port });
    for (const call of [
      () => api.observe({ role: "a", database: "a" }, never),
      () => api.login({ role: "a", database: "a", password }, never),
      () => api.execute({ kind: "setPassword", role: "a", why: "" }, { password, signal: never }),
    ]) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "TransientError", reason: "DependencyUnavailable" });
      expect((error as Error).message).toContain(`127.0.0.1:${port}`);
      expect((error as Error).message).not.toContain(password);
    }
    await world.close();
  });

  test.each<{ what: string; call: (api: PostgresApi, signal: AbortSignal) => Promise<unknown> }>([
    { what: "look", call: (api, signal) => api.observe({ role: "a", database: "a" }, signal) },
    { what: "log in", call: (api, signal) => api.login({ role: "a", database: "a", password }, signal) },
  ])("though it takes the connection does not keep a caller that gives up: $what", async ({ call }) => {
    const sockets: { destroy(): void }[] = [];
    const connected = Promise.withResolvers<undefined>();
    const silent = createServer((socket) => {
      sockets.push(socket);
      connected.resolve(undefined);
    });
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, "127.0.0.1", () => {
        resolve((silent.address() as { port: number }).port);
      });
    });
    const world = await RealPostgresWorld.open();
    const abort = new AbortController();
    const outcome = call(world.connect({ ...server, port }), abort.signal).catch((thrown: unknown) => thrown);
    await connected.promise;
    abort.abort();
    expect(await outcome).toMatchObject({
      reason: "DependencyUnavailable",
      message: expect.stringContaining("interrupted before the end"),
    });
    for (const socket of sockets) socket.destroy();
    silent.close();
    await world.close();
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContextDesired, OpenXchangeApi } from "../../operator/openxchange/openxchange-api.ts";
import { erasePlan, retainPlan } from "../../operator/openxchange/plan.ts";
import { AlreadyExistsError, ConflictError, TransientError } from "../../operator/runtime/errors.ts";
import { provideContext } from "../../operator/systems/context.ts";
import type { ExternalReport } from "../../operator/systems/database.ts";
import { type AppSuiteWorld, fakeWorld, type HandMade, inMemoryWorld } from "../support/app-suite-worlds.ts";
import { uniqueName } from "../support/test-cluster.ts";

const never = new AbortController().signal;
const password = "correct-horse-battery-staple";
const markerOf = (name: string) => JSON.stringify({ installation: "here", module: "OpenXchange", tenant: name });

const worlds: readonly { readonly of: string; readonly open: () => Promise<AppSuiteWorld> }[] = [
  { of: "the in-memory double", open: () => Promise.resolve(inMemoryWorld()) },
  { of: "a FAKE App Suite", open: () => fakeWorld({ tellsFaultClasses: true }) },
  { of: "a FAKE App Suite that keeps the classes of its faults", open: () => fakeWorld({ tellsFaultClasses: false }) },
];

describe.each(worlds)("the port of the App Suite over $of", ({ of, open }) => {
  let world: AppSuiteWorld;
  let api: OpenXchangeApi;
  const tellsClasses = !of.includes("keeps");

  beforeAll(async () => {
    world = await open();
    api = world.connect();
  });

  afterAll(async () => {
    await world.close();
  });

  const desiredOf = (name: string): ContextDesired => ({
    name,
    marker: markerOf(name),
    loginMappings: [`${name}.example`, `agents.${name}.example`],
    quotaMi: 5120,
    administrator: { name: "oxadmin", email: `oxadmin@${name}.example` },
  });
  const provide = (desired: ContextDesired, wishes: { adopt?: boolean; correct?: boolean } = {}) =>
    provideContext(
      { desired, server: "server", api, password },
      { adopt: false, correct: true, ...wishes, signal: never },
    );
  const retain = async (desired: ContextDesired): Promise<void> => {
    const observed = await api.observe(desired.name, never);
    for (const change of retainPlan({ desired, observed })) await api.execute(change, { signal: never });
  };
  const erase = async (desired: ContextDesired): Promise<void> => {
    const observed = await api.observe(desired.name, never);
    for (const change of erasePlan({ desired, observed })) await api.execute(change, { signal: never });
  };
  const login = async (name: string, word = password) => {
    const { id: contextId = 0 } = (await api.observe(name, never)) ?? {};
    return await api.administratorLogin({ contextId, username: "oxadmin", password: word }, never);
  };
  async function provided(prefix: string): Promise<ContextDesired> {
    const desired = desiredOf(uniqueName(prefix));
    await provide(desired);
    return desired;
  }
  const expectFresh = async ({ name, loginMappings }: ContextDesired): Promise<void> => {
    expect(await api.observe(name, never)).toEqual({
      id: expect.any(Number),
      name,
      enabled: true,
      loginMappings: [...loginMappings].sort(),
      quotaMi: 5120,
      marker: markerOf(name),
      applied: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    expect(await login(name)).toEqual({ kind: "ok" });
  };

  describe("making", () => {
    test("the context is absent before", async () => {
      expect(await api.observe(uniqueName("absent"), never)).toBeUndefined();
    });

    test("context, marker, quota, mail domains and administrator are there after one pass", async () => {
      await expectFresh(await provided("fresh"));
    });

    test("the second pass changes nothing", async () => {
      const desired = await provided("twice");
      const before = world.snapshot(desired.name);
      expect(await provide(desired)).toMatchObject({ drift: [], corrected: false });
      expect(world.snapshot(desired.name)).toEqual(before);
    });

    test("what happened meanwhile is told: a context of that name is not made twice", async () => {
      const context = await provided("race");
      const before = world.snapshot(context.name);
      const making = { kind: "create", context, applied: "x", why: "" } as const;
      await expect(api.execute(making, { password: "another", signal: never })).rejects.toThrow(AlreadyExistsError);
      expect(world.snapshot(context.name)).toEqual(before);
    });

    test("a mail domain that leads to somebody else's context stops it, and leaves that one alone", async () => {
      const theirs = await provided("theirs");
      const before = world.snapshot(theirs.name);
      const name = uniqueName("mine");
      const desired = { ...desiredOf(name), loginMappings: theirs.loginMappings };
      await expect(provide(desired)).rejects.toMatchObject(
        tellsClasses ? { name: "TerminalError" } : { reason: "DependencyUnavailable" },
      );
      expect(world.snapshot(theirs.name)).toEqual(before);
      expect(await api.observe(name, never)).toBeUndefined();
    });
  });

  describe("a new wish", () => {
    test("for quota and mail domains is carried out, and is no drift", async () => {
      const desired = await provided("wish");
      const wish = { ...desired, quotaMi: 10_240, loginMappings: [`new.${desired.name}.example`] };
      expect(await provide(wish, { correct: false })).toMatchObject({ drift: [], corrected: false });
      expect(await api.observe(desired.name, never)).toMatchObject({
        quotaMi: 10_240,
        loginMappings: wish.loginMappings,
        enabled: true,
      });
    });

    test("leaves the password of the administrator as it is", async () => {
      const desired = await provided("wish");
      await provide({ ...desired, quotaMi: 1 });
      expect(await login(desired.name)).toEqual({ kind: "ok" });
    });
  });

  describe("a change by hand", () => {
    const drifts: readonly { edit: HandMade; says: string }[] = [
      { edit: { quotaMi: 1 }, says: "maxQuota" },
      { edit: { loginMappings: [] }, says: "loginMappings" },
      { edit: { loginMappings: ["elsewhere.example"] }, says: "loginMappings" },
    ];

    test.each(drifts)("is found and mended: $edit", async ({ edit, says }) => {
      const desired = await provided("drift");
      world.edit(desired.name, edit);
      const report: ExternalReport = await provide(desired);
      expect(report.drift).toEqual([`contexts.${desired.name}.${says}`]);
      expect(report.corrected).toBe(true);
      await expectFresh(desired);
    });

    test.each(drifts)("is told and left where differences are only reported: $edit", async ({ edit, says }) => {
      const desired = await provided("report");
      world.edit(desired.name, edit);
      const before = world.snapshot(desired.name);
      const report = await provide(desired, { correct: false });
      expect(report.drift).toEqual([`contexts.${desired.name}.${says}`]);
      expect(report.corrected).toBe(false);
      expect(world.snapshot(desired.name)).toEqual(before);
      world.remove(desired.name);
    });

    test("that closed the context is undone", async () => {
      const desired = await provided("closed");
      world.edit(desired.name, { enabled: false });
      await provide(desired);
      await expectFresh(desired);
    });
  });

  describe("what somebody else made", () => {
    test.each<{ what: string; made: HandMade; adopt: boolean }>([
      { what: "a context without marker", made: {}, adopt: false },
      { what: "a context with another marker", made: { marker: "theirs" }, adopt: false },
      { what: "a context with another marker, though adoption is allowed", made: { marker: "theirs" }, adopt: true },
    ])("is refused and left as it is: $what", async ({ made, adopt }) => {
      const desired = desiredOf(uniqueName("foreign"));
      world.addContext(desired.name, made);
      const before = world.snapshot(desired.name);
      await expect(provide(desired, { adopt })).rejects.toMatchObject({ name: "TerminalError", reason: "NotOwned" });
      await retain(desired);
      await erase(desired);
      expect(world.snapshot(desired.name)).toEqual(before);
    });

    test("is taken over where adoption is allowed and nobody marked it", async () => {
      const desired = desiredOf(uniqueName("adopted"));
      world.addContext(desired.name, { enabled: false, quotaMi: 7 });
      expect(await provide(desired, { adopt: true })).toMatchObject({ drift: [], corrected: false });
      expect(await api.observe(desired.name, never)).toMatchObject({
        marker: desired.marker,
        quotaMi: 5120,
        enabled: true,
      });
    });

    test("put its marker on a context of ours: the deletion looks again and refuses", async () => {
      const { name, marker } = await provided("foreign");
      world.edit(name, { marker: "theirs" });
      const before = world.snapshot(name);
      const deleting = { kind: "delete", name, marker, why: "" } as const;
      await expect(api.execute(deleting, { signal: never })).rejects.toThrow(ConflictError);
      expect(world.snapshot(name)).toEqual(before);
    });
  });

  describe("the end", () => {
    test("with Retain closes the context, and the return opens it as it was", async () => {
      const desired = await provided("kept");
      await retain(desired);
      expect(await api.observe(desired.name, never)).toMatchObject({ enabled: false, quotaMi: 5120 });
      expect(await provide(desired)).toMatchObject({ drift: [] });
      await expectFresh(desired);
    });

    test("with Delete leaves nothing, and may come twice", async () => {
      const desired = await provided("gone");
      await erase(desired);
      const { name, marker } = desired;
      await api.execute({ kind: "delete", name, marker, why: "" }, { signal: never });
      expect(world.snapshot(name)).toBeUndefined();
    });

    test("of a context that is gone has nothing to change", async () => {
      const name = uniqueName("nobody");
      const closing = api.execute({ kind: "disable", name, why: "" }, { signal: never });
      if (tellsClasses) await expect(closing).rejects.toThrow(ConflictError);
      else await expect(closing).rejects.toThrow(TransientError);
    });
  });

  describe("accounts", () => {
    test("the administrator of a context is refused with another password, which nobody is told", async () => {
      const { name } = await provided("login");
      const answer = await login(name, "another-password");
      expect(answer).toEqual({ kind: "refused" });
      expect(JSON.stringify(answer)).not.toContain("another-password");
    });

    test("the master administrator is proved by a question", async () => {
      await expect(api.ping(never)).resolves.toBeUndefined();
    });

    test.each([
      ["ping", (other: OpenXchangeApi) => other.ping(never)],
      ["look", (other: OpenXchangeApi) => other.observe("anything", never)],
    ])("a wrong master password says so at the first %s, and is told to nobody", async (_what, ask) => {
      const other = world.connect({ ...world.server, password: "wrong-master-password" });
      const error: unknown = await ask(other).catch((thrown: unknown) => thrown);
      const reason = tellsClasses ? "PermissionMissing" : "DependencyUnavailable";
      expect(error).toMatchObject({ constructor: TransientError, reason });
      expect(String(error)).toMatch(/master administrator/);
      expect(String(error)).not.toContain("wrong-master-password");
    });
  });

  describe("the way in for people", () => {
    test("is where the host sends them", async () => {
      world.sendLogins("mail.meteo.example", "https://sso.example/realms/meteo/auth?client_id=x");
      const { webServer: server } = world;
      expect(await api.loginPath({ server, host: "mail.meteo.example" }, never)).toEqual({
        status: 302,
        location: "https://sso.example/realms/meteo/auth?client_id=x",
      });
    });

    test("is closed for a host that the server does not know", async () => {
      const answer = await api.loginPath({ server: world.webServer, host: "mail.other.example" }, never);
      expect(answer).toEqual({ status: 403, location: undefined });
    });
  });
});

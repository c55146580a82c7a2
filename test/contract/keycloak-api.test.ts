import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import { type ClientDesired, clientPlan, endClientPlan, webClient } from "../../operator/keycloak/client-plan.ts";
import type { KeycloakApi, ObservedRealm, RealmChange, ServiceAccount } from "../../operator/keycloak/keycloak-api.ts";
import { appliedAttribute, appliedText, wishes } from "../../operator/keycloak/applied.ts";
import { creationBody, endRealmPlan, markerAttribute, realmPlan } from "../../operator/keycloak/plan.ts";
import type { RealmInput } from "../../operator/modules/keycloak/realm-representation.ts";
import { AlreadyExistsError, TerminalError, TransientError, WaitingError } from "../../operator/runtime/errors.ts";
import { InMemoryKeycloakApi } from "../support/in-memory-keycloak-api.ts";
import { KeycloakConsole } from "../support/keycloak-console.ts";
import { markerOf, never, ProvidedRealm, realmOf } from "../support/realm-fixture.ts";
import { uniqueName } from "../support/test-cluster.ts";
import { testServers } from "../support/test-servers.ts";

/** A Keycloak, and what its console can do that the port cannot. */
interface Subject {
  readonly api: KeycloakApi;
  readonly platform: ServiceAccount;
  issuer(realm: string): string;
  clientIds(realm: string): Promise<string[]>;
  usernames(realm: string): Promise<string[]>;
  setRequirement(realm: string, authenticator: string, requirement: string): Promise<void>;
  changeOwnClient(realm: string, fields: Readonly<Record<string, unknown>>): Promise<void>;
}

const platformOfDouble = { realm: "master", clientId: "socle-platform", clientSecret: "correct" };

function inMemory(): Subject {
  const platform = platformOfDouble;
  const api = new InMemoryKeycloakApi({ platform });
  return {
    api,
    platform,
    issuer: (realm) => `https://sso.example/realms/${realm}`,
    clientIds: (realm) => Promise.resolve(api.namesOf(realm, "clients")),
    usernames: (realm) => Promise.resolve(api.namesOf(realm, "users")),
    setRequirement: (realm, authenticator, requirement) => {
      api.setRequirement(realm, authenticator, requirement);
      return Promise.resolve();
    },
    changeOwnClient: (realm, fields) => {
      api.setClient(realm, "socle-operator", fields);
      return Promise.resolve();
    },
  };
}

function real(): Subject {
  const { url, clientId, clientSecret } = testServers().keycloak;
  const platform = { realm: "master", clientId, clientSecret };
  const console = new KeycloakConsole(url, platform);
  return {
    api: new HttpKeycloakApi({ adminUrl: url }, Date.now),
    platform,
    issuer: (realm) => `${url}/realms/${realm}`,
    clientIds: (realm) => console.clientIds(realm),
    usernames: (realm) => console.usernames(realm),
    setRequirement: (realm, authenticator, requirement) => console.setRequirement(realm, authenticator, requirement),
    changeOwnClient: async (realm, fields) => {
      await console.send("PUT", `/${realm}/clients/${await console.clientUuid(realm, "socle-operator")}`, fields);
    },
  };
}

function byHand(method: RealmChange["method"], path: string, body?: unknown): RealmChange {
  return { kind: "sub-resource", method, path, ...(body === undefined ? {} : { body }), fields: [], why: "by hand" };
}

/** Every pair of the two settings that decide about logins, with the limits of the third; nothing at all is the first pair. */
const combinations: readonly RealmInput["spec"][] = [
  {},
  { mfa: "Required", localAccounts: "BreakGlassOnly", sessionMaxHours: 24 },
  { mfa: "RequiredForAdmins", localAccounts: "Enabled", sessionMaxHours: 8 },
  { mfa: "RequiredForAdmins", localAccounts: "BreakGlassOnly", sessionMaxHours: 10 },
  { mfa: "Optional", localAccounts: "Enabled", sessionMaxHours: 24 },
  { mfa: "Optional", localAccounts: "BreakGlassOnly", sessionMaxHours: 1 },
];

/** Another value that Keycloak takes too. */
const otherText: Readonly<Record<string, string>> = {
  displayName: "Autre",
  sslRequired: "none",
  defaultSignatureAlgorithm: "ES256",
  passwordPolicy: "length(4)",
  otpPolicyType: "hotp",
  otpPolicyAlgorithm: "HmacSHA256",
  defaultLocale: "en",
};

function otherValue(key: string, value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (key === "otpPolicyDigits") return 8;
  if (typeof value === "number") return value + 1;
  if (key === "supportedLocales") return ["fr"];
  if (key === "browserSecurityHeaders") return { xFrameOptions: "" };
  return otherText[key];
}

/** The server takes the policy of codes whole or not at all. */
function together(key: string): Readonly<Record<string, unknown>> {
  return key.startsWith("otpPolicy")
    ? Object.fromEntries(settings.filter(([other]) => other.startsWith("otpPolicy")))
    : {};
}

const settings = Object.entries(realmOf("example").settings).filter(([key]) => key !== "enabled");

describe.each([
  ["in memory", inMemory],
  ["the real Keycloak", real],
])("KeycloakApi, %s", (_name, subjectOf) => {
  const subject = subjectOf();
  const { api, platform } = subject;
  const made = new Set<string>();

  function realm(spec: RealmInput["spec"] = {}): ProvidedRealm {
    const provided = new ProvidedRealm(realmOf(uniqueName("kc"), spec), { api, platform });
    made.add(provided.name);
    return provided;
  }

  async function look(name: string, account = platform): Promise<ObservedRealm> {
    const observed = await api.observeRealm(account, name, never);
    if (observed === undefined) throw new Error(`There is no realm ${name}.`);
    return observed;
  }

  async function change(name: string, wanted: RealmChange): Promise<void> {
    await api.execute({ account: platform, realm: name, change: wanted }, never);
  }

  /** For tests that leave it as it was. */
  const shared = realm();

  beforeAll(async () => {
    await shared.provide();
  });

  afterAll(async () => {
    for (const name of made)
      await change(name, { kind: "delete", method: "DELETE", path: "", fields: [], why: "the test is over" });
    await api.close();
  });

  /** The same realm, wished for otherwise. */
  function wishing(first: ProvidedRealm, spec: RealmInput["spec"], through: KeycloakApi = api): ProvidedRealm {
    const other = new ProvidedRealm(realmOf(first.name, spec), { api: through, platform });
    other.clientSecret = first.clientSecret;
    return other;
  }

  /** The server, to an operator that dies after so many changes. */
  function endingAfter(most: number): KeycloakApi {
    let done = 0;
    const execute: KeycloakApi["execute"] = async (call, signal) => {
      if (done === most) throw new Error("The operator is gone.");
      done += 1;
      await api.execute(call, signal);
    };
    return new Proxy(api, {
      get: (target, property): unknown => {
        const found: unknown = Reflect.get(target, property);
        if (property === "execute") return execute;
        return typeof found === "function" ? (found.bind(target) as unknown) : found;
      },
    });
  }

  it("answers a ping", async () => {
    await expect(api.ping(never)).resolves.toBeUndefined();
  });

  it("tells what the platform account may do", async () => {
    expect((await api.platformRights(platform, never)).realmRoles).toEqual(["create-realm"]);
  });

  // The region once called a deleted realm a right too many: its token was older than the deletion.
  it("tells of the platform account's rights of now, not of those that its token had", async () => {
    const ours = realm();
    await ours.provide();
    const rights = async () => (await api.platformRights(platform, never)).clientRoles;
    expect(await rights()).toContain(`${ours.name}-realm`);
    await change(ours.name, { kind: "delete", method: "DELETE", path: "", fields: [], why: "it is over" });
    made.delete(ours.name);
    expect(await rights()).not.toContain(`${ours.name}-realm`);
  });

  it("knows whether a realm exists", async () => {
    const absent = new ProvidedRealm(realmOf(uniqueName("kc")), { api, platform });
    expect(await api.realmExists(platform, absent.name, never)).toBe(false);
    expect(await api.observeRealm(platform, absent.name, never)).toBeUndefined();
    expect(await api.observeRealm(absent.own, absent.name, never)).toBeUndefined();
    expect(await api.realmExists(platform, shared.name, never)).toBe(true);
  });

  it.each(combinations)("a realm just made with %j shows no difference, and its own account works", async (spec) => {
    const ours = realm(spec);
    expect(await ours.provide()).toMatchObject({ drift: [], corrected: false });
    const observed = await look(ours.name, ours.own);
    expect(realmPlan({ desired: ours.desired, observed, adopt: false, correct: true })).toEqual({
      kind: "plan",
      changes: [],
      drift: [],
    });
    expect(await api.probeRealm(ours.own, subject.issuer(ours.name), never)).toMatchObject({ ok: true });
    expect(await api.probeRealm(ours.own, "https://other.example/realms/x", never)).toMatchObject({ ok: false });
  });

  it("a realm becomes any other combination in one pass, and rests", async () => {
    for (const spec of combinations.toReversed()) {
      const other = wishing(shared, spec);
      expect(await other.provide()).toMatchObject({ drift: [], corrected: false });
      const observed = await look(shared.name, shared.own);
      expect(realmPlan({ desired: other.desired, observed, adopt: false, correct: true })).toMatchObject({
        changes: [],
      });
      expect(observed.representation["ssoSessionMaxLifespan"]).toBe((spec.sessionMaxHours ?? 10) * 3600);
    }
  });

  it("a second create of the same realm is AlreadyExistsError", async () => {
    const body = creationBody(shared.desired, { serviceAccountSecret: "another", oneTimePassword: "another" });
    const create = { kind: "create", method: "POST", path: "", body, fields: [], why: "again" } as const;
    await expect(change(shared.name, create)).rejects.toBeInstanceOf(AlreadyExistsError);
    expect(await api.probeRealm(shared.own, subject.issuer(shared.name), never)).toMatchObject({ ok: true });
  });

  it("a field that the server does not know is InvalidSpec", async () => {
    const nonsense = byHand("PUT", "", { nonsense: true });
    await expect(change(shared.name, nonsense)).rejects.toMatchObject({
      constructor: TerminalError,
      reason: "InvalidSpec",
    });
  });

  describe("drift", () => {
    const ours = shared;

    async function expectRepair(field: string): Promise<void> {
      const plan = realmPlan({
        desired: ours.desired,
        observed: await look(ours.name),
        adopt: false,
        correct: true,
      });
      if (plan.kind !== "plan") throw new Error(plan.message);
      expect(plan.changes.filter((one) => one.fields.includes(field))).toHaveLength(1);
      expect(await ours.provide()).toMatchObject({
        drift: expect.arrayContaining([field]) as unknown,
        corrected: true,
      });
      expect(await ours.provide()).toMatchObject({ drift: [], corrected: false });
    }

    it.each(settings)("of setting %s is named and put back", async (key, value) => {
      await change(ours.name, byHand("PUT", "", { ...together(key), [key]: otherValue(key, value) }));
      await expectRepair(
        key === "browserSecurityHeaders" ? "realm.browserSecurityHeaders.xFrameOptions" : `realm.${key}`,
      );
    });

    it.each([
      ["the end of administrators' events", "adminEventsExpiration", "0"],
      ["the legal identifier", "socle.dev/legal-identifier", "SIREN:000000000"],
    ])("of %s is named and put back", async (_what, attribute, value) => {
      const live = (await look(ours.name)).representation["attributes"] as Record<string, string>;
      await change(ours.name, byHand("PUT", "", { attributes: { ...live, [attribute]: value } }));
      await expectRepair(`realm.attributes.${attribute}`);
    });

    it.each([
      [
        "the profile",
        "userProfile.siret",
        (): RealmChange => {
          const attributes = (ours.desired.userProfile["attributes"] as { name: string }[]).filter(
            ({ name }) => name !== "siret",
          );
          return byHand("PUT", "/users/profile", { attributes });
        },
      ],
      ["a role", "roles.suite-user", () => byHand("DELETE", "/roles/suite-user")],
      [
        "what a role says",
        "roles.break-glass.description",
        () => byHand("PUT", "/roles/break-glass", { name: "break-glass", description: "Other" }),
      ],
      [
        "a required action",
        "requiredActions.CONFIGURE_TOTP.enabled",
        () =>
          byHand("PUT", "/authentication/required-actions/CONFIGURE_TOTP", {
            alias: "CONFIGURE_TOTP",
            name: "Configure OTP",
            providerId: "CONFIGURE_TOTP",
            enabled: false,
            defaultAction: false,
            priority: 54,
            config: {},
          }),
      ],
      ["the flow of browsers", "realm.browserFlow", () => byHand("PUT", "", { browserFlow: "browser" })],
      [
        "the flow of the password grant",
        "realm.directGrantFlow",
        () => byHand("PUT", "", { directGrantFlow: "direct grant" }),
      ],
    ])("of %s is named and put back", async (_what, field, edit) => {
      await change(ours.name, edit());
      await expectRepair(field);
    });

    it("of a step inside the login flow is named, and the flow is replaced by a whole one", async () => {
      for (let round = 0; round < 3; round += 1) {
        await subject.setRequirement(ours.name, "auth-otp-form", "DISABLED");
        await expectRepair("flows.browserFlow.password.auth-otp-form.requirement");
      }
      const flows = (await look(ours.name)).representation["authenticationFlows"] as { alias: string }[];
      expect(flows.map(({ alias }) => alias).filter((alias) => /^socle-browser(-2)?$/.test(alias))).toHaveLength(1);
    });

    it("is only reported where nothing may be corrected", async () => {
      await change(ours.name, byHand("PUT", "", { registrationAllowed: true }));
      const report = { drift: ["realm.registrationAllowed"], corrected: false };
      expect(await ours.provide({ correct: false })).toMatchObject(report);
      expect(await ours.provide({ correct: false })).toMatchObject(report);
      await expectRepair("realm.registrationAllowed");
    });
  });

  describe("a new wish", () => {
    const first = realm();
    const digests = async (): Promise<unknown> =>
      ((await look(first.name)).representation["attributes"] as Record<string, string>)[appliedAttribute];

    beforeAll(async () => {
      await first.provide();
    });

    /** One look more, which must find nothing of ours undone. */
    async function expectRest(wish: ProvidedRealm, drift: readonly string[]): Promise<void> {
      const before = await look(first.name);
      expect(await wish.provide({ correct: false })).toMatchObject({ drift, corrected: false });
      expect(await look(first.name)).toEqual(before);
      expect(await digests()).toBe(appliedText(wishes(wish.desired)));
    }

    it.each<[string, RealmInput["spec"], string, unknown]>([
      ["of a setting", { sessionMaxHours: 8 }, "ssoSessionMaxLifespan", 28_800],
      ["of the login flow", { sessionMaxHours: 8, mfa: "Optional" }, "browserFlow", "socle-browser-2"],
      ["of both", { sessionMaxHours: 10, mfa: "Required" }, "browserFlow", "socle-browser"],
    ])("%s is applied where drift is only reported, and is no drift", async (_what, spec, key, value) => {
      const wish = wishing(first, spec);
      expect(await wish.provide({ correct: false })).toMatchObject({ drift: [], corrected: false });
      expect((await look(first.name)).representation[key]).toBe(value);
      await expectRest(wish, []);
    });

    it("leaves a change by hand that is only reported, which goes on being reported", async () => {
      await first.provide();
      await change(first.name, byHand("PUT", "", { accessTokenLifespan: 600 }));
      await change(first.name, byHand("PUT", "/roles/break-glass", { name: "break-glass", description: "Other" }));
      const drift = ["realm.accessTokenLifespan", "roles.break-glass.description"];
      for (const spec of [{}, { sessionMaxHours: 9 }, { sessionMaxHours: 9, mfa: "Optional" as const }]) {
        const wish = wishing(first, spec);
        expect(await wish.provide({ correct: false })).toMatchObject({ drift, corrected: false });
        await expectRest(wish, drift);
      }
      const { accessTokenLifespan, ssoSessionMaxLifespan } = (await look(first.name)).representation;
      expect([accessTokenLifespan, ssoSessionMaxLifespan]).toEqual([600, 32_400]);
    });

    it("puts back, by name, only what somebody else changed where drift is corrected", async () => {
      await first.provide();
      await change(first.name, byHand("PUT", "", { accessTokenLifespan: 600 }));
      const wish = wishing(first, { sessionMaxHours: 7, mfa: "RequiredForAdmins" });
      expect(await wish.provide()).toMatchObject({ drift: ["realm.accessTokenLifespan"], corrected: true });
      const { accessTokenLifespan, ssoSessionMaxLifespan } = (await look(first.name)).representation;
      expect([accessTokenLifespan, ssoSessionMaxLifespan]).toEqual([300, 25_200]);
      await expectRest(wish, []);
    });

    it("in a realm that was made before there were digests is everything, once", async () => {
      await first.provide();
      const attributes = (await look(first.name)).representation["attributes"] as Record<string, string>;
      const { [appliedAttribute]: _digests, ...older } = attributes;
      await change(first.name, byHand("PUT", "", { attributes: older, accessTokenLifespan: 600 }));
      expect(await first.provide({ correct: false })).toMatchObject({ drift: [], corrected: false });
      expect((await look(first.name)).representation["accessTokenLifespan"]).toBe(300);
      await expectRest(first, []);
    });

    it.each([0, 1, 2, 3])(
      "whose work ends after %i of its changes is finished later, whatever is wished for then, and none of it is drift",
      async (most) => {
        for (const [from, to] of [
          [{}, { mfa: "Optional", sessionMaxHours: 8 }],
          [{ mfa: "Optional", sessionMaxHours: 8 }, {}],
        ] as const) {
          await wishing(first, from).provide();
          const stopped = wishing(first, to, endingAfter(most));
          if (most < 3) await expect(stopped.provide({ correct: false })).rejects.toThrow("The operator is gone.");
          else await stopped.provide({ correct: false });
          const last = wishing(first, most % 2 === 0 ? from : to);
          expect(await last.provide({ correct: false })).toMatchObject({ drift: [], corrected: false });
          await expectRest(last, []);
        }
      },
    );
  });

  it("what the ministry added stays through every repair", async () => {
    const ours = shared;
    const attributes = (await look(ours.name)).representation["attributes"] as Record<string, string>;
    const profile = (ours.desired.userProfile["attributes"] as { name: string }[]).filter(
      ({ name }) => name !== "siret",
    );
    for (const addition of [
      byHand("POST", "/clients", { clientId: "their-client", enabled: true }),
      byHand("POST", "/users", { username: "their-user", enabled: true }),
      byHand("POST", "/roles", { name: "their-role" }),
      { ...byHand("POST", "/groups", { name: "their-group", realmRoles: [] }), kind: "group" as const },
      byHand("PUT", "", { attributes: { ...attributes, "their-attribute": "kept" }, rememberMe: true }),
      byHand("PUT", "/users/profile", {
        attributes: [...profile, { name: "their-field", permissions: { view: ["admin"], edit: ["admin"] } }],
      }),
    ])
      await change(ours.name, addition);
    expect((await ours.provide()).drift.toSorted()).toEqual(["realm.rememberMe", "userProfile.siret"]);
    expect(await ours.provide()).toMatchObject({ drift: [] });
    const { representation } = await look(ours.name);
    const names = (list: unknown): string[] => (list as { name: string }[]).map(({ name }) => name);
    expect(await subject.clientIds(ours.name)).toContain("their-client");
    expect(await subject.usernames(ours.name)).toContain("their-user");
    expect(names((representation["roles"] as { realm: unknown }).realm)).toContain("their-role");
    expect(names(representation["groups"])).toContain("their-group");
    expect(representation["attributes"]).toMatchObject({ "their-attribute": "kept" });
    expect(JSON.stringify(representation["components"])).toContain("their-field");
  });

  describe("a client of a module", () => {
    const ours = realm();
    const secret = "a-secret-of-the-module";
    const desired: ClientDesired = {
      realm: ours.name,
      clientId: "synapse",
      marker: "ours",
      representation: webClient({
        name: "Messagerie",
        redirectUris: ["https://matrix.example/_synapse/client/oidc/callback"],
        postLogoutRedirectUris: ["https://chat.example/"],
        backchannelLogoutUrl: "https://matrix.example/_synapse/client/oidc/backchannel_logout",
      }),
    };
    const seen = () => api.observeClient(ours.own, desired.clientId, never);
    /** Makes the client as wanted; the fields that somebody else had changed. */
    const provide = async (wanted = desired): Promise<readonly string[]> => {
      const plan = clientPlan({ desired: wanted, observed: await seen(), secret, adopt: false });
      if (plan.kind === "refused") throw new Error(plan.message);
      for (const one of plan.changes) await api.execute({ account: ours.own, realm: ours.name, change: one }, never);
      return plan.drift;
    };
    const changes = async (): Promise<unknown> => clientPlan({ desired, observed: await seen(), secret, adopt: false });

    beforeAll(async () => {
      await ours.provide();
    });

    it("is made by the realm's own account, and then nothing differs", async () => {
      expect(await seen()).toBeUndefined();
      await provide();
      expect(await seen()).toMatchObject({ clientId: "synapse", secret, publicClient: false });
      expect(await changes()).toEqual({ kind: "plan", changes: [], drift: [] });
    });

    it.each([
      [{ redirectUris: ["https://evil.example/*"] }, "redirectUris"],
      [{ directAccessGrantsEnabled: true }, "directAccessGrantsEnabled"],
      [{ secret: "another" }, "secret"],
    ])("that somebody gave %j is put back, and %s is named", async (changed, field) => {
      await provide();
      const id = String((await seen())?.["id"]);
      await change(ours.name, byHand("PUT", `/clients/${id}`, { ...(await seen()), ...changed }));
      expect(await provide()).toEqual([`clients.synapse.${field}`]);
      expect(await changes()).toEqual({ kind: "plan", changes: [], drift: [] });
    });

    it("follows a new wish, which is no drift", async () => {
      await provide();
      const redirectUris = ["https://matrix.other.example/_synapse/client/oidc/callback"];
      expect(await provide({ ...desired, representation: { ...desired.representation, redirectUris } })).toEqual([]);
      expect(await seen()).toMatchObject({ redirectUris });
    });

    it("goes at its end, and its end may be repeated", async () => {
      await provide();
      const observed = await seen();
      for (const _time of [1, 2])
        for (const one of endClientPlan({ desired, observed }))
          await api.execute({ account: ours.own, realm: ours.name, change: one }, never);
      expect(await seen()).toBeUndefined();
    });
  });

  describe("a realm that is not ours", () => {
    const theirs = realm();

    beforeAll(async () => {
      const body = { realm: theirs.name, enabled: true, displayName: "Theirs" };
      await change(theirs.name, { kind: "create", method: "POST", path: "", body, fields: [], why: "somebody else" });
    });

    it.each([
      ["with another tenant's mark", { [markerAttribute]: markerOf("somebody") }, false],
      ["with another tenant's mark, even on adoption", { [markerAttribute]: markerOf("somebody") }, true],
      ["with a mark that is not of Socle, even on adoption", { [markerAttribute]: "theirs" }, true],
      ["without a mark", { "their-attribute": "kept" }, false],
    ])("%s is refused and left as it is", async (_what, attributes, adopt) => {
      await change(theirs.name, byHand("PUT", "", { attributes }));
      const before = await look(theirs.name);
      await expect(theirs.provide({ adopt })).rejects.toMatchObject({ constructor: TerminalError, reason: "NotOwned" });
      expect(await look(theirs.name)).toEqual(before);
      expect(endRealmPlan({ desired: theirs.desired, observed: before, erase: true })).toEqual([]);
    });

    it("without a mark becomes ours on adoption, own account included", async () => {
      const ours = theirs;
      await change(ours.name, byHand("PUT", "", { attributes: { "their-attribute": "kept" } }));
      await change(ours.name, byHand("POST", "/clients", { clientId: "their-client", enabled: true }));
      await ours.provide({ adopt: true });
      expect(await ours.provide()).toMatchObject({ drift: [], corrected: false });
      const { marker, representation } = await look(ours.name, ours.own);
      expect(marker).toBe(ours.desired.marker);
      expect(representation["attributes"]).toMatchObject({ "their-attribute": "kept" });
      expect(await subject.clientIds(ours.name)).toEqual(expect.arrayContaining(["their-client", "socle-operator"]));
    });
  });

  it("a realm ends disabled, comes back enabled, and is erased when that is due", async () => {
    const ours = realm();
    await ours.provide();
    const end = async (erase: boolean): Promise<void> => {
      const observed = await api.observeRealm(platform, ours.name, never);
      for (const one of endRealmPlan({ desired: ours.desired, observed, erase })) await change(ours.name, one);
    };
    await end(false);
    await expect(api.observeRealm(ours.own, ours.name, never)).rejects.toMatchObject({
      constructor: WaitingError,
      reason: "DependencyNotReady",
    });
    expect((await look(ours.name)).enabled).toBe(false);
    expect(await api.probeRealm(ours.own, subject.issuer(ours.name), never)).toMatchObject({ ok: false });
    expect(await ours.provide()).toMatchObject({ drift: [], corrected: false });
    expect((await look(ours.name, ours.own)).enabled).toBe(true);
    await end(true);
    expect(await api.observeRealm(platform, ours.name, never)).toBeUndefined();
    await end(true);
    await change(ours.name, { kind: "delete", method: "DELETE", path: "", fields: [], why: "once more" });
  });

  describe("credentials", () => {
    const ours = realm();

    beforeAll(async () => {
      await ours.provide();
    });

    test.each([
      ["of the platform", (): ServiceAccount => ({ ...platform, clientSecret: "guess-4711" })],
      ["of the realm", (): ServiceAccount => ({ ...ours.own, clientSecret: "guess-4711" })],
    ])("a wrong secret %s is PermissionMissing and stays out of the message", async (_whose, account) => {
      const refusal = await api.observeRealm(account(), ours.name, never).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ constructor: TransientError, reason: "PermissionMissing" });
      expect(String(refusal)).not.toContain("guess-4711");
    });

    it("one realm's own account has no rights in another realm", async () => {
      const other = shared;
      await expect(api.observeRealm(ours.own, other.name, never)).rejects.toMatchObject({
        reason: "PermissionMissing",
      });
      const take = byHand("PUT", "", { registrationAllowed: true });
      await expect(api.execute({ account: ours.own, realm: other.name, change: take }, never)).rejects.toMatchObject({
        reason: "PermissionMissing",
      });
    });

    it.each([
      ["the secret was changed in the realm", () => subject.changeOwnClient(ours.name, { secret: "by-hand" })],
      ["the client was disabled", () => subject.changeOwnClient(ours.name, { enabled: false })],
      [
        "the Secret was lost and made anew",
        () => {
          ours.clientSecret = "made-anew";
          return Promise.resolve();
        },
      ],
    ])("%s: the own account is repaired with the platform account", async (_what, harm) => {
      await harm();
      expect(await api.probeRealm(ours.own, subject.issuer(ours.name), never)).toMatchObject({ ok: false });
      expect(await ours.provide({ correct: false })).toMatchObject({
        drift: ["clients.socle-operator"],
        corrected: false,
      });
      expect(await api.probeRealm(ours.own, subject.issuer(ours.name), never)).toMatchObject({ ok: false });
      expect(await ours.provide()).toMatchObject({ drift: ["clients.socle-operator"], corrected: true });
      expect(await ours.provide()).toMatchObject({ drift: [], corrected: false });
      expect(await api.probeRealm(ours.own, subject.issuer(ours.name), never)).toMatchObject({ ok: true });
    });
  });
});

test("the double, unreachable, fails as the real one does", async () => {
  const api = new InMemoryKeycloakApi({ platform: platformOfDouble });
  api.unreachable = true;
  await expect(api.ping()).rejects.toMatchObject({ constructor: TransientError, reason: "DependencyUnavailable" });
});

test("a realm that somebody else made is refused with what to do, although it cannot be looked into", async () => {
  const api = new InMemoryKeycloakApi({ platform: platformOfDouble });
  api.addForeignRealm("theirs");
  const ours = new ProvidedRealm(realmOf("theirs"), { api, platform: api.platform });
  await expect(ours.provide()).rejects.toMatchObject({ constructor: TerminalError, reason: "NotOwned" });
  await expect(ours.provide({ adopt: true })).rejects.toMatchObject({ reason: "PermissionMissing" });
});

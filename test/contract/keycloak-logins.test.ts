import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import type { RealmInput } from "../../operator/modules/keycloak/realm-representation.ts";
import { Browser, LoginStoppedError, loginWithTotp, type LoginWish, type Session } from "../support/browser-login.ts";
import { KeycloakConsole } from "../support/keycloak-console.ts";
import { ProvidedRealm, realmOf } from "../support/realm-fixture.ts";
import { uniqueName } from "../support/test-cluster.ts";
import { testServers } from "../support/test-servers.ts";

const { url, clientId, clientSecret } = testServers().keycloak;
const platform = { realm: "master", clientId, clientSecret };
const api = new HttpKeycloakApi({ adminUrl: url }, Date.now);
const console = new KeycloakConsole(url, platform);
const password = `${randomBytes(15).toString("base64url")}-9aA`;
const realm = uniqueName("kclogin");
const issuer = `${url}/realms/${realm}`;
const people = { agent: ["/agents"], chief: ["/administrators"], rescuer: ["/break-glass"] } as const;
type Person = keyof typeof people;

let provided: ProvidedRealm;

/** One realm for all of them: what is tested is what the realm becomes, and making it costs seconds. */
async function become(spec: RealmInput["spec"]): Promise<void> {
  const next = new ProvidedRealm(realmOf(realm, spec), { api, platform });
  next.clientSecret = provided.clientSecret;
  await next.provide();
}

/** A person whom nothing reminds of a second factor: no required action, no code. */
async function fresh(person: Person): Promise<string> {
  const username = uniqueName(person);
  await console.addUser(realm, { username, password, groups: people[person] });
  const id = await console.userId(realm, username);
  await console.send("PUT", `/${realm}/users/${id}`, { requiredActions: [] });
  return username;
}

const login = (username: string, more: Partial<LoginWish> = {}): Promise<Session> =>
  loginWithTotp(new Browser(), { issuer, username, password, ...more });

async function stopped(username: string, more: Partial<LoginWish> = {}): Promise<LoginStoppedError> {
  const end: unknown = await login(username, more).catch((error: unknown) => error);
  if (!(end instanceof LoginStoppedError)) throw new Error("The login came to a token.");
  return end;
}

/** The password grant, through the one built-in client that offers it. */
async function passwordGrant(username: string): Promise<Response> {
  return await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username, password }),
  });
}

beforeAll(async () => {
  provided = new ProvidedRealm(realmOf(realm), { api, platform });
  await provided.provide();
});

afterAll(async () => {
  await console.send("DELETE", `/${realm}`);
  await api.close();
});

describe("a realm as it was made", () => {
  it("makes its first administrator change the password and enrol before any token", async () => {
    const session = await loginWithTotp(new Browser(), {
      issuer,
      username: "first-administrator",
      password: provided.oneTimePassword,
    });
    expect(session.asked.toSorted()).toEqual(["enrolment", "new password", "password"]);
    const again = { username: "first-administrator", password: session.password };
    expect((await stopped(again.username, { ...again, passwordOnly: true })).asked).toEqual(["password", "code"]);
  });
});

interface Row {
  readonly spec: RealmInput["spec"];
  readonly person: Person;
  /** What a login without a second factor is asked, and whether it ends with a token. */
  readonly asked: readonly string[];
  readonly token: boolean;
}

const rows: readonly Row[] = [
  { spec: { mfa: "Required" }, person: "agent", asked: ["password", "enrolment"], token: false },
  { spec: { mfa: "Required" }, person: "chief", asked: ["password", "enrolment"], token: false },
  { spec: { mfa: "RequiredForAdmins" }, person: "agent", asked: ["password"], token: true },
  { spec: { mfa: "RequiredForAdmins" }, person: "chief", asked: ["password", "enrolment"], token: false },
  { spec: { mfa: "Optional" }, person: "agent", asked: ["password"], token: true },
  { spec: { mfa: "Optional" }, person: "chief", asked: ["password"], token: true },
  {
    spec: { mfa: "Optional", localAccounts: "BreakGlassOnly" },
    person: "agent",
    asked: ["password"],
    token: false,
  },
  {
    spec: { mfa: "Optional", localAccounts: "BreakGlassOnly" },
    person: "chief",
    asked: ["password"],
    token: false,
  },
  {
    spec: { mfa: "Optional", localAccounts: "BreakGlassOnly" },
    person: "rescuer",
    asked: ["password"],
    token: true,
  },
  {
    spec: { mfa: "Required", localAccounts: "BreakGlassOnly" },
    person: "agent",
    asked: ["password"],
    token: false,
  },
  {
    spec: { mfa: "Required", localAccounts: "BreakGlassOnly" },
    person: "rescuer",
    asked: ["password", "enrolment"],
    token: false,
  },
];

describe.each(rows)(
  "$spec: an account of kind $person with nothing but a password",
  ({ spec, person, asked, token }) => {
    it(`is asked ${asked.join(", ")} and gets ${token ? "a" : "no"} token`, async () => {
      await become(spec);
      const username = await fresh(person);
      const end = token
        ? await login(username, { passwordOnly: true })
        : await stopped(username, { passwordOnly: true });
      expect(end.asked).toEqual(asked);
    });

    it("gets no token by the password grant", async () => {
      await become(spec);
      const answer = await passwordGrant(await fresh(person));
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await answer.text()).not.toContain("access_token");
    });
  },
);

describe.each([
  ["Required", "agent"],
  ["RequiredForAdmins", "chief"],
  ["RequiredForAdmins", "agent"],
  ["Optional", "agent"],
] as const)("mfa %s, account of kind %s", (mfa, person) => {
  it("once enrolled, is asked for the code at every login and gets a token with it", async () => {
    await become({ mfa: "Required" });
    const username = await fresh(person);
    const { totpSecret, asked } = await login(username);
    expect(asked).toEqual(["password", "enrolment"]);
    await become({ mfa });
    expect((await stopped(username, { passwordOnly: true })).asked).toEqual(["password", "code"]);
    expect(new Set((await login(username, { totpSecret })).asked)).toEqual(new Set(["password", "code"]));
  });
});

it("a second factor switched off by hand is asked for again after one pass", async () => {
  await become({ mfa: "Required" });
  const username = await fresh("agent");
  await console.setRequirement(realm, "auth-otp-form", "DISABLED");
  expect((await login(username, { passwordOnly: true })).asked).toEqual(["password"]);
  await become({ mfa: "Required" });
  expect((await stopped(username, { passwordOnly: true })).asked).toEqual(["password", "enrolment"]);
});

it("the password grant opened by hand gives tokens, and is closed again after one pass", async () => {
  await become({ mfa: "Optional" });
  const username = await fresh("agent");
  await console.send("PUT", `/${realm}`, { directGrantFlow: "direct grant" });
  expect((await passwordGrant(username)).status).toBe(200);
  await become({ mfa: "Optional" });
  expect((await passwordGrant(username)).status).toBe(401);
});

it("a wrong password is asked for again and brings no token", async () => {
  await become({ mfa: "Optional" });
  const end = await stopped(await fresh("agent"), { password: "wrong" });
  expect(new Set(end.asked)).toEqual(new Set(["password"]));
});

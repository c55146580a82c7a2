import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
  UnsecuredJWT,
} from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { CertificateAuthority } from "../control-plane/certificates.ts";
import { stageFakeProConnect } from "../node-lane/fake-proconnect-image.ts";
import { type Agent, agentClaims, type AssuranceLevel, defaultAgents } from "../servers/fake-proconnect-agents.ts";
import type { RegisteredClient } from "../servers/fake-proconnect-provider.ts";
import {
  authorizationsPath,
  type FakeProConnect,
  type FakeProConnectOptions,
  startFakeProConnect,
} from "../servers/fake-proconnect.ts";
import { Browser } from "../support/browser-login.ts";
import { type Breakage, startBrokenProvider } from "../support/broken-provider.ts";
import { type BrokerEnd, loginThroughBroker } from "../support/broker-login.ts";
import { fakeProConnectDeployment, issuerOf } from "../support/fake-proconnect-deployment.ts";
import { pinnedFetch } from "../support/local-web.ts";

/** The rules that ProConnect documents, each as behaviour of the FAKE that stands for it: a broker that passes here keeps them. */
const callback = "http://127.0.0.1:9/broker/proconnect/endpoint";
const afterLogout = `${callback}/logout_response`;
const clientSecret = randomBytes(32).toString("base64url");
const everything = ["openid", ...agentClaims].join(" ");
const [angele, bob, chloe] = defaultAgents as readonly [Agent, Agent, Agent];

function client(clientId: string, more: Partial<RegisteredClient> = {}): RegisteredClient {
  const redirects = { redirectUris: [callback], postLogoutRedirectUris: [afterLogout] };
  return { clientId, clientSecret, ...redirects, ...more };
}

/** Most tests share one; making a key pair for each would take longer than all of them. */
let shared: FakeProConnect;
let fake: FakeProConnect;
let browser: Browser;

/** Another one for the rest of this test. */
async function instead(options: Partial<FakeProConnectOptions>): Promise<void> {
  fake = await startFakeProConnect({ clients: [client("tenant"), client("other")], ...options });
}

beforeAll(async () => {
  shared = await startFakeProConnect({ clients: [client("tenant"), client("other")] });
});

afterAll(() => shared.stop());

beforeEach(() => {
  browser = new Browser();
  fake = shared;
});

afterEach(async () => {
  vi.useRealTimers();
  if (fake !== shared) await fake.stop();
});

type Parameters = Readonly<Record<string, string | undefined>>;

/** A request that every rule allows, `change` laid over it; undefined takes a parameter away. */
function authorization(change: Parameters = {}): URL {
  const parameters: Parameters = {
    client_id: "tenant",
    scope: everything,
    response_type: "code",
    redirect_uri: callback,
    state: "a-state",
    nonce: "a-nonce",
    ...change,
  };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URL(`${fake.issuer}/authorize?${new URLSearchParams(given).toString()}`);
}

async function ask(change: Parameters, method = "GET"): Promise<Response> {
  return await fetch(authorization(change), { method, redirect: "manual" });
}

async function walk(change: Parameters = {}, agent = angele.email): Promise<BrokerEnd> {
  const start = authorization(change);
  return await loginThroughBroker(browser, { start, alias: "none", agent, stopAt: callback });
}

async function answered(change: Parameters = {}, agent = angele.email): Promise<URLSearchParams> {
  const end = await walk(change, agent);
  if (end.arrived === undefined) throw new Error(`Stopped at ${end.stopped.words}`);
  return end.arrived.searchParams;
}

async function exchange(code: string | null, change: Parameters = {}): Promise<Response> {
  const form = { grant_type: "authorization_code", redirect_uri: callback, client_id: "tenant", ...change };
  const body = new URLSearchParams({ client_secret: clientSecret, ...form, code: code ?? "" } as Record<
    string,
    string
  >);
  return await fetch(`${fake.issuer}/token`, { method: "POST", body });
}

interface Tokens {
  readonly id_token: string;
  readonly access_token: string;
  readonly expires_in: number;
}

async function tokens(change: Parameters = {}, agent = angele.email): Promise<Tokens> {
  const code = (await answered(change, agent)).get("code");
  const { client_id = "tenant" } = change;
  const answer = await exchange(code, { client_id });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Tokens;
}

const userinfo = ({ access_token }: Pick<Tokens, "access_token">): Promise<Response> =>
  fetch(`${fake.issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } });

type Claims = Readonly<Record<string, unknown>>;

/** Claims of a JWT whose signature is the provider's. */
async function verified(jwt: string): Promise<Claims> {
  const jwks = (await (await fetch(`${fake.issuer}/jwks`)).json()) as JSONWebKeySet;
  const { payload } = await jwtVerify(jwt, createLocalJWKSet(jwks), { issuer: fake.issuer, algorithms: ["RS256"] });
  return payload;
}

const claimsAbout = async (change: Parameters = {}, agent = angele.email): Promise<Claims> =>
  await verified(await (await userinfo(await tokens(change, agent))).text());

describe("discovery", () => {
  it("names the endpoints below /api/v2", async () => {
    const answer = await fetch(`${fake.issuer}/.well-known/openid-configuration`);
    expect(fake.issuer).toMatch(/\/api\/v2$/);
    expect(await answer.json()).toMatchObject({
      issuer: fake.issuer,
      authorization_endpoint: `${fake.issuer}/authorize`,
      token_endpoint: `${fake.issuer}/token`,
      userinfo_endpoint: `${fake.issuer}/userinfo`,
      jwks_uri: `${fake.issuer}/jwks`,
      end_session_endpoint: `${fake.issuer}/session/end`,
      response_types_supported: ["code"],
      subject_types_supported: ["pairwise"],
      acr_values_supported: ["eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3"],
    });
  });

  it("offers no family_name and no preferred_username", async () => {
    const answer = await fetch(`${fake.issuer}/.well-known/openid-configuration`);
    const { scopes_supported, claims_supported } = (await answer.json()) as Record<string, readonly string[]>;
    expect(scopes_supported).toEqual(["openid", ...agentClaims]);
    for (const name of ["family_name", "preferred_username", "name"]) expect(claims_supported).not.toContain(name);
  });
});

describe("a request for authorization", () => {
  it.each(["ui_locales", "kc_idp_hint", "max_age", "display", "id_token_hint", "audience"])(
    "with %s, a parameter that ProConnect does not know, is refused",
    async (name) => {
      const answer = await ask({ [name]: "1" });
      expect([answer.status, await answer.json()]).toEqual([
        400,
        { code: "Y000400", message: `${name} is not a parameter` },
      ]);
    },
  );

  it.each<Parameters>([
    { state: undefined },
    { state: "" },
    { nonce: undefined },
    { nonce: "" },
    { nonce: "n".repeat(513) },
    { nonce: "é" },
    { login_hint: "angele" },
    { siret_hint: "1234" },
  ])("with %o is refused", async (change) => {
    const answer = await ask(change);
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: "Y000400" })]);
  });

  it.each<Parameters>([
    { nonce: "n" },
    { nonce: "n".repeat(22) },
    { nonce: "n".repeat(512) },
    { prompt: "login" },
    { response_mode: "query" },
    { acr_values: "eidas1" },
    { claims: JSON.stringify({ id_token: { amr: null } }) },
    { login_hint: "somebody@nowhere.example" },
    { siret_hint: "11001401500015" },
    { idp_hint: "71144ab3-ee1a-4401-b7b3-79b44f7daeeb" },
    { code_challenge: "c".repeat(43), code_challenge_method: "S256" },
  ])("with %o is taken", async (change) => {
    expect((await ask(change)).status).toBe(303);
  });

  it("is made with GET", async () => {
    expect((await ask({}, "POST")).status).toBe(400);
  });

  it.each([`${callback}/`, callback.replace("127.0.0.1", "localhost"), `${callback}?x=1`, "http://evil.example/"])(
    "that wants to come back to %s goes nowhere: addresses are compared to the letter",
    async (redirect_uri) => {
      const answer = await ask({ redirect_uri });
      expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
    },
  );

  it("of a client that is not registered goes nowhere", async () => {
    const answer = await ask({ client_id: "stranger" });
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
  });

  it("is remembered as it came, refused or not", async () => {
    const before = fake.authorizations.length;
    await ask({ ui_locales: "fr" });
    await ask({ acr_values: "eidas1" });
    expect(fake.authorizations.slice(before)).toEqual([
      expect.objectContaining({ client_id: "tenant", ui_locales: "fr" }),
      expect.objectContaining({ client_id: "tenant", acr_values: "eidas1", state: "a-state", nonce: "a-nonce" }),
    ]);
    const told = await fetch(`${fake.origin}${authorizationsPath}`);
    expect(await told.json()).toEqual(fake.authorizations);
  });

  it("is told to nobody who comes through a proxy", async () => {
    const headers = { "x-forwarded-for": "203.0.113.1" };
    expect((await fetch(`${fake.origin}${authorizationsPath}`, { headers })).status).toBe(404);
  });
});

describe("the page on which an agent is chosen", () => {
  it("says that it is a FAKE and has a button for each agent", async () => {
    const page = await browser.open(authorization());
    if ("arrived" in page) throw new Error("No page.");
    expect(page.body).toContain("<title>FAKE ProConnect</title>");
    const values = [...page.body.matchAll(/<button name="agent" value="([^"]*)">/g)].map(([, value]) => value);
    expect(values).toEqual(defaultAgents.map(({ email }) => email));
  });

  it("writes a name that looks like markup as text", async () => {
    await instead({ agents: [{ ...angele, given_name: `<b>"&'` }] });
    const page = await browser.open(authorization());
    expect("body" in page && page.body).toContain("&lt;b&gt;&quot;&amp;&#39; Dupont-Léa</button>");
  });

  it("is not shown where login_hint names an agent", async () => {
    const { passed, arrived } = await walk({ login_hint: bob.email });
    expect([passed, arrived?.searchParams.has("code")]).toEqual([[], true]);
  });

  it("is shown where login_hint names nobody", async () => {
    expect((await walk({ login_hint: "nobody@nowhere.example" })).passed).toEqual(["FAKE ProConnect"]);
  });

  it("is shown again where the answer names nobody", async () => {
    const page = await browser.open(authorization());
    if ("arrived" in page) throw new Error("No page.");
    const again = await browser.open(page.url, new URLSearchParams({ agent: "nobody@nowhere.example" }));
    expect("body" in again && again.body).toContain("<form");
  });

  it("is of use only to the browser that began the login", async () => {
    const page = await browser.open(authorization());
    if ("arrived" in page) throw new Error("No page.");
    expect((await fetch(page.url, { redirect: "manual" })).status).toBe(400);
  });
});

describe("a login", () => {
  it("comes back with the state of the client and the issuer", async () => {
    expect(Object.fromEntries(await answered())).toMatchObject({ state: "a-state", iss: fake.issuer });
  });

  it("gives an identity token signed with RS256 under a key named by its thumbprint", async () => {
    const { id_token } = await tokens();
    const { kid, alg } = decodeProtectedHeader(id_token);
    const { keys } = (await (await fetch(`${fake.issuer}/jwks`)).json()) as JSONWebKeySet;
    expect(alg).toBe("RS256");
    expect(kid).toBe(await calculateJwkThumbprint(keys[0]!));
    expect(await verified(id_token)).toMatchObject({ aud: "tenant", nonce: "a-nonce", acr: "eidas1" });
  });

  it("says who it is at userinfo only, in a JWT signed with RS256", async () => {
    const given = await tokens();
    const answer = await userinfo(given);
    expect(answer.headers.get("content-type")).toMatch(/^application\/jwt/);
    const { assurances: _assurances, ...claims } = angele;
    const [identity, about] = [await verified(given.id_token), await verified(await answer.text())];
    expect(about).toMatchObject({ ...claims, sub: identity["sub"], aud: "tenant" });
    for (const name of agentClaims) expect(identity).not.toHaveProperty(name);
  });

  it("tells of each scope its own claim, and no other", async () => {
    const about = await claimsAbout({ scope: "openid usual_name siret" });
    const told = agentClaims.filter((name) => name in about);
    expect(told).toEqual(["usual_name", "siret"]);
  });

  it("leaves out what an agent does not have", async () => {
    expect(await claimsAbout({}, bob.email)).not.toHaveProperty("phone");
  });

  it("tells what the administration says now, not at the start", async () => {
    const agents = [{ ...angele }];
    await instead({ agents });
    agents[0] = { ...angele, organizational_unit: "DNUM/Bureau 7" };
    expect(await claimsAbout()).toMatchObject({ organizational_unit: "DNUM/Bureau 7" });
  });

  it("takes the secret in the Authorization header from a client that is registered so", async () => {
    await instead({ clients: [client("tenant", { authentication: "client_secret_basic" })] });
    const code = (await answered()).get("code") ?? "";
    const body = new URLSearchParams({ grant_type: "authorization_code", redirect_uri: callback, code });
    const headers = { authorization: `Basic ${Buffer.from(`tenant:${clientSecret}`).toString("base64")}` };
    expect((await fetch(`${fake.issuer}/token`, { method: "POST", body, headers })).status).toBe(200);
  });
});

describe("a code", () => {
  it("is worth nothing without the right secret", async () => {
    const answer = await exchange((await answered()).get("code"), { client_secret: "wrong" });
    expect([answer.status, await answer.json()]).toEqual([401, expect.objectContaining({ error: "invalid_client" })]);
  });

  it("counts once", async () => {
    const code = (await answered()).get("code");
    expect((await exchange(code)).status).toBe(200);
    expect(await (await exchange(code)).json()).toMatchObject({ error: "invalid_grant" });
  });

  it("of another client counts for nobody else", async () => {
    const code = (await answered()).get("code");
    expect(await (await exchange(code, { client_id: "other" })).json()).toMatchObject({ error: "invalid_grant" });
  });

  it("that was asked for with PKCE counts with its verifier only", async () => {
    const code_verifier = randomBytes(32).toString("base64url");
    const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
    const pkce = { code_challenge, code_challenge_method: "S256" };
    expect((await exchange((await answered(pkce)).get("code"))).status).toBe(400);
    expect((await exchange((await answered(pkce)).get("code"), { code_verifier })).status).toBe(200);
  });

  it.each([
    [29, 200],
    [31, 400],
  ])("after %i seconds: HTTP %i", async (seconds, status) => {
    const code = (await answered()).get("code");
    later(seconds);
    expect((await exchange(code)).status).toBe(status);
  });
});

/** Only the clock moves. */
function later(seconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
}

describe("an access token", () => {
  it.each([
    [58, 200],
    [62, 401],
  ])("after %i seconds: HTTP %i", async (seconds, status) => {
    const given = await tokens();
    expect(given.expires_in).toBe(60);
    later(seconds);
    expect((await userinfo(given)).status).toBe(status);
  });

  it("that is none opens nothing", async () => {
    expect((await userinfo({ access_token: "none" })).status).toBe(401);
  });
});

describe("a subject", () => {
  const subject = async (change: Parameters, agent = angele.email): Promise<unknown> => {
    browser = new Browser();
    return (await verified((await tokens(change, agent)).id_token))["sub"];
  };

  it("is the same at each login, another one for each client and for each agent", async () => {
    const first = await subject({});
    expect(await subject({})).toBe(first);
    expect(new Set([first, await subject({ client_id: "other" }), await subject({}, bob.email)]).size).toBe(3);
  });

  it("changes with the identity provider of the agent, while the e-mail address stays", async () => {
    const agents = [angele];
    await instead({ agents });
    const before = await subject({});
    agents[0] = { ...angele, idp_id: "another" };
    expect(await subject({})).not.toBe(before);
  });
});

describe("the level of assurance", () => {
  const essential = (...values: readonly AssuranceLevel[]): Parameters => ({
    claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
  });
  const voluntary = (...values: readonly AssuranceLevel[]): Parameters => ({
    claims: JSON.stringify({ id_token: { acr: { essential: false, values } } }),
  });

  it.each<[string, Parameters, Agent, AssuranceLevel]>([
    ["nothing", {}, angele, "eidas1"],
    ["nothing", {}, chloe, "eidas0"],
    ["acr_values=eidas1-mfa", { acr_values: "eidas1-mfa" }, angele, "eidas1-mfa"],
    ["acr_values=eidas2, which the agent has not", { acr_values: "eidas2" }, chloe, "eidas0"],
    ["claims, essential", essential("eidas1-mfa", "eidas2"), angele, "eidas1-mfa"],
    ["claims, best effort", voluntary("eidas2"), bob, "eidas1"],
    ["claims, and acr_values says otherwise", { ...essential("eidas1"), acr_values: "eidas3" }, bob, "eidas1"],
  ])("asked for by %s (%o), agent $email", async (_what, change, { email }, level) => {
    expect(await verified((await tokens(change, email)).id_token)).toMatchObject({ acr: level });
  });

  it("that is essential and cannot be had ends the login with access_denied", async () => {
    const answer = await answered(essential("eidas1-mfa", "eidas2", "eidas3"), chloe.email);
    expect(Object.fromEntries(answer)).toMatchObject({
      error: "access_denied",
      error_description: expect.stringContaining("Y020032"),
      state: "a-state",
    });
    expect(answer.has("code")).toBe(false);
  });

  it("is asked for again of an agent who is logged in with less", async () => {
    expect(await verified((await tokens({}, angele.email)).id_token)).toMatchObject({ acr: "eidas1" });
    const stronger = { ...essential("eidas1-mfa"), login_hint: angele.email };
    expect(await verified((await tokens(stronger)).id_token)).toMatchObject({ acr: "eidas1-mfa" });
  });

  it("comes with the methods of the login only where claims asks for amr", async () => {
    expect(await verified((await tokens({ acr_values: "eidas1-mfa" })).id_token)).not.toHaveProperty("amr");
    const change = { claims: JSON.stringify({ id_token: { amr: null, acr: { values: ["eidas1-mfa"] } } }) };
    expect(await verified((await tokens(change)).id_token)).toMatchObject({ amr: ["pwd", "mfa"] });
  });
});

describe("a session", () => {
  it("lasts twelve hours: nobody is asked meanwhile, everybody afterwards", async () => {
    expect((await walk()).passed).toEqual(["FAKE ProConnect"]);
    later(11.9 * 3600);
    expect((await walk()).passed).toEqual([]);
    // Each use of a session prolongs it.
    later(12.1 * 3600);
    expect((await walk()).passed).toEqual(["FAKE ProConnect"]);
  });

  it("does not keep prompt=login from asking", async () => {
    await walk();
    expect((await walk({ prompt: "login" })).passed).toEqual(["FAKE ProConnect"]);
  });

  const logout = (change: Parameters): URL => {
    const given = Object.entries(change).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return new URL(`${fake.issuer}/session/end?${new URLSearchParams(given).toString()}`);
  };

  it("ends at /session/end, and the browser comes back to where the client registered, with its state", async () => {
    const { id_token } = await tokens();
    const wish = { id_token_hint: id_token, post_logout_redirect_uri: afterLogout, state: "bye" };
    expect(await browser.open(logout(wish), undefined, afterLogout)).toEqual({
      arrived: new URL(`${afterLogout}?state=bye`),
    });
    expect((await walk()).passed).toEqual(["FAKE ProConnect"]);
  });

  it("that has ended already sends the browser on all the same", async () => {
    const { id_token } = await tokens();
    browser = new Browser();
    const wish = { id_token_hint: id_token, post_logout_redirect_uri: afterLogout };
    expect(await browser.open(logout(wish), undefined, afterLogout)).toEqual({ arrived: new URL(afterLogout) });
  });

  it.each([`${afterLogout}/`, "http://evil.example/"])("never sends the browser to %s", async (other) => {
    const { id_token } = await tokens();
    const page = await browser.open(logout({ id_token_hint: id_token, post_logout_redirect_uri: other }));
    expect(page).toMatchObject({ status: 400 });
    expect((await walk()).passed).toEqual([]);
  });
});

describe("userinfo for brokers that should refuse it", () => {
  it("comes as plain JSON where it is said to be unsigned", async () => {
    await instead({ userinfo: "Unsigned" });
    const answer = await userinfo(await tokens());
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await answer.json()).toMatchObject({ email: angele.email });
  });

  it("comes as a token without signature where it is said to be none", async () => {
    await instead({ userinfo: "none" });
    const answer = await userinfo(await tokens());
    expect(answer.headers.get("content-type")).toMatch(/^application\/jwt/);
    const { payload, header } = UnsecuredJWT.decode(await answer.text());
    expect([header.alg, payload]).toMatchObject(["none", { email: angele.email }]);
  });

  it("comes signed with the secret of the client where it is said to be HS256", async () => {
    await instead({ userinfo: "HS256" });
    const jwt = await (await userinfo(await tokens())).text();
    const { payload } = await jwtVerify(jwt, Buffer.from(clientSecret), { algorithms: ["HS256"] });
    expect(payload).toMatchObject({ email: angele.email });
  });
});

describe("behind a reverse proxy", () => {
  const origin = "https://proconnect.demo.localhost:8443";

  it("names its endpoints as the world reaches them, whatever a request says of itself", async () => {
    await instead({ origin });
    const here = fake.listensOn;
    const headers = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "http" };
    const answer = await fetch(`${here}/api/v2/.well-known/openid-configuration`, { headers });
    expect(await answer.json()).toMatchObject({
      issuer: `${origin}/api/v2`,
      authorization_endpoint: `${origin}/api/v2/authorize`,
      end_session_endpoint: `${origin}/api/v2/session/end`,
    });
  });

  it("logs in a browser that knows the public address only, with cookies for HTTPS", async () => {
    await instead({ origin });
    const cookies: string[] = [];
    const proxy: typeof fetch = async (target, init) => {
      const { pathname, search } = new URL(target);
      const headers = { ...(init?.headers as Record<string, string>), "x-forwarded-proto": "https" };
      const answer = await fetch(`${fake.listensOn}${pathname}${search}`, { ...init, headers });
      cookies.push(...answer.headers.getSetCookie());
      return answer;
    };
    browser = new Browser(proxy);
    const { arrived, passed } = await walk();
    expect([passed, arrived?.searchParams.has("code")]).toEqual([["FAKE ProConnect"], true]);
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) expect(cookie).toMatch(/; secure/i);
  });
});

it("over HTTPS with a certificate of ours, an agent logs in as well", async () => {
  const authority = await CertificateAuthority.create("test");
  const { key, certificate } = await authority.issue("fake", { hosts: ["fake.test"] });
  await instead({ tls: { key, certificate } });
  expect(fake.issuer).toMatch(/^https:/);
  browser = new Browser(pinnedFetch("fake.test", authority.pem));
  expect((await walk()).arrived?.searchParams.has("code")).toBe(true);
});

describe("a provider that is broken", () => {
  const discovery = async (breakage: Breakage, signal?: AbortSignal): Promise<Response> => {
    const broken = await startBrokenProvider(breakage);
    onTestFinished(() => broken.stop());
    const init = { redirect: "manual", ...(signal === undefined ? {} : { signal }) } as const;
    return await fetch(`${broken.issuer}/.well-known/openid-configuration`, init);
  };

  it("answers a page for people", async () => {
    const answer = await discovery({ kind: "page" });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html"]);
  });

  it("sends elsewhere", async () => {
    const to = "http://169.254.169.254/latest/meta-data";
    expect((await discovery({ kind: "redirect", to })).headers.get("location")).toBe(to);
  });

  it("answers too late", async () => {
    await expect(discovery({ kind: "slow", ms: 10_000 }, AbortSignal.timeout(100))).rejects.toThrow(/timeout/);
    expect(await (await discovery({ kind: "slow", ms: 1 })).json()).toHaveProperty("jwks_uri");
  });

  it("does not answer", async () => {
    await expect(discovery({ kind: "down" })).rejects.toThrow("fetch failed");
  });
});

describe("in a process of its own", () => {
  const here = join(import.meta.dirname, "..", "servers", "fake-proconnect-main.ts");
  const emptyDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), "socle-fake-proconnect-"));
  const run = async (configuration: unknown, main = here): Promise<ChildProcess> => {
    const directory = await emptyDirectory();
    const file = join(directory, "configuration.json");
    const content = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
    await writeFile(file, content, { mode: 0o600 });
    const child = spawn(process.execPath, [main, file], { stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await rm(directory, { recursive: true });
    });
    return child;
  };

  const issuerSaidBy = async (child: ChildProcess): Promise<string> => {
    const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
    return /^FAKE ProConnect: (http\S+)$/.exec(line)?.[1] ?? "";
  };

  it("says its issuer when it is ready, logs in the agents of its file, and ends when told to", async () => {
    const agents = [{ ...bob, email: "only.one@interieur.example" }];
    const child = await run({ port: 0, clients: [client("tenant")], agents });
    const issuer = await issuerSaidBy(child);
    fake = { ...shared, issuer, stop: () => Promise.resolve() };
    expect((await answered({}, "only.one@interieur.example")).has("code")).toBe(true);
    const told = await fetch(new URL(authorizationsPath, issuer));
    expect(await told.json()).toEqual([expect.objectContaining({ state: "a-state" })]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("needs no more than its image holds, and takes the configuration of its Deployment", async () => {
    const directory = await emptyDirectory();
    onTestFinished(() => rm(directory, { recursive: true }));
    const wish = { image: "unused", host: "proconnect.test.localhost", ingress: { className: "lane", port: 8443 } };
    const objects = fakeProConnectDeployment({ ...wish, clients: [client("tenant")], agents: [bob] });
    const secret = objects.find(({ kind }) => kind === "Secret") as { readonly stringData: Record<string, string> };
    const [configuration = ""] = Object.values(secret.stringData);
    const told = JSON.parse(configuration) as Record<string, unknown>;
    const child = await run({ ...told, port: 0, address: "127.0.0.1" }, stageFakeProConnect(directory));
    expect(await issuerSaidBy(child)).toBe(issuerOf(wish));
    const others = objects.filter((one) => one !== secret);
    expect(JSON.stringify(others)).not.toContain(clientSecret);
  });

  it.each<[string, unknown, string]>([
    ["a port that is none", { port: "many", clients: [] }, "port: "],
    ["an agent of no level", { port: 0, clients: [], agents: [{ ...bob, assurances: [] }] }, "agents.0.assurances: "],
    ["a field that is not known", { port: 0, clients: [], colour: "blue" }, "colour"],
    ["no JSON", `{"clients": "${clientSecret}`, "is not JSON"],
    ["a client with a field too many", { port: 0, clients: [{ ...client("tenant"), colour: 1 }] }, "clients.0: "],
  ])("given %s, names what to correct and no secret", async (_what, configuration, says) => {
    const child = await run(configuration);
    const [words] = await Promise.all([text(child.stderr!), once(child, "exit")]);
    expect(child.exitCode).toBe(1);
    expect(words).toContain(says);
    expect(words).not.toContain(clientSecret);
  });
});

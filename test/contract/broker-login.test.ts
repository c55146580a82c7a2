import { createHash, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Agent, defaultAgents } from "../servers/fake-proconnect-agents.ts";
import { type FakeProConnect, type FakeProConnectOptions, startFakeProConnect } from "../servers/fake-proconnect.ts";
import { Browser } from "../support/browser-login.ts";
import { type BrokerEnd, type DeadEnd, loginThroughBroker } from "../support/broker-login.ts";
import { KeycloakConsole } from "../support/keycloak-console.ts";
import { realmOf } from "../support/realm-fixture.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";
import { testServers } from "../support/test-servers.ts";

/** A stock Keycloak that none of our code has configured, brokering to the FAKE ProConnect: what the driver may build on, and proof that the fake is taken for a provider. */
const { url, clientId, clientSecret } = testServers().keycloak;
const console = new KeycloakConsole(url, { realm: "master", clientId, clientSecret });
const realm = uniqueName("broker");
const issuer = `${url}/realms/${realm}`;
const application = `${issuer}/account/`;
const alias = "proconnect";
const endpoint = `${issuer}/broker/${alias}/endpoint`;
const secret = randomBytes(32).toString("base64url");
const [angele, bob, chloe, eve] = defaultAgents as readonly [Agent, Agent, Agent, Agent];
const agents = [...defaultAgents];

const registered = {
  clientId: realm,
  clientSecret: secret,
  redirectUris: [endpoint],
  postLogoutRedirectUris: [`${endpoint}/logout_response`],
};
const levels = ["eidas1", "eidas1-mfa", "eidas2", "eidas3"];
const essential = JSON.stringify({ id_token: { acr: { essential: true, values: levels }, amr: null } });
const imported = ["siret", "siren", "uid", "idp_id", "organizational_unit", "belonging_population"];

/** As the documentation of ProConnect wants it of a stock Keycloak. */
function provider(at: FakeProConnect, change: Change = {}): Record<string, unknown> {
  const config = {
    issuer: at.issuer,
    authorizationUrl: `${at.issuer}/authorize?${new URLSearchParams({ claims: essential }).toString()}`,
    tokenUrl: `${at.issuer}/token`,
    userInfoUrl: `${at.issuer}/userinfo`,
    logoutUrl: `${at.issuer}/session/end`,
    jwksUrl: `${at.issuer}/jwks`,
    useJwksUrl: "true",
    validateSignature: "true",
    clientId: realm,
    clientSecret: secret,
    clientAuthMethod: "client_secret_post",
    defaultScope: ["openid", "given_name", "usual_name", "email", ...imported].join(" "),
    pkceEnabled: "true",
    pkceMethod: "S256",
    syncMode: "FORCE",
    uiLocales: "false",
    filteredByClaim: "true",
    claimFilterName: "acr",
    claimFilterValue: levels.join("|"),
    ...change.config,
  };
  return {
    alias,
    displayName: "ProConnect",
    providerId: "oidc",
    enabled: true,
    trustEmail: true,
    firstBrokerLoginFlowAlias: "link by e-mail",
    ...change.instance,
    config,
  };
}

interface Change {
  readonly instance?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
}

const step = (authenticator: string, requirement: string, more: object = {}): Record<string, unknown> => ({
  authenticator,
  requirement,
  ...more,
});
const flow = (name: string, steps: readonly object[], topLevel = true): Record<string, unknown> => ({
  alias: name,
  providerId: "basic-flow",
  topLevel,
  builtIn: false,
  authenticationExecutions: steps.map((one, at) => ({ priority: at, ...one })),
});

/** Everything in the one call that makes a realm; flows among them. */
function realmRepresentation(at: FakeProConnect): Record<string, unknown> {
  const { userProfile } = realmOf(realm);
  const attribute = (claim: string, name = claim): Record<string, unknown> => ({
    name,
    identityProviderAlias: alias,
    identityProviderMapper: "oidc-user-attribute-idp-mapper",
    config: { syncMode: "INHERIT", claim, "user.attribute": name },
  });
  const profile = {
    providerId: "declarative-user-profile",
    config: { "kc.user.profile.config": [JSON.stringify(userProfile)] },
  };
  return {
    realm,
    enabled: true,
    internationalizationEnabled: true,
    supportedLocales: ["fr"],
    defaultLocale: "fr",
    components: { "org.keycloak.userprofile.UserProfileProvider": [profile] },
    authenticationFlows: [
      flow("link by e-mail", [step("idp-create-user-if-unique", "ALTERNATIVE"), step("idp-auto-link", "ALTERNATIVE")]),
      flow("own agents", [
        step("allow-access-authenticator", "REQUIRED"),
        { flowAlias: "others", authenticatorFlow: true, requirement: "CONDITIONAL" },
      ]),
      flow(
        "others",
        [
          step("conditional-user-attribute", "REQUIRED", { authenticatorConfig: "not ours" }),
          step("deny-access-authenticator", "REQUIRED", { authenticatorConfig: "in French" }),
        ],
        false,
      ),
    ],
    authenticatorConfig: [
      {
        alias: "not ours",
        config: { attribute_name: "siret", attribute_expected_value: angele.siret, regex: "true", not: "true" },
      },
      { alias: "in French", config: { denyErrorMessage: "Votre administration n’utilise pas cette suite." } },
    ],
    identityProviders: [provider(at)],
    identityProviderMappers: [
      attribute("usual_name", "lastName"),
      attribute("given_name", "firstName"),
      ...imported.map((claim) => attribute(claim)),
    ],
  };
}

let fake: FakeProConnect;
const others: FakeProConnect[] = [];

async function another(options: Partial<FakeProConnectOptions>): Promise<FakeProConnect> {
  const one = await startFakeProConnect({ clients: [registered], agents, ...options });
  others.push(one);
  return one;
}

async function become(at: FakeProConnect, change: Change = {}): Promise<void> {
  await console.send("PUT", `/${realm}/identity-provider/instances/${alias}`, provider(at, change));
}

const verifier = randomBytes(32).toString("base64url");

async function login(
  agent: Agent,
  more: { browser?: Browser; query?: Record<string, string> } = {},
): Promise<BrokerEnd> {
  const query = new URLSearchParams({
    client_id: "account-console",
    redirect_uri: application,
    response_type: "code",
    scope: "openid",
    state: "a-state",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...more.query,
  });
  const start = new URL(`${issuer}/protocol/openid-connect/auth?${query.toString()}`);
  const wish = { start, alias, agent: agent.email, stopAt: application };
  return await loginThroughBroker(more.browser ?? new Browser(), wish);
}

async function refused(agent: Agent): Promise<DeadEnd> {
  const { stopped } = await login(agent);
  if (stopped === undefined) throw new Error("The login was not refused.");
  return stopped;
}

async function idToken(end: BrokerEnd): Promise<string> {
  const code = end.arrived?.searchParams.get("code") ?? "";
  const form = { grant_type: "authorization_code", code, redirect_uri: application, client_id: "account-console" };
  const body = new URLSearchParams({ ...form, code_verifier: verifier });
  const answer = await fetch(`${issuer}/protocol/openid-connect/token`, { method: "POST", body });
  return ((await answer.json()) as { id_token: string }).id_token;
}

type Account = Readonly<Record<string, unknown>> & { readonly id: string };

async function account({ email }: Agent): Promise<Account | undefined> {
  const query = new URLSearchParams({ email, exact: "true", briefRepresentation: "false" });
  return ((await console.send("GET", `/${realm}/users?${query.toString()}`)).json as Account[])[0];
}

const of = async (
  one: Account | undefined,
  what: "sessions" | "federated-identity",
): Promise<Record<string, unknown>[]> =>
  (await console.send("GET", `/${realm}/users/${one?.id ?? ""}/${what}`)).json as Record<string, unknown>[];

beforeAll(async () => {
  fake = await startFakeProConnect({ clients: [registered], agents });
  await console.send("POST", "", realmRepresentation(fake));
});

afterEach(async () => {
  agents.splice(0, agents.length, ...defaultAgents);
  for (const one of defaultAgents) {
    const left = await account(one);
    if (left !== undefined) await console.send("DELETE", `/${realm}/users/${left.id}`);
  }
  await become(fake);
  for (const one of others.splice(0)) await one.stop();
});

afterAll(async () => {
  await console.send("DELETE", `/${realm}`);
  await fake.stop();
});

describe("an agent who comes from ProConnect", () => {
  it("gets an account with the names, the address and the attributes that their administration tells", async () => {
    expect((await login(angele)).arrived?.searchParams.has("code")).toBe(true);
    const one = await account(angele);
    expect(one).toMatchObject({
      username: angele.email,
      email: angele.email,
      emailVerified: true,
      firstName: angele.given_name,
      lastName: angele.usual_name,
      attributes: {
        siret: [angele.siret],
        siren: [angele.siren],
        uid: [angele.uid],
        idp_id: [angele.idp_id],
        organizational_unit: [angele.organizational_unit],
        belonging_population: [angele.belonging_population],
      },
    });
    expect(await of(one, "federated-identity")).toEqual([
      { identityProvider: alias, userId: expect.stringMatching(/^[0-9a-f]{64}$/), userName: angele.email },
    ]);
  });

  it("was asked for with no parameter that ProConnect refuses, whatever the application sent", async () => {
    const before = fake.authorizations.length;
    await login(angele, {
      query: { ui_locales: "fr", kc_idp_hint: alias, nonce: "n", prompt: "login", max_age: "10" },
    });
    const [asked, ...more] = fake.authorizations.slice(before);
    expect(more).toEqual([]);
    expect(Object.keys(asked ?? {}).toSorted()).toEqual([
      "claims",
      "client_id",
      "code_challenge",
      "code_challenge_method",
      "nonce",
      "prompt",
      "redirect_uri",
      "response_type",
      "scope",
      "state",
    ]);
    expect(asked).toMatchObject({ claims: essential, redirect_uri: endpoint });
    expect(asked?.["nonce"]?.length).toBeGreaterThanOrEqual(22);
  });

  it("sees no page of Keycloak where the application says which provider", async () => {
    const { passed } = await login(angele, { query: { kc_idp_hint: alias } });
    expect(passed).toEqual(["FAKE ProConnect"]);
  });

  it("has at each login what their administration says by then", async () => {
    await login(bob);
    const { id } = (await account(bob)) ?? {};
    agents.splice(0, agents.length, { ...bob, organizational_unit: "DGGN", usual_name: "Martin-Durand" });
    await login(bob);
    expect(await account(bob)).toMatchObject({
      id,
      lastName: "Martin-Durand",
      attributes: { organizational_unit: ["DGGN"] },
    });
  });

  it("gets in some seconds after the provider has changed its key: Keycloak asks for the new one, but not at once", async () => {
    const first = await another({});
    await become(first);
    expect((await login(angele)).arrived).toBeDefined();
    await first.stop();
    await another({ port: Number(new URL(first.origin).port) });
    await eventually(async () => {
      expect((await login(angele)).arrived).toBeDefined();
    }, 30_000);
  });
});

describe("refused, with no account left", () => {
  it("by ProConnect: an agent below the level that is essential", async () => {
    const page = await refused(chloe);
    expect([page.status, page.words]).toEqual([200, expect.stringContaining("Accès refusé")]);
    expect(await account(chloe)).toBeUndefined();
  });

  it("by Keycloak: an agent below the level, where the provider did not keep to it", async () => {
    await become(fake, { config: { authorizationUrl: `${fake.issuer}/authorize` } });
    const page = await refused(chloe);
    expect([page.status, page.words]).toEqual([502, expect.stringContaining("attribut essentiel")]);
    expect(await account(chloe)).toBeUndefined();
  });

  it.each([
    ["that is signed with HS256, which Keycloak cannot verify", "HS256"],
    ["that is not signed", "none"],
  ] as const)("userinfo %s", async (_case, format) => {
    await become(await another({ userinfo: format }));
    expect((await refused(angele)).status).toBe(502);
    expect(await account(angele)).toBeUndefined();
  });

  it("a realm whose secret is not the registered one", async () => {
    await become(fake, { config: { clientSecret: "wrong" } });
    expect((await refused(angele)).status).toBe(502);
    expect(await account(angele)).toBeUndefined();
  });

  it("a realm that forwards ui_locales: ProConnect takes no parameter that it does not know", async () => {
    await become(fake, { config: { uiLocales: "true" } });
    const { stopped } = await login(angele, { query: { ui_locales: "fr" } });
    expect([stopped?.status, stopped?.words]).toEqual([400, expect.stringContaining("Y000400")]);
  });
});

describe("agents of administrations that are not the tenant's", () => {
  const gated = { instance: { postBrokerLoginFlowAlias: "own agents" } };

  it("are refused by a flow after the login, in words of ours and without a session", async () => {
    await become(fake, gated);
    const page = await refused(eve);
    expect([page.status, page.words]).toEqual([401, expect.stringContaining("n’utilise pas cette suite")]);
    const left = await account(eve);
    // Keycloak had made the account before it asked the flow: whoever refuses has to clear it away.
    expect(left).toBeDefined();
    expect(await of(left, "sessions")).toEqual([]);
  });

  it("do not keep the tenant's own from getting in", async () => {
    await become(fake, gated);
    expect((await login(angele)).arrived?.searchParams.has("code")).toBe(true);
  });

  it("are refused from the day on which an agent has become one of them", async () => {
    await become(fake, gated);
    await login(angele);
    agents.splice(0, agents.length, { ...angele, siret: eve.siret });
    expect((await refused(angele)).status).toBe(401);
  });
});

describe("logging out", () => {
  it("of the realm ends the session at ProConnect too, and leads back to the application", async () => {
    const browser = new Browser();
    const query = {
      id_token_hint: await idToken(await login(angele, { browser })),
      post_logout_redirect_uri: application,
    };
    const start = new URL(`${issuer}/protocol/openid-connect/logout?${new URLSearchParams(query).toString()}`);
    expect(await browser.open(start, undefined, application)).toEqual({ arrived: new URL(application) });
    expect((await login(angele, { browser })).passed).toContain("FAKE ProConnect");
  });
});

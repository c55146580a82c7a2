import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenantIdentityProviderSpec } from "../../crds/v1alpha1/tenant-identity-provider.ts";
import { openIdBroker, proConnectBroker } from "../../operator/identity/broker.ts";
import { refusals } from "../../operator/identity/broker-flows.ts";
import { registrationOf } from "../../operator/identity/registration.ts";
import type { BrokerDesired } from "../../operator/keycloak/broker-desired.ts";
import { type BrokerPlan, brokerPlan, endBrokerPlan } from "../../operator/keycloak/broker-plan.ts";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import type { ObservedRealm, RealmChange } from "../../operator/keycloak/keycloak-api.ts";
import type { UserinfoFormat } from "../servers/fake-proconnect-provider.ts";
import { type Agent, defaultAgents } from "../servers/fake-proconnect-agents.ts";
import { type FakeProConnect, startFakeProConnect } from "../servers/fake-proconnect.ts";
import { type BrokerEnd, loginThroughBroker } from "../support/broker-login.ts";
import { Browser, loginWithTotp } from "../support/browser-login.ts";
import { KeycloakConsole } from "../support/keycloak-console.ts";
import { markerOf, never, ProvidedRealm, realmOf } from "../support/realm-fixture.ts";
import { uniqueName } from "../support/test-cluster.ts";
import { testServers } from "../support/test-servers.ts";

const [angele, bob, chloe, eve] = defaultAgents as readonly [Agent, Agent, Agent, Agent];
const alias = "proconnect";
const server = testServers().keycloak;
const platform = { realm: "master", clientId: server.clientId, clientSecret: server.clientSecret };
const api = new HttpKeycloakApi({ adminUrl: server.url }, Date.now);
const console = new KeycloakConsole(server.url, platform);

interface Account {
  readonly username: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  readonly sessions: number;
  readonly links: number;
}

/** A real realm that trusts a FAKE ProConnect by exactly the changes that the operator makes. */
class TrustingRealm {
  readonly realm = new ProvidedRealm(realmOf(uniqueName("br"), { mfa: "Optional" }), { api, platform });
  readonly #secret = randomBytes(24).toString("base64url");
  readonly #userinfo: UserinfoFormat;
  fake!: FakeProConnect;

  constructor(userinfo: UserinfoFormat = "RS256") {
    this.#userinfo = userinfo;
  }

  get issuer(): string {
    return `${server.url}/realms/${this.realm.name}`;
  }

  async start(): Promise<void> {
    await this.realm.provide();
    const { redirectURIs, postLogoutRedirectURIs } = registrationOf(this.issuer, alias);
    this.fake = await startFakeProConnect({
      userinfo: this.#userinfo,
      clients: [
        {
          clientId: "socle",
          clientSecret: this.#secret,
          redirectUris: [...redirectURIs],
          postLogoutRedirectUris: [...postLogoutRedirectURIs],
        },
      ],
    });
  }

  async stop(): Promise<void> {
    await this.fake.stop();
    await this.erase();
  }

  async erase(): Promise<void> {
    const change = { kind: "delete", method: "DELETE", path: "", fields: [], why: "the test is over" } as const;
    await api.execute({ account: platform, realm: this.realm.name, change }, never);
  }

  /** ProConnect as a tenant asks for it. */
  desired(more: Readonly<Record<string, unknown>> = {}, sirens: readonly string[] = [angele.siren]): BrokerDesired {
    const spec = tenantIdentityProviderSpec.parse({
      tenantRef: { name: "t" },
      alias,
      protocol: "ProConnect",
      proConnect: {
        environment: "Custom",
        discoveryURL: this.fake.issuer,
        clientID: "socle",
        clientSecretRef: { name: "s", key: "k" },
        ...more,
      },
      linkExistingAccounts: more["linkExistingAccounts"] ?? "Never",
      domains: more["domains"] ?? [],
    });
    return proConnectBroker({ ...this.#common(), spec, admission: { sirens, sirets: [] } });
  }

  /** The same server taken for any OpenID provider. */
  plain(): BrokerDesired {
    const oidc = { issuer: this.fake.issuer, clientID: "socle", clientSecretRef: { name: "s", key: "k" } };
    const spec = tenantIdentityProviderSpec.parse({
      tenantRef: { name: "t" },
      alias,
      protocol: "OIDC",
      oidc: { ...oidc, issuer: "https://unused.example" },
    });
    const broker = openIdBroker({ ...this.#common(), spec });
    return { ...broker, config: { ...broker.config, defaultScope: "openid email" } };
  }

  #common() {
    const at = (path: string): string => `${this.fake.issuer}/${path}`;
    return {
      realm: this.realm.name,
      marker: markerOf(this.realm.name),
      enabled: true,
      secretVersion: "1",
      provider: {
        issuer: this.fake.issuer,
        authorizationEndpoint: at("authorize"),
        tokenEndpoint: at("token"),
        userInfoEndpoint: at("userinfo"),
        jwksUri: at("jwks"),
        endSessionEndpoint: at("session/end"),
      },
    };
  }

  async look(): Promise<ObservedRealm> {
    const observed = await api.observeRealm(this.realm.own, this.realm.name, never);
    if (observed === undefined) throw new Error("The realm is gone.");
    return observed;
  }

  async plan(desired: BrokerDesired): Promise<Extract<BrokerPlan, { kind: "plan" }>> {
    const plan = brokerPlan({ desired, observed: await this.look(), secret: this.#secret });
    if (plan.kind === "refused") throw new Error(plan.message);
    return plan;
  }

  async carryOut(changes: readonly RealmChange[]): Promise<void> {
    for (const change of changes) await api.execute({ account: this.realm.own, realm: this.realm.name, change }, never);
  }

  async trust(desired: BrokerDesired): Promise<void> {
    await this.carryOut((await this.plan(desired)).changes);
    expect(await this.plan(desired)).toEqual({ kind: "plan", changes: [], drift: [] });
  }

  async login({ email }: Agent, browser = new Browser()): Promise<BrokerEnd> {
    const redirect = `${this.issuer}/account/`;
    const query = new URLSearchParams({
      client_id: "account-console",
      redirect_uri: redirect,
      response_type: "code",
      scope: "openid",
      state: randomBytes(16).toString("hex"),
      nonce: randomBytes(16).toString("hex"),
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    const start = new URL(`${this.issuer}/protocol/openid-connect/auth?${query.toString()}`);
    return await loginThroughBroker(browser, { start, alias, agent: email, stopAt: redirect });
  }

  async accounts(): Promise<readonly Account[]> {
    const path = `/${this.realm.name}/users`;
    type Known = Omit<Account, "sessions" | "links"> & { readonly id: string };
    const list = async <T>(at: string): Promise<readonly T[]> => (await console.send("GET", at)).json as readonly T[];
    const users = await list<Known>(`${path}?max=50`);
    const counted = users.map(async ({ id, ...known }) => ({
      ...known,
      sessions: (await list(`${path}/${id}/sessions`)).length,
      links: (await list(`${path}/${id}/federated-identity`)).length,
    }));
    return await Promise.all(counted);
  }

  async account({ email }: Agent): Promise<Account | undefined> {
    return (await this.accounts()).find(({ username }) => username === email);
  }

  async removeAccount({ email }: Agent): Promise<void> {
    await console.send("DELETE", `/${this.realm.name}/users/${await console.userId(this.realm.name, email)}`);
  }

  async addLocal(user: Readonly<Record<string, unknown>>): Promise<void> {
    await console.send("POST", `/${this.realm.name}/users`, { enabled: true, firstName: "R", lastName: "A", ...user });
  }
}

afterAll(async () => {
  await api.close();
});

describe("a realm that trusts ProConnect, on the real Keycloak, before a FAKE ProConnect", () => {
  const world = new TrustingRealm();
  beforeAll(async () => {
    await world.start();
    await world.trust(world.desired());
  });
  afterAll(async () => {
    await world.stop();
  });

  it("lets an agent of its organisation in, with the names and attributes that the provider tells", async () => {
    const end = await world.login(angele);
    expect(end.arrived?.searchParams.get("code")).toBeTruthy();
    expect(await world.account(angele)).toMatchObject({
      firstName: "Angèle",
      lastName: "Dupont-Léa",
      attributes: { siret: [angele.siret], uid: [angele.uid], idp_id: [angele.idp_id] },
      sessions: 1,
      links: 1,
    });
  });

  it("asks the provider for nothing that it would refuse, and for the level that is essential", () => {
    const [asked] = world.fake.authorizations;
    expect(Object.keys(asked ?? {}).sort()).toEqual([
      "claims",
      "client_id",
      "code_challenge",
      "code_challenge_method",
      "nonce",
      "redirect_uri",
      "response_type",
      "scope",
      "state",
    ]);
    expect(JSON.parse(asked?.["claims"] ?? "")).toMatchObject({ id_token: { acr: { essential: true } } });
  });

  it("refuses an agent of another organisation on a page in French, and keeps no account and no session", async () => {
    for (let tries = 0; tries < 2; tries += 1) {
      const { stopped } = await world.login(eve);
      expect(stopped?.words).toContain("Accès refusé : vous n'avez pas accès à cet espace");
      expect(await world.account(eve)).toBeUndefined();
    }
  });

  it("refuses an agent whose level of assurance is too low, and keeps no account", async () => {
    const { stopped } = await world.login(chloe);
    expect(stopped?.words).toContain("Accès refusé en se connectant avec ProConnect");
    expect(await world.account(chloe)).toBeUndefined();
  });

  it("refuses an agent whose address is of none of its domains, and keeps no account", async () => {
    await world.trust(world.desired({ domains: ["ailleurs.example"] }));
    const { stopped } = await world.login(bob);
    expect(stopped?.words).toContain("Accès refusé");
    expect(await world.account(bob)).toBeUndefined();
    await world.trust(world.desired({ domains: ["interieur.example"] }));
    expect((await world.login(bob)).arrived).toBeDefined();
    await world.removeAccount(bob);
    await world.trust(world.desired());
  });

  it("refuses an agent who moved to another organisation at the next login", async () => {
    expect((await world.login(angele)).arrived).toBeDefined();
    await world.trust(world.desired({}, [eve.siren]));
    const before = (await world.account(angele))?.sessions;
    const { stopped } = await world.login(angele);
    expect(stopped).toMatchObject({
      status: 401,
      words: expect.stringContaining(refusals.siret) as unknown,
    });
    expect((await world.account(angele))?.sessions).toBe(before);
    await world.trust(world.desired());
  });

  it("lets nobody into an account that has the same address, and says so", async () => {
    await world.addLocal({ username: "bob", email: bob.email, emailVerified: true });
    const { stopped } = await world.login(bob);
    expect(stopped).toMatchObject({ status: 401, words: expect.stringContaining(refusals.accountExists) as unknown });
    expect(await world.account(bob)).toBeUndefined();
  });

  it("links that account where the ministry asked for it", async () => {
    await world.trust(world.desired({ linkExistingAccounts: "ByVerifiedEmail" }));
    expect((await world.login(bob)).arrived).toBeDefined();
    const known = (await world.accounts()).find(({ username }) => username === "bob");
    expect(known).toMatchObject({ firstName: "Bob", lastName: "Martin", links: 1, sessions: 1 });
    await world.trust(world.desired());
  });

  it("is put back where somebody weakened it", async () => {
    const live = (await world.look()).representation["identityProviders"] as readonly {
      readonly config: Readonly<Record<string, string>>;
    }[];
    const path = `/${world.realm.name}/identity-provider/instances/${alias}`;
    const weak = { ...live[0], trustEmail: false, config: { ...live[0]?.config, filteredByClaim: "false" } };
    await console.send("PUT", path, weak);
    const plan = await world.plan(world.desired());
    expect(plan.drift).toEqual([
      `identityProviders.${alias}.trustEmail`,
      `identityProviders.${alias}.config.filteredByClaim`,
    ]);
    await world.trust(world.desired());
    // The mask in place of the secret kept it: logins still work.
    expect((await world.login(angele)).arrived).toBeDefined();
  });

  it("that is ended shuts the way in and keeps who is who; its return opens it to the same account", async () => {
    const before = await world.account(angele);
    await world.carryOut(endBrokerPlan({ desired: world.desired(), observed: await world.look() }));
    const { stopped } = await world.login(angele);
    expect(stopped?.words).not.toContain("ProConnect");
    expect((await world.account(angele))?.links).toBe(1);
    await world.trust(world.desired());
    expect((await world.login(angele)).arrived).toBeDefined();
    expect((await world.account(angele))?.attributes).toEqual(before?.attributes);
  });
});

describe.each<[UserinfoFormat, string]>([
  ["HS256", "signed by a secret that others may know"],
  ["none", "a token that nobody signed"],
])("userinfo that is %s, %s", (format) => {
  const world = new TrustingRealm(format);
  beforeAll(async () => {
    await world.start();
    await world.trust(world.desired());
  });
  afterAll(async () => {
    await world.stop();
  });

  it("lets nobody in, and makes no account", async () => {
    const { stopped } = await world.login(angele);
    expect(stopped?.status).toBeGreaterThanOrEqual(400);
    expect(await world.account(angele)).toBeUndefined();
  });
});

describe("userinfo that is not signed at all", () => {
  const world = new TrustingRealm("Unsigned");
  beforeAll(async () => {
    await world.start();
  });
  afterAll(async () => {
    await world.stop();
  });

  it("lets an agent in where the provider is any, which need not sign", async () => {
    await world.trust(world.plain());
    expect((await world.login(angele)).arrived).toBeDefined();
  });
});

describe("a provider that is down", () => {
  const world = new TrustingRealm();
  beforeAll(async () => {
    await world.start();
    await world.trust(world.desired());
    await world.fake.stop();
  });
  afterAll(async () => {
    await world.erase();
  });

  it("locks nobody out who has an account of their own", async () => {
    const known = { username: "rescuer", password: "a-password-that-is-long-enough" };
    await console.addUser(world.realm.name, { ...known, groups: ["/break-glass"] });
    const session = await loginWithTotp(new Browser(), { issuer: world.issuer, ...known });
    expect(session).toMatchObject({ asked: ["password"], subject: expect.stringMatching(/.+/) as unknown });
  });
});

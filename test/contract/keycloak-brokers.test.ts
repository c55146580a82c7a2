import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenantIdentityProviderSpec } from "../../crds/v1alpha1/tenant-identity-provider.ts";
import { openIdBroker, proConnectBroker } from "../../operator/identity/broker.ts";
import { refusals } from "../../operator/identity/broker-flows.ts";
import { registrationOf } from "../../operator/identity/registration.ts";
import type { BrokerDesired } from "../../operator/keycloak/broker-desired.ts";
import { endBrokerPlan } from "../../operator/keycloak/broker-plan.ts";
import type { UserinfoFormat } from "../servers/fake-proconnect-provider.ts";
import { type Agent, defaultAgents } from "../servers/fake-proconnect-agents.ts";
import { type FakeProConnect, startFakeProConnect } from "../servers/fake-proconnect.ts";
import { Browser, loginWithTotp } from "../support/browser-login.ts";
import { KeycloakOfRun, TrustingRealm } from "../support/trusting-realm.ts";

const [angele, bob, chloe, eve] = defaultAgents as readonly [Agent, Agent, Agent, Agent];
const alias = "proconnect";
const keycloak = new KeycloakOfRun();
const { api, console } = keycloak;

/** Trusts a FAKE ProConnect. */
class ProConnectRealm extends TrustingRealm {
  readonly #clientSecret: string;
  readonly #userinfo: UserinfoFormat;
  fake!: FakeProConnect;

  constructor(userinfo: UserinfoFormat = "RS256") {
    const secret = randomBytes(24).toString("base64url");
    super(keycloak, { alias, secret });
    this.#clientSecret = secret;
    this.#userinfo = userinfo;
  }

  async start(): Promise<void> {
    await this.realm.provide();
    const { redirectURIs, postLogoutRedirectURIs } = registrationOf(this.issuer, { alias, protocol: "ProConnect" });
    this.fake = await startFakeProConnect({
      userinfo: this.#userinfo,
      clients: [
        {
          clientId: "socle",
          clientSecret: this.#clientSecret,
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
    return proConnectBroker({ ...this.#asked(), spec, admission: { sirens, sirets: [] } });
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
    const broker = openIdBroker({ ...this.#asked(), spec });
    return { ...broker, config: { ...broker.config, defaultScope: "openid email" } };
  }

  #asked() {
    const at = (path: string): string => `${this.fake.issuer}/${path}`;
    return {
      ...this.common,
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
}

afterAll(async () => {
  await api.close();
});

describe("a realm that trusts ProConnect, on the real Keycloak, before a FAKE ProConnect", () => {
  const world = new ProConnectRealm();
  beforeAll(async () => {
    await world.start();
    await world.trust(world.desired());
  });
  afterAll(async () => {
    await world.stop();
  });

  it("lets an agent of its organisation in, with the names and attributes that the provider tells", async () => {
    const end = await world.login({ name: angele.email });
    expect(end.arrived?.searchParams.get("code")).toBeTruthy();
    expect(await world.account(angele.email)).toMatchObject({
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
      const { stopped } = await world.login({ name: eve.email });
      expect(stopped?.words).toContain("Accès refusé : vous n'avez pas accès à cet espace");
      expect(await world.account(eve.email)).toBeUndefined();
    }
  });

  it("refuses an agent whose level of assurance is too low, and keeps no account", async () => {
    const { stopped } = await world.login({ name: chloe.email });
    expect(stopped?.words).toContain("Accès refusé en se connectant avec ProConnect");
    expect(await world.account(chloe.email)).toBeUndefined();
  });

  it("refuses an agent whose address is of none of its domains, and keeps no account", async () => {
    await world.trust(world.desired({ domains: ["ailleurs.example"] }));
    const { stopped } = await world.login({ name: bob.email });
    expect(stopped?.words).toContain("Accès refusé");
    expect(await world.account(bob.email)).toBeUndefined();
    await world.trust(world.desired({ domains: ["interieur.example"] }));
    expect((await world.login({ name: bob.email })).arrived).toBeDefined();
    await world.removeAccount(bob.email);
    await world.trust(world.desired());
  });

  it("refuses an agent who moved to another organisation at the next login", async () => {
    expect((await world.login({ name: angele.email })).arrived).toBeDefined();
    await world.trust(world.desired({}, [eve.siren]));
    const before = (await world.account(angele.email))?.sessions;
    const { stopped } = await world.login({ name: angele.email });
    expect(stopped).toMatchObject({
      status: 401,
      words: expect.stringContaining(refusals.siret) as unknown,
    });
    expect((await world.account(angele.email))?.sessions).toBe(before);
    await world.trust(world.desired());
  });

  it("lets nobody into an account that has the same address, and says so", async () => {
    await world.addLocal({ username: "bob", email: bob.email, emailVerified: true });
    const { stopped } = await world.login({ name: bob.email });
    expect(stopped).toMatchObject({ status: 401, words: expect.stringContaining(refusals.accountExists) as unknown });
    expect(await world.account(bob.email)).toBeUndefined();
  });

  it("links that account where the ministry asked for it", async () => {
    await world.trust(world.desired({ linkExistingAccounts: "ByVerifiedEmail" }));
    expect((await world.login({ name: bob.email })).arrived).toBeDefined();
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
    expect((await world.login({ name: angele.email })).arrived).toBeDefined();
  });

  it("that is ended shuts the way in and keeps who is who; its return opens it to the same account", async () => {
    const before = await world.account(angele.email);
    await world.carryOut(endBrokerPlan({ desired: world.desired(), observed: await world.look() }));
    const { stopped } = await world.login({ name: angele.email });
    expect(stopped?.words).not.toContain("ProConnect");
    expect((await world.account(angele.email))?.links).toBe(1);
    await world.trust(world.desired());
    expect((await world.login({ name: angele.email })).arrived).toBeDefined();
    expect((await world.account(angele.email))?.attributes).toEqual(before?.attributes);
  });
});

describe.each<[UserinfoFormat, string]>([
  ["HS256", "signed by a secret that others may know"],
  ["none", "a token that nobody signed"],
])("userinfo that is %s, %s", (format) => {
  const world = new ProConnectRealm(format);
  beforeAll(async () => {
    await world.start();
    await world.trust(world.desired());
  });
  afterAll(async () => {
    await world.stop();
  });

  it("lets nobody in, and makes no account", async () => {
    const { stopped } = await world.login({ name: angele.email });
    expect(stopped?.status).toBeGreaterThanOrEqual(400);
    expect(await world.account(angele.email)).toBeUndefined();
  });
});

describe("userinfo that is not signed at all", () => {
  const world = new ProConnectRealm("Unsigned");
  beforeAll(async () => {
    await world.start();
  });
  afterAll(async () => {
    await world.stop();
  });

  it("lets an agent in where the provider is any, which need not sign", async () => {
    await world.trust(world.plain());
    expect((await world.login({ name: angele.email })).arrived).toBeDefined();
  });
});

describe("a provider that is down", () => {
  const world = new ProConnectRealm();
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

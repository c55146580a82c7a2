import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { BrokerDesired } from "../../operator/keycloak/broker-desired.ts";
import { type BrokerPlan, brokerPlan } from "../../operator/keycloak/broker-plan.ts";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import type { ObservedRealm, RealmChange } from "../../operator/keycloak/keycloak-api.ts";
import { type BrokerEnd, loginThroughBroker } from "./broker-login.ts";
import { Browser } from "./browser-login.ts";
import { KeycloakConsole } from "./keycloak-console.ts";
import { markerOf, never, ProvidedRealm, realmOf } from "./realm-fixture.ts";
import { uniqueName } from "./test-cluster.ts";
import { testServers } from "./test-servers.ts";

export interface Account {
  readonly id: string;
  readonly username: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  readonly sessions: number;
  readonly links: number;
}

/** Whoever comes in by a provider, as the login needs to know them. */
export interface Newcomer {
  /** What they type there, or choose. */
  readonly name: string;
  /** Where the provider asks for one. */
  readonly password?: string;
}

/** The Keycloak of this run, as the operator calls it and as a person at its console does. */
export class KeycloakOfRun {
  readonly url = testServers().keycloak.url;
  readonly platform = { realm: "master", ...testServers().keycloak };
  readonly api = new HttpKeycloakApi({ adminUrl: this.url }, Date.now);
  readonly console = new KeycloakConsole(this.url, this.platform);
}

/** A real realm that trusts a provider by exactly the changes that the operator makes. */
export class TrustingRealm {
  readonly realm: ProvidedRealm;
  readonly alias: string;
  readonly #keycloak: KeycloakOfRun;
  readonly #secret: string | undefined;
  readonly #verifier = randomBytes(32).toString("base64url");

  constructor(keycloak: KeycloakOfRun, provider: { readonly alias: string; readonly secret?: string }) {
    this.realm = new ProvidedRealm(realmOf(uniqueName("br"), { mfa: "Optional" }), keycloak);
    this.alias = provider.alias;
    this.#keycloak = keycloak;
    this.#secret = provider.secret;
  }

  get issuer(): string {
    return `${this.#keycloak.url}/realms/${this.realm.name}`;
  }

  /** What every provider of this realm has. */
  get common(): { readonly realm: string; readonly marker: string; readonly enabled: boolean } {
    return { realm: this.realm.name, marker: markerOf(this.realm.name), enabled: true };
  }

  async erase(): Promise<void> {
    const change = { kind: "delete", method: "DELETE", path: "", fields: [], why: "the test is over" } as const;
    const { api, platform } = this.#keycloak;
    await api.execute({ account: platform, realm: this.realm.name, change }, never);
  }

  async look(): Promise<ObservedRealm> {
    const observed = await this.#keycloak.api.observeRealm(this.realm.own, this.realm.name, never);
    if (observed === undefined) throw new Error("The realm is gone.");
    return observed;
  }

  async plan(desired: BrokerDesired): Promise<Extract<BrokerPlan, { kind: "plan" }>> {
    const plan = brokerPlan({ desired, observed: await this.look(), secret: this.#secret });
    if (plan.kind === "refused") throw new Error(plan.message);
    return plan;
  }

  async carryOut(changes: readonly RealmChange[]): Promise<void> {
    const at = { account: this.realm.own, realm: this.realm.name };
    for (const change of changes) await this.#keycloak.api.execute({ ...at, change }, never);
  }

  async trust(desired: BrokerDesired): Promise<void> {
    await this.carryOut((await this.plan(desired)).changes);
    expect(await this.plan(desired)).toEqual({ kind: "plan", changes: [], drift: [] });
  }

  /** An application of the realm, where a login ends. */
  get application(): string {
    return `${this.issuer}/account/`;
  }

  /** Goes through the login page of the realm and the provider's, to where the application would get its code. */
  async login({ name, password }: Newcomer, browser = new Browser()): Promise<BrokerEnd> {
    const query = new URLSearchParams({
      client_id: "account-console",
      redirect_uri: this.application,
      response_type: "code",
      scope: "openid",
      state: randomBytes(16).toString("hex"),
      nonce: randomBytes(16).toString("hex"),
      code_challenge: createHash("sha256").update(this.#verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    const start = new URL(`${this.issuer}/protocol/openid-connect/auth?${query.toString()}`);
    const wish = { start, alias: this.alias, agent: name, stopAt: this.application };
    return await loginThroughBroker(browser, { ...wish, ...(password === undefined ? {} : { password }) });
  }

  /** Where a browser goes to log out of the realm again, after a login that arrived. */
  async logoutAddress({ arrived }: BrokerEnd): Promise<URL> {
    const form = {
      grant_type: "authorization_code",
      code: arrived?.searchParams.get("code") ?? "",
      redirect_uri: this.application,
      client_id: "account-console",
      code_verifier: this.#verifier,
    };
    const at = `${this.issuer}/protocol/openid-connect`;
    const answer = await fetch(`${at}/token`, { method: "POST", body: new URLSearchParams(form) });
    const { id_token: hint } = (await answer.json()) as { id_token: string };
    const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: this.application });
    return new URL(`${at}/logout?${query.toString()}`);
  }

  async accounts(): Promise<readonly Account[]> {
    const path = `/${this.realm.name}/users`;
    type Known = Omit<Account, "sessions" | "links">;
    const list = async <T>(at: string): Promise<readonly T[]> =>
      (await this.#keycloak.console.send("GET", at)).json as readonly T[];
    const users = await list<Known>(`${path}?max=50`);
    const counted = users.map(async (known) => ({
      ...known,
      sessions: (await list(`${path}/${known.id}/sessions`)).length,
      links: (await list(`${path}/${known.id}/federated-identity`)).length,
    }));
    return await Promise.all(counted);
  }

  async account(username: string): Promise<Account | undefined> {
    return (await this.accounts()).find((found) => found.username === username);
  }

  async removeAccount(username: string): Promise<void> {
    const { console } = this.#keycloak;
    await console.send("DELETE", `/${this.realm.name}/users/${await console.userId(this.realm.name, username)}`);
  }

  async addLocal(user: Readonly<Record<string, unknown>>): Promise<void> {
    const body = { enabled: true, firstName: "R", lastName: "A", ...user };
    await this.#keycloak.console.send("POST", `/${this.realm.name}/users`, body);
  }
}

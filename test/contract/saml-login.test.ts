import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenantIdentityProviderSpec } from "../../crds/v1alpha1/tenant-identity-provider.ts";
import { samlBroker } from "../../operator/identity/broker.ts";
import { gateAttribute, refusals } from "../../operator/identity/broker-flows.ts";
import { registrationOf } from "../../operator/identity/registration.ts";
import type { BrokerDesired } from "../../operator/keycloak/broker-desired.ts";
import type { BrokerEnd } from "../support/broker-login.ts";
import { Browser } from "../support/browser-login.ts";
import { formAction, wordsIn } from "../support/html-page.ts";
import { KeycloakSamlProvider, type SamlAgent } from "../support/keycloak-saml-provider.ts";
import { never } from "../support/realm-fixture.ts";
import { KeycloakOfRun, TrustingRealm } from "../support/trusting-realm.ts";

const alias = "federation";
const agentOf = (firstName: string, lastName: string, domain = "meteo.example"): SamlAgent => {
  const username = firstName.toLowerCase();
  return { username, email: `${username}@${domain}`, firstName, lastName };
};
const camille = agentOf("Camille", "Roy");
const dominique = agentOf("Dominique", "Petit");
const alex = agentOf("Alex", "Lefort");
const robin = agentOf("Robin", "Blanc");
const noel = agentOf("Noel", "Faure");
const stranger = agentOf("Sacha", "Noir", "ailleurs.example");
const keycloak = new KeycloakOfRun();

/** Trusts another realm of the same real Keycloak as its SAML provider. */
class SamlRealm extends TrustingRealm {
  readonly provider = new KeycloakSamlProvider(keycloak);

  constructor() {
    super(keycloak, { alias });
  }

  async start(): Promise<void> {
    await this.realm.provide();
    await this.provider.start([camille, dominique, alex, robin, noel, stranger]);
    const { redirectURIs, postLogoutRedirectURIs } = registrationOf(this.issuer, { alias, protocol: "SAML" });
    await this.provider.register({
      entityId: this.issuer,
      assertionConsumer: redirectURIs[0] ?? "",
      singleLogout: postLogoutRedirectURIs[0] ?? "",
      certificate: await this.#certificate(),
    });
  }

  /** As the administrator of the provider finds it: the realm publishes it, whether it trusts anybody or not. */
  async #certificate(): Promise<string> {
    const answer = await fetch(`${this.issuer}/protocol/saml/descriptor`);
    return /X509Certificate>([^<]+)</.exec(await answer.text())?.[1] ?? "";
  }

  async stop(): Promise<void> {
    await this.provider.erase();
    await this.erase();
  }

  /** The provider as a tenant asks for it, from what its metadata say now, or from what they might say. */
  async desired(
    read: (metadata: string) => string = (metadata) => metadata,
    domains: readonly string[] = ["meteo.example"],
  ): Promise<BrokerDesired> {
    const spec = tenantIdentityProviderSpec.parse({
      tenantRef: { name: "t" },
      alias,
      protocol: "SAML",
      saml: { metadataURL: "https://unused.example" },
      domains,
    });
    const said = read(await this.provider.metadata());
    const metadata = await keycloak.api.readSamlMetadata(this.realm.own, said, never);
    return samlBroker({ ...this.common, spec, metadata });
  }

  async comeIn({ username: name }: SamlAgent, browser = new Browser()): Promise<BrokerEnd> {
    return await this.login({ name, password: this.provider.password }, browser);
  }
}

describe("a realm that trusts a SAML provider, both of the real Keycloak", () => {
  const world = new SamlRealm();
  beforeAll(async () => {
    await world.start();
    await world.trust(await world.desired());
  });
  afterAll(async () => {
    await world.stop();
    await keycloak.api.close();
  });

  it("lets an agent in by the addresses that the registration prints, with the names that the provider tells", async () => {
    const { arrived } = await world.comeIn(camille);
    expect(arrived?.searchParams.get("code")).toBeTruthy();
    const { email, firstName, lastName } = camille;
    expect(await world.account(email)).toMatchObject({ email, firstName, lastName, sessions: 1, links: 1 });
  });

  it("differs in nothing from what was asked for, once it trusts", async () => {
    expect(await world.plan(await world.desired())).toEqual({ kind: "plan", changes: [], drift: [] });
  });

  it("describes itself to the provider by the addresses that the registration prints, and not before it trusts", async () => {
    const ask = async (): Promise<Response> => await fetch(`${world.issuer}/broker/${alias}/endpoint/descriptor`);
    const desired = await world.desired();
    await world.trust({ ...desired, fields: { ...desired.fields, enabled: false } });
    expect((await ask()).status).toBe(404);
    await world.trust(desired);
    const answer = await ask();
    const said = [...(await answer.text()).matchAll(/<md:(\w+)[^>]*HTTP-POST"[^>]* Location="([^"]*)"/g)];
    const { redirectURIs, postLogoutRedirectURIs } = registrationOf(world.issuer, { alias, protocol: "SAML" });
    expect(Object.fromEntries(said.map(([, service, address]) => [service, [address]]))).toEqual({
      AssertionConsumerService: redirectURIs,
      SingleLogoutService: postLogoutRedirectURIs,
    });
  });

  it("knows an agent again whose address has changed, by the name that applications know", async () => {
    const before = await world.account(camille.email);
    await world.provider.become({ ...camille, email: "camille.martin@meteo.example", lastName: "Martin" });
    expect((await world.comeIn(camille)).arrived).toBeDefined();
    expect(await world.account(camille.email)).toMatchObject({
      id: before?.id,
      email: "camille.martin@meteo.example",
      lastName: "Martin",
      links: 1,
    });
  });

  it("refuses an agent whose address is of none of its domains on a page in French, and keeps no account", async () => {
    for (let tries = 0; tries < 2; tries += 1) {
      const { stopped } = await world.comeIn(stranger);
      expect(stopped?.words).toContain("Accès refusé : vous n'avez pas accès à cet espace");
      expect((await world.accounts()).map(({ email }) => email)).not.toContain(stranger.email);
    }
  });

  it("opens no session to somebody who forges the page that refused them, and takes no address from it", async () => {
    const gate = gateAttribute(alias, { attribute: "email" });
    const forged = { username: "forged", firstName: "For", lastName: "Ged", [gate]: "forged@meteo.example" };
    for (const form of [{ ...forged, email: "forged@meteo.example" }, forged]) {
      const browser = new Browser();
      const { stopped } = await world.comeIn(stranger, browser);
      const page = await browser.open(stopped?.url ?? new URL(world.issuer));
      if (!("body" in page)) throw new Error("The realm let the stranger in.");
      const end = await browser.open(formAction(page), new URLSearchParams(form), world.application);
      expect("body" in end ? wordsIn(end.body) : "arrived").toMatch(
        "email" in form ? /Accès refusé/ : new RegExp(refusals.email),
      );
    }
    expect(await world.account("forged")).toMatchObject({ email: stranger.email, sessions: 0 });
    expect((await world.comeIn(stranger)).stopped?.words).toContain(refusals.email);
  });

  it("refuses an agent whose address has left its domains at the next login, and opens no session", async () => {
    expect((await world.comeIn(dominique)).arrived).toBeDefined();
    await world.provider.become({ ...dominique, email: "dominique@ailleurs.example" });
    const { stopped } = await world.comeIn(dominique);
    expect(stopped).toMatchObject({ status: 401, words: expect.stringContaining(refusals.email) as unknown });
    expect((await world.account(dominique.email))?.sessions).toBe(1);
  });

  it("lets nobody into an account that has the same address, says so, and leads back", async () => {
    await world.addLocal({ username: "robin", email: robin.email, emailVerified: true });
    const { stopped } = await world.comeIn(robin);
    expect(stopped).toMatchObject({ status: 401, words: expect.stringContaining(refusals.accountExists) as unknown });
    expect(stopped?.words).toContain("Revenir à l'application");
    expect(await world.account("robin")).toMatchObject({ firstName: "R", lastName: "A", sessions: 0, links: 0 });
    expect(await world.account(robin.email)).toBeUndefined();
  });

  it("refuses an assertion that nobody signed, though the answer around it is signed", async () => {
    await world.provider.signAssertions(world.issuer, false);
    const { stopped } = await world.comeIn(alex);
    expect(stopped).toMatchObject({ status: 400, words: expect.stringContaining("Signature invalide") as unknown });
    expect(await world.account(alex.email)).toBeUndefined();
    await world.provider.signAssertions(world.issuer, true);
  });

  it("refuses what a key signed that the metadata did not name, until the metadata are read anew", async () => {
    await world.provider.publishKey();
    await world.provider.retireKey();
    const { stopped } = await world.comeIn(alex);
    expect(stopped).toMatchObject({ status: 400, words: expect.stringContaining("Signature invalide") as unknown });
    expect(await world.account(alex.email)).toBeUndefined();
    // A key of the provider's that is new is nobody's doing.
    expect((await world.plan(await world.desired())).drift).toEqual([]);
    await world.trust(await world.desired());
    expect((await world.comeIn(alex)).arrived).toBeDefined();
    expect(await world.account(alex.email)).toMatchObject({ sessions: 1, links: 1 });
  });

  it("stops nobody where the provider published its next key before it signed by it", async () => {
    await world.provider.publishKey();
    await world.trust(await world.desired());
    await world.provider.retireKey();
    expect((await world.comeIn(alex)).arrived).toBeDefined();
  });

  it("ends the session at the provider with its own, and leads back to the application", async () => {
    const browser = new Browser();
    await world.provider.endSessions(camille);
    const logout = await world.logoutAddress(await world.comeIn(camille, browser));
    const before = (await world.account(camille.email))?.sessions ?? 0;
    expect(await world.provider.sessions(camille)).toBe(1);
    expect(await browser.open(logout, undefined, world.application)).toEqual({ arrived: new URL(world.application) });
    expect((await world.account(camille.email))?.sessions).toBe(before - 1);
    expect(await world.provider.sessions(camille)).toBe(0);
  });

  it("ends its own session alone where the provider no longer offers to end them", async () => {
    await world.trust(await world.desired((said) => said.replace(/<md:SingleLogoutService[^>]*><[^>]*>/g, "")));
    const browser = new Browser();
    const logout = await world.logoutAddress(await world.comeIn(camille, browser));
    expect(await browser.open(logout, undefined, world.application)).toEqual({ arrived: new URL(world.application) });
    expect(await world.provider.sessions(camille)).toBe(1);
    await world.trust(await world.desired());
  });

  it("knows agents again of a provider that would rather name them anew each time", async () => {
    const before = await world.account(alex.email);
    const format = (name: string): string => `<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:${name}`;
    await world.trust(
      await world.desired((said) => said.replace("<md:NameIDFormat>", `${format("transient")}</md:NameIDFormat>$&`)),
    );
    expect((await world.comeIn(alex)).arrived).toBeDefined();
    expect(await world.account(alex.email)).toMatchObject({ id: before?.id, links: 1 });
    await world.trust(await world.desired());
  });

  it("refuses, with a reason, an agent of whom the provider tells no address", async () => {
    await world.trust(await world.desired((said) => said, []));
    await world.provider.withholdAddresses(world.issuer);
    const before = (await world.accounts()).length;
    const { stopped } = await world.comeIn(noel);
    expect(stopped).toMatchObject({ status: 401, words: expect.stringContaining("aucune adresse") as unknown });
    expect(await world.accounts()).toHaveLength(before);
  });
});

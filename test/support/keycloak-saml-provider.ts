import { randomBytes } from "node:crypto";
import { uniqueName } from "./test-cluster.ts";
import type { KeycloakOfRun } from "./trusting-realm.ts";

/** Whoever a SAML provider knows. */
export interface SamlAgent {
  /** By which they log in there; nobody else gets to know it. */
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
}

/** What the administrator of a SAML provider types into its form. */
export interface ServiceProvider {
  readonly entityId: string;
  readonly assertionConsumer: string;
  readonly singleLogout: string;
  /** By which its requests are verified. */
  readonly certificate: string;
}

/** Attributes by their names of X.500, as federations send them; the friendly name goes along. */
const attributes = [
  { property: "email", name: "urn:oid:0.9.2342.19200300.100.1.3", friendly: "mail" },
  { property: "firstName", name: "urn:oid:2.5.4.42", friendly: "givenName" },
  { property: "lastName", name: "urn:oid:2.5.4.4", friendly: "sn" },
] as const;

/** A SAML 2.0 provider of identities that none of our code has configured: a realm of the real Keycloak, by the hand of its own administrator. */
export class KeycloakSamlProvider {
  readonly realm = uniqueName("idp");
  readonly password = randomBytes(15).toString("base64url");
  readonly #keycloak: KeycloakOfRun;

  constructor(keycloak: KeycloakOfRun) {
    this.#keycloak = keycloak;
  }

  async start(agents: readonly SamlAgent[]): Promise<void> {
    const users = agents.map((agent) => ({
      ...agent,
      enabled: true,
      emailVerified: true,
      credentials: [{ type: "password", value: this.password, temporary: false }],
    }));
    const named = { realm: this.realm, displayName: "Fournisseur SAML", enabled: true };
    await this.#keycloak.console.send("POST", "", { ...named, users });
  }

  async register(service: ServiceProvider): Promise<void> {
    await this.#keycloak.console.send("POST", `/${this.realm}/clients`, {
      clientId: service.entityId,
      protocol: "saml",
      redirectUris: [service.assertionConsumer],
      frontchannelLogout: true,
      attributes: {
        "saml.assertion.signature": "true",
        "saml.server.signature": "true",
        "saml.client.signature": "true",
        "saml.force.post.binding": "true",
        "saml.signature.algorithm": "RSA_SHA256",
        "saml.signing.certificate": service.certificate,
        saml_assertion_consumer_url_post: service.assertionConsumer,
        saml_single_logout_service_url_post: service.singleLogout,
      },
      protocolMappers: attributes.map(({ property, name, friendly }) => ({
        name: friendly,
        protocol: "saml",
        protocolMapper: "saml-user-property-mapper",
        config: {
          "user.attribute": property,
          "attribute.name": name,
          "friendly.name": friendly,
          "attribute.nameformat": "URI Reference",
        },
      })),
    });
  }

  /** Whether assertions are signed, and not only the answers that carry them. */
  async signAssertions(entityId: string, are: boolean): Promise<void> {
    const { console } = this.#keycloak;
    const path = `/${this.realm}/clients/${await console.clientUuid(this.realm, encodeURIComponent(entityId))}`;
    const client = (await console.send("GET", path)).json as { readonly attributes: Readonly<Record<string, string>> };
    const attributes = { ...client.attributes, "saml.assertion.signature": String(are) };
    await console.send("PUT", path, { ...client, attributes });
  }

  /** From the next login on, the provider says so of an agent. */
  async become(agent: SamlAgent): Promise<void> {
    const { console } = this.#keycloak;
    const id = await console.userId(this.realm, agent.username);
    await console.send("PUT", `/${this.realm}/users/${id}`, { ...agent, emailVerified: true });
  }

  async metadata(): Promise<string> {
    const answer = await fetch(`${this.#keycloak.url}/realms/${this.realm}/protocol/saml/descriptor`);
    return await answer.text();
  }

  /** Signs by a new key from now on; the one from before is gone. */
  async changeKey(): Promise<void> {
    const { console } = this.#keycloak;
    const path = `/${this.realm}/components`;
    type Component = { readonly id: string; readonly name: string; readonly parentId: string };
    const keys = await console.send("GET", `${path}?type=org.keycloak.keys.KeyProvider`);
    const old = (keys.json as readonly Component[]).find(({ name }) => name === "rsa-generated");
    if (old === undefined) throw new Error("The provider has no key.");
    await console.send("DELETE", `${path}/${old.id}`);
    const { name, parentId } = old;
    const made = { name, parentId, providerId: "rsa-generated", providerType: "org.keycloak.keys.KeyProvider" };
    await console.send("POST", path, { ...made, config: { priority: ["100"] } });
  }

  async sessions({ username }: SamlAgent): Promise<number> {
    const { console } = this.#keycloak;
    const path = `/${this.realm}/users/${await console.userId(this.realm, username)}/sessions`;
    return ((await console.send("GET", path)).json as readonly unknown[]).length;
  }

  /** As an administrator logs somebody out everywhere. */
  async endSessions({ username }: SamlAgent): Promise<void> {
    const { console } = this.#keycloak;
    await console.send("POST", `/${this.realm}/users/${await console.userId(this.realm, username)}/logout`);
  }

  async erase(): Promise<void> {
    await this.#keycloak.console.send("DELETE", `/${this.realm}`);
  }
}

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

const keyProvider = "org.keycloak.keys.KeyProvider";

interface Key {
  readonly id: string;
  readonly parentId: string;
  readonly providerId: string;
  readonly config: { readonly priority: readonly [string] };
}

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
    const path = await this.#client(entityId);
    const client = (await console.send("GET", path)).json as { readonly attributes: Readonly<Record<string, string>> };
    const attributes = { ...client.attributes, "saml.assertion.signature": String(are) };
    await console.send("PUT", path, { ...client, attributes });
  }

  /** From the next login on, the provider tells nobody's address. */
  async withholdAddresses(entityId: string): Promise<void> {
    const { console } = this.#keycloak;
    const path = `${await this.#client(entityId)}/protocol-mappers/models`;
    type Mapper = { readonly id: string; readonly name: string };
    const told = ((await console.send("GET", path)).json as readonly Mapper[]).filter(({ name }) => name === "mail");
    for (const { id } of told) await console.send("DELETE", `${path}/${id}`);
  }

  async #client(entityId: string): Promise<string> {
    const id = await this.#keycloak.console.clientUuid(this.realm, encodeURIComponent(entityId));
    return `/${this.realm}/clients/${id}`;
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

  /** Adds the key that signs next to the metadata. */
  async publishKey(): Promise<void> {
    const [present] = await this.#keys();
    // Of several, the one of the highest priority signs.
    const priority = String(Number(present.config.priority[0]) - 1);
    await this.#keycloak.console.send("POST", `/${this.realm}/components`, {
      name: uniqueName("key"),
      parentId: present.parentId,
      providerId: "rsa-generated",
      providerType: keyProvider,
      config: { priority: [priority] },
    });
  }

  /** Gives up the key that signs for the next one. */
  async retireKey(): Promise<void> {
    const [present] = await this.#keys();
    await this.#keycloak.console.send("DELETE", `/${this.realm}/components/${present.id}`);
  }

  /** Those that sign, the present one first. */
  async #keys(): Promise<readonly [Key, ...Key[]]> {
    const path = `/${this.realm}/components?type=${keyProvider}`;
    const all = (await this.#keycloak.console.send("GET", path)).json as readonly Key[];
    const priority = (key: Key): number => Number(key.config.priority[0]);
    const signing = all.filter(({ providerId }) => providerId === "rsa-generated");
    const [present, ...next] = signing.toSorted((a, b) => priority(b) - priority(a));
    if (present === undefined) throw new Error("The provider has no key.");
    return [present, ...next];
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

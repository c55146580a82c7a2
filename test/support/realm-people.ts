import type { Kubectl } from "./installation.ts";
import type { Administration } from "./local-user.ts";

interface Person {
  readonly id: string;
  readonly username: string;
}

/** The people of a tenant's realm, as its own account sees them. */
export class RealmPeople {
  readonly #at: Administration;
  readonly #realm: string;
  readonly #token: string;

  private constructor(at: Administration, { realm, token }: { readonly realm: string; readonly token: string }) {
    this.#at = at;
    this.#realm = realm;
    this.#token = token;
  }

  static async of(kubectl: Kubectl, tenant: string, at: Administration): Promise<RealmPeople> {
    const secret = ["secret", "keycloak-operator-client", "-n", `t-${tenant}-data`];
    const { data } = await kubectl.json<{ data: Record<string, string> }>(["get", ...secret]);
    const value = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString("utf8");
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: value("clientID"),
      client_secret: value("clientSecret"),
    });
    const realm = value("realm");
    const path = `${at.url}/realms/${realm}/protocol/openid-connect/token`;
    const answer = await at.fetch(path, { method: "POST", body: form });
    if (!answer.ok) throw new Error(`The realm's own account got no token (HTTP ${answer.status}).`);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return new RealmPeople(at, { realm, token });
  }

  async names(): Promise<readonly string[]> {
    return (await this.#all()).map(({ username }) => username);
  }

  /** Ends every session of that person. */
  async logOut(username: string): Promise<void> {
    const person = (await this.#all()).find((one) => one.username === username);
    if (person === undefined) throw new Error(`Realm ${this.#realm} has no ${username}.`);
    const answer = await this.#ask("POST", `/users/${person.id}/logout`);
    if (answer.status !== 204) throw new Error(`The logout was answered by HTTP ${answer.status}.`);
  }

  async #all(): Promise<readonly Person[]> {
    return (await (await this.#ask("GET", "/users?max=100")).json()) as readonly Person[];
  }

  async #ask(method: "GET" | "POST", path: string): Promise<Response> {
    return await this.#at.fetch(`${this.#at.url}/admin/realms/${this.#realm}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
    });
  }
}

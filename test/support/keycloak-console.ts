import type { ServiceAccount } from "../../operator/keycloak/keycloak-api.ts";

interface Reply {
  readonly status: number;
  readonly json: unknown;
}

/** What a person does in Keycloak's own console: changes behind the operator's back, and looks that do not go through its code. */
export class KeycloakConsole {
  readonly #url: string;
  readonly #account: ServiceAccount;

  constructor(url: string, account: ServiceAccount) {
    this.#url = url;
    this.#account = account;
  }

  /** One request to the admin interface; paths are relative to the list of realms. Fails on any other status than 2xx. */
  async send(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(`${this.#url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.#token()}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered HTTP ${response.status}.`);
    return { status: response.status, json: text === "" ? undefined : (JSON.parse(text) as unknown) };
  }

  async clientIds(realm: string): Promise<string[]> {
    return (await this.#list(`/${realm}/clients`)).map((client) => String(client["clientId"]));
  }

  async usernames(realm: string): Promise<string[]> {
    return (await this.#list(`/${realm}/users`)).map((user) => String(user["username"]));
  }

  async clientUuid(realm: string, clientId: string): Promise<string> {
    const found = await this.#list(`/${realm}/clients?clientId=${clientId}`);
    return String(found[0]?.["id"]);
  }

  async userId(realm: string, username: string): Promise<string> {
    const found = await this.#list(`/${realm}/users?exact=true&username=${username}`);
    return String(found[0]?.["id"]);
  }

  /** Sets an authenticator of the flow that the realm uses in browsers. */
  async setRequirement(realm: string, authenticator: string, requirement: string): Promise<void> {
    const { browserFlow } = (await this.send("GET", `/${realm}`)).json as { browserFlow: string };
    const path = `/${realm}/authentication/flows/${encodeURIComponent(browserFlow)}/executions`;
    const execution = (await this.#list(path)).find((candidate) => candidate["providerId"] === authenticator);
    await this.send("PUT", path, { ...execution, requirement });
  }

  /** Gives a person of the realm a password that holds, and groups. */
  async addUser(realm: string, user: { username: string; password: string; groups: readonly string[] }): Promise<void> {
    await this.send("POST", `/${realm}/users`, {
      username: user.username,
      email: `${user.username}@ministere.example`,
      emailVerified: true,
      enabled: true,
      firstName: "Camille",
      lastName: "Martin",
      groups: user.groups,
      credentials: [{ type: "password", value: user.password, temporary: false }],
    });
  }

  async #list(path: string): Promise<Record<string, unknown>[]> {
    return (await this.send("GET", path)).json as Record<string, unknown>[];
  }

  async #token(): Promise<string> {
    const { realm, clientId, clientSecret } = this.#account;
    const response = await fetch(`${this.#url}/realms/${realm}/protocol/openid-connect/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    if (!response.ok) throw new Error(`No token for ${clientId} (HTTP ${response.status}).`);
    return ((await response.json()) as { access_token: string }).access_token;
  }
}

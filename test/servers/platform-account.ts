/** Client of realm master that the operator's platform account is: it may create realms and nothing else. */
export const platformClientId = "socle-platform";

const platformRole = "create-realm";

/** Access to a Keycloak as one confidential client of realm master. */
export interface ClientLogin {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * An access token of realm master by client credentials.
 * @throws Error with the HTTP status when Keycloak refuses; never with the secret or the answer's body.
 */
export async function accessToken({ url, clientId, clientSecret }: ClientLogin): Promise<string> {
  const response = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret }),
  });
  if (!response.ok) throw new Error(`Keycloak refuses the client ${clientId}: HTTP ${response.status}`);
  return ((await response.json()) as { access_token: string }).access_token;
}

/**
 * Makes the platform account through the bootstrap client, and removes the bootstrap client as its last step: from then on nobody holds the
 * right to administer realm master. A service account is born with the realm's default roles; those are taken away too.
 */
export async function makePlatformAccount(bootstrap: ClientLogin, platformSecret: string): Promise<void> {
  const admin = new MasterRealm(bootstrap.url, await accessToken(bootstrap));
  await admin.send("POST", "/clients", {
    clientId: platformClientId,
    name: "Socle platform account",
    secret: platformSecret,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    directAccessGrantsEnabled: false,
  });
  const client = await admin.clientId(platformClientId);
  const account = await admin.read<{ id: string }>(`/clients/${client}/service-account-user`);
  const mappings = `/users/${account.id}/role-mappings/realm`;
  await admin.send("DELETE", mappings, await admin.read<Named[]>(mappings));
  await admin.send("POST", mappings, [await admin.read<Named>(`/roles/${platformRole}`)]);
  await admin.send("DELETE", `/clients/${await admin.clientId(bootstrap.clientId)}`);
}

/** The few calls of the admin interface that the bootstrap needs. */
class MasterRealm {
  readonly #base: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#base = `${url}/admin/realms/master`;
    this.#token = token;
  }

  async clientId(clientId: string): Promise<string> {
    const found = await this.read<{ id: string }[]>(`/clients?clientId=${encodeURIComponent(clientId)}`);
    if (found[0] === undefined) throw new Error(`Keycloak has no client ${clientId} in realm master`);
    return found[0].id;
  }

  async read<T>(path: string): Promise<T> {
    return (await (await this.#request("GET", path)).json()) as T;
  }

  async send(method: "POST" | "DELETE", path: string, body?: unknown): Promise<void> {
    await (await this.#request(method, path, body)).arrayBuffer();
  }

  async #request(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`Keycloak bootstrap: ${method} ${path} answered HTTP ${response.status}`);
    return response;
  }
}

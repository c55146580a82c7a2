import { randomBytes } from "node:crypto";
import type { Kubectl } from "./installation.ts";

/** Where a Keycloak is administered, and how one gets there. */
export interface Administration {
  readonly url: string;
  readonly fetch: typeof fetch;
}

/** Makes a local user of the realm with a one-time password, as a ministry's identity administrator would. */
export async function createLocalUser(
  kubectl: Kubectl,
  wish: { readonly tenant: string; readonly administration: Administration; readonly username: string },
): Promise<{ username: string; oneTimePassword: string }> {
  const secret = await kubectl.json<{ data: Record<string, string> }>([
    "get",
    "secret",
    "keycloak-operator-client",
    "-n",
    `t-${wish.tenant}-data`,
  ]);
  const value = (key: string): string => Buffer.from(secret.data[key] ?? "", "base64").toString("utf8");
  const realm = value("realm");
  const { url, fetch } = wish.administration;
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: value("clientID"),
    client_secret: value("clientSecret"),
  });
  const answer = await fetch(`${url}/realms/${realm}/protocol/openid-connect/token`, {
    method: "POST",
    body: form,
  });
  if (!answer.ok) throw new Error(`The realm's own account got no token (HTTP ${answer.status}).`);
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const oneTimePassword = randomBytes(18).toString("base64url");
  const made = await fetch(`${url}/admin/realms/${realm}/users`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({
      username: wish.username,
      email: `${wish.username}@ministere.example`,
      emailVerified: true,
      enabled: true,
      firstName: "Camille",
      lastName: "Martin",
      groups: ["/agents"],
      credentials: [{ type: "password", value: oneTimePassword, temporary: true }],
    }),
  });
  if (made.status !== 201) throw new Error(`The user could not be made (HTTP ${made.status}).`);
  return { username: wish.username, oneTimePassword };
}

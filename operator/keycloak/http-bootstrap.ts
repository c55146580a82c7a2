import { findClient, type RealmCall } from "./http-realm-changes.ts";
import type { FirstAccounts } from "./keycloak-api.ts";

interface Named {
  readonly id: string;
  readonly name: string;
}

const platformRole = "create-realm";
const administratorRole = "admin";

/** The accounts that stay, in realm master. Every request may be repeated; an administrator who exists keeps the password that people may have given it. */
export async function makeFirstAccounts(call: RealmCall, { platform, breakGlass }: FirstAccounts): Promise<void> {
  const client = {
    clientId: platform.clientId,
    name: "Socle platform account",
    secret: platform.clientSecret,
    enabled: true,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
  };
  const known = await findClient(call, platform.clientId);
  if (known === undefined) await call({ method: "POST", path: "/clients", body: client });
  else await call({ method: "PUT", path: `/clients/${known}`, body: client });
  const id = known ?? (await findClient(call, platform.clientId)) ?? "";
  const account = (await call({ method: "GET", path: `/clients/${id}/service-account-user` })).json as Named;
  await holdOnly(call, account.id, platformRole);
  await call(
    {
      method: "POST",
      path: "/users",
      body: {
        username: breakGlass.username,
        enabled: true,
        credentials: [{ type: "password", value: breakGlass.password, temporary: false }],
      },
    },
    [409],
  );
  const query = `/users?exact=true&username=${encodeURIComponent(breakGlass.username)}`;
  const [administrator] = (await call({ method: "GET", path: query })).json as Named[];
  await grant(call, administrator?.id ?? "", administratorRole);
}

/** The account ends itself: its last request. */
export async function removeOwnClient(call: RealmCall, clientId: string): Promise<void> {
  const id = await findClient(call, clientId);
  if (id !== undefined) await call({ method: "DELETE", path: `/clients/${id}` }, [404]);
}

/** A service account is born with the realm's default roles; those are taken away too. */
async function holdOnly(call: RealmCall, user: string, role: string): Promise<void> {
  const path = `/users/${user}/role-mappings/realm`;
  const held = (await call({ method: "GET", path })).json as Named[];
  const tooMuch = held.filter(({ name }) => name !== role);
  if (tooMuch.length > 0) await call({ method: "DELETE", path, body: tooMuch });
  if (!held.some(({ name }) => name === role)) await grant(call, user, role);
}

async function grant(call: RealmCall, user: string, role: string): Promise<void> {
  const found = (await call({ method: "GET", path: `/roles/${role}` })).json as Named;
  await call({ method: "POST", path: `/users/${user}/role-mappings/realm`, body: [found] });
}

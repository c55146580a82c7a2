import type { LoginPath } from "../../openxchange/openxchange-api.ts";
import type { ClientWanted, ContextWanted, DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";

/** The context is open, its administrator gets in, and whoever wants to log in to the webmail is sent to the tenant's realm. */
export async function probeWebmail(
  { context, client }: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  if (context === undefined || client === undefined) return { ok: false, message: "There is no context." };
  const { desired, server, web, administratorPassword } = context;
  const api = await access.openXchange();
  const observed = await api.observe(desired.name, signal);
  if (observed === undefined) return failed(`App Suite ${server} has no context ${desired.name} any more.`);
  if (!observed.enabled) return failed(`Context ${desired.name} of App Suite ${server} is closed.`);
  const { name: username } = desired.administrator;
  const password = await access.secret(administratorPassword);
  const login = await api.administratorLogin({ contextId: observed.id, username, password }, signal);
  if (login.kind === "refused")
    return failed(
      `App Suite ${server} refuses administrator ${username} of context ${desired.name}: give that account the password in Secret ${administratorPassword.secret.name}, with changeuser.`,
    );
  const problem = pathProblem(await api.loginPath(web, signal), { context, client });
  if (problem !== undefined) return failed(problem);
  return {
    ok: true,
    message: `Context ${desired.name} is open, and https://${web.host} leads logins to ${web.issuer}.`,
  };
}

/** Why a browser would not come to the realm as the client of this module, or undefined if it would. */
function pathProblem(
  { status, location }: LoginPath,
  { context, client }: { readonly context: ContextWanted; readonly client: ClientWanted },
): string | undefined {
  const { server, host, issuer } = context.web;
  if (status === 0)
    return `${server} does not answer under the name ${host}: it has to serve that name, with a certificate for it.`;
  const remedy = `set up its OpenID Connect backend for that host, with Secret ${client.secret.secret.name}`;
  if (location === undefined) return `${server} sends logins for ${host} nowhere (HTTP ${status}): ${remedy}.`;
  const to = URL.parse(location);
  if (to === null || !`${to.origin}${to.pathname}`.startsWith(`${issuer}/`))
    return `${server} sends logins for ${host} elsewhere than to ${issuer}: ${remedy}.`;
  const { clientId, representation } = client.desired;
  const back = to.searchParams.get("redirect_uri") ?? "";
  const known = (representation["redirectUris"] as readonly string[]).includes(back);
  if (to.searchParams.get("client_id") === clientId && known) return undefined;
  return `${server} sends logins for ${host} to the realm as another client, or to come back to another address: ${remedy}.`;
}

function failed(message: string): ProbeResult {
  return { ok: false, message };
}

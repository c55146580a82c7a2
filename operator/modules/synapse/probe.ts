import { synapseAddress, webClientAddress } from "../../../constructs/synapse/synapse-input.ts";
import type { WebAnswer } from "../../systems/cluster-web.ts";
import type { DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";
import { identityProvider } from "./configuration.ts";

interface Flows {
  readonly flows?: readonly {
    readonly type?: string;
    readonly identity_providers?: readonly { readonly id?: string }[];
  }[];
}

/** The homeserver speaks Matrix, offers login by the realm and by nothing else, and says of itself what its tenant says. */
export async function probeHomeserver(
  desired: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const namespace = desired.application?.workload.awaits[0]?.namespace ?? "";
  const address = synapseAddress(namespace);
  const ask = (path: string): Promise<WebAnswer> => access.get(`${address}${path}`, signal);
  const versions = await ask("/_matrix/client/versions");
  if (versions.status === 0) return failed(address, "does not answer");
  if (versions.status !== 200 || !Array.isArray((versions.body as { versions?: unknown } | undefined)?.versions))
    return failed(address, `answers ${versions.status} to the question which versions of Matrix it speaks`);
  const login = await ask("/_matrix/client/v3/login");
  const problem = loginProblem(login);
  if (problem !== undefined) return failed(address, problem);
  const known = await ask("/.well-known/matrix/client");
  const base = (known.body as { "m.homeserver"?: { base_url?: string } } | undefined)?.["m.homeserver"]?.base_url;
  const wanted = desired.endpoints?.[0]?.url ?? "";
  if (base?.replace(/\/$/, "") !== wanted)
    return failed(address, `says that its address is ${base ?? "nowhere"}, not ${wanted}`);
  const client = await access.get(`${webClientAddress(namespace)}/config.json`, signal);
  if (homeserverIn(client) !== wanted)
    return {
      ok: false,
      message: `The web client at ${webClientAddress(namespace)} does not lead to ${wanted} (HTTP ${client.status}).`,
    };
  return {
    ok: true,
    message: `${wanted} speaks Matrix and offers login by the realm alone; ${desired.url ?? ""} leads there.`,
  };
}

function homeserverIn({ body }: WebAnswer): string | undefined {
  const { default_server_config: server } = (body ?? {}) as {
    readonly default_server_config?: { readonly "m.homeserver"?: { readonly base_url?: string } };
  };
  return server?.["m.homeserver"]?.base_url;
}

function loginProblem({ status, body }: WebAnswer): string | undefined {
  const { flows = [] } = (body ?? {}) as Flows;
  if (status !== 200) return `answers ${status} to the question how to log in`;
  const providers = flows.find(({ type }) => type === "m.login.sso")?.identity_providers ?? [];
  if (!providers.some(({ id }) => id === `oidc-${identityProvider}`)) return "does not offer login by the realm";
  if (flows.some(({ type }) => type === "m.login.password")) return "offers login by password";
  return undefined;
}

function failed(address: string, what: string): ProbeResult {
  return { ok: false, message: `The homeserver at ${address} ${what}.` };
}

/**
 * Synapse goes on changing its tables while it runs, and a newer version may expect that to be done. What is left is one row each.
 * (Synapse's upgrade notes; its admin API shows the same table, to an administrator that this homeserver does not have.)
 */
export async function unfinishedUpdates(
  { database, version = "" }: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (database === undefined) return undefined;
  const password = await access.secret(database.password);
  const api = await access.postgres(database.host);
  const left = (await api.countRows({ ...database.desired, password }, "background_updates", signal)) ?? 0;
  if (left === 0) return undefined;
  return `${left} background update${left === 1 ? "" : "s"} of the database must end before Synapse ${version} starts.`;
}

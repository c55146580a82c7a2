import type { Answer, Call } from "../runtime/transport.ts";
import { childAlias, type FlowReplacement } from "./flows.ts";
import type { ServiceAccountWanted } from "./plan.ts";
import type { FlowStep } from "./realm-desired.ts";

/** Requests to one realm: paths are relative to it. An answer that is neither < 300 nor in `also` is thrown as an OperatorError. */
export type RealmCall = (call: Pick<Call, "method" | "path" | "body">, also?: readonly number[]) => Promise<Answer>;

export interface GroupWanted {
  readonly name: string;
  readonly realmRoles: readonly string[];
}

/** A group with its realm roles. The server adds nothing to a group that exists, so roles are mapped by themselves; mapping twice is harmless. */
export async function makeGroup(call: RealmCall, wanted: GroupWanted): Promise<void> {
  await call({ method: "POST", path: "/groups", body: { name: wanted.name } }, [409]);
  const group = await call({ method: "GET", path: `/group-by-path/${encodeURIComponent(wanted.name)}` });
  const roles: unknown[] = [];
  for (const name of wanted.realmRoles)
    roles.push((await call({ method: "GET", path: `/roles/${encodeURIComponent(name)}` })).json);
  await call({ method: "POST", path: `/groups/${idOf(group)}/role-mappings/realm`, body: roles });
}

/** Builds a flow beside the one that runs, binds it, and only then removes what it replaces. */
export async function replaceFlow(call: RealmCall, { flow, inTheWay, replaced }: FlowReplacement): Promise<void> {
  await removeFlows(call, inTheWay);
  await buildFlow(call, { top: flow.alias, alias: flow.alias, steps: flow.steps });
  if (flow.binding !== undefined) await call({ method: "PUT", path: "", body: { [flow.binding]: flow.alias } });
  await removeFlows(call, replaced);
}

async function removeFlows(call: RealmCall, ids: readonly string[]): Promise<void> {
  // 404: it went with its parent.
  for (const id of ids) await call({ method: "DELETE", path: `/authentication/flows/${id}` }, [404]);
}

async function buildFlow(
  call: RealmCall,
  at: { readonly top: string; readonly alias: string; readonly steps: readonly FlowStep[] },
): Promise<string> {
  const { top, alias, steps } = at;
  const body = { alias, providerId: "basic-flow", topLevel: alias === top, builtIn: false };
  const id = made(await call({ method: "POST", path: "/authentication/flows", body }));
  for (const step of steps) {
    const child =
      step.kind === "flow"
        ? {
            authenticatorFlow: true,
            flowId: await buildFlow(call, { top, alias: childAlias(top, step.name), steps: step.steps }),
          }
        : { authenticatorFlow: false, authenticator: step.name };
    const execution = { parentFlow: id, requirement: step.requirement, ...child };
    const answer = await call({ method: "POST", path: "/authentication/executions", body: execution });
    if (step.kind === "flow" || step.config === undefined) continue;
    const config = { alias: childAlias(alias, step.name), config: step.config };
    await call({ method: "POST", path: `/authentication/executions/${made(answer)}/config`, body: config });
  }
  return id;
}

/** The realm's own account as wanted, whatever became of it: client, secret, service account and its roles. */
export async function repairServiceAccount(call: RealmCall, { client, roles }: ServiceAccountWanted): Promise<void> {
  const clientId = String(client["clientId"]);
  const known = await findClient(call, clientId);
  if (known === undefined) await call({ method: "POST", path: "/clients", body: client });
  else await call({ method: "PUT", path: `/clients/${known}`, body: client });
  const id = known ?? (await findClient(call, clientId)) ?? "";
  const user = (await call({ method: "GET", path: `/clients/${id}/service-account-user` })).json as {
    id: string;
    enabled: boolean;
  };
  if (!user.enabled) await call({ method: "PUT", path: `/users/${user.id}`, body: { ...user, enabled: true } });
  const management = (await findClient(call, "realm-management")) ?? "";
  const mappings = `/users/${user.id}/role-mappings/clients/${management}`;
  const available = (await call({ method: "GET", path: `${mappings}/available` })).json as { name: string }[];
  const missing = available.filter((role) => roles.includes(role.name));
  if (missing.length > 0) await call({ method: "POST", path: mappings, body: missing });
}

/** Identifier of the client of that name. */
export async function findClient(call: RealmCall, clientId: string): Promise<string | undefined> {
  const found = await call({ method: "GET", path: `/clients?clientId=${encodeURIComponent(clientId)}` });
  return (found.json as { id: string }[])[0]?.id;
}

function idOf(answer: Answer): string {
  return (answer.json as { id: string }).id;
}

/** The last part of the address of what was made is its identifier. */
function made(answer: Answer): string {
  return answer.location?.split("/").at(-1) ?? "";
}

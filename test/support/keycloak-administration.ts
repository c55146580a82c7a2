import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { managedNames } from "../../constructs/keycloak/managed-names.ts";
import type { NodeLane } from "../node-lane/node-lane.ts";
import type { Kubectl } from "./installation.ts";
import type { Administration } from "./local-user.ts";
import { pinnedFetch } from "./local-web.ts";

/** Administration has no public way in: it is reached through the API server, by those whom it lets. */
export async function throughApiServer<T>(
  node: Pick<NodeLane, "assets" | "kubeconfig" | "kubectl">,
  region: string,
  work: (at: Administration) => Promise<T>,
): Promise<T> {
  const { server, namespace, certificateSecret } = managedNames(region);
  const serverName = `${server}.${namespace}.svc`;
  const authority = await caOf(node.kubectl, { namespace, name: certificateSecret });
  const child = spawn(
    join(node.assets, "kubectl"),
    ["--kubeconfig", node.kubeconfig, "port-forward", "-n", namespace, `service/${server}`, ":https"],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port === undefined) continue;
      return await work({ url: `https://127.0.0.1:${port}`, fetch: pinnedFetch(serverName, authority) });
    }
    throw new Error(`kubectl port-forward to ${namespace}/${server} ended before it began.`);
  } finally {
    child.kill();
  }
}

/** Who administers the server, and which clients have an account of their own, as that administrator sees realm master. */
export async function accountsOfMaster(
  { url, fetch }: Administration,
  login: { readonly username: string; readonly password: string },
): Promise<{ readonly administrators: readonly string[]; readonly serviceAccounts: readonly string[] }> {
  const body = new URLSearchParams({ grant_type: "password", client_id: "admin-cli", ...login });
  const answer = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: "POST", body });
  if (!answer.ok) throw new Error(`The administrator got no token (HTTP ${answer.status}).`);
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const list = async <T>(path: string): Promise<readonly T[]> => {
    const listed = await fetch(`${url}/admin/realms/master${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (!listed.ok) throw new Error(`The administrator may not see ${path} (HTTP ${listed.status}).`);
    return (await listed.json()) as readonly T[];
  };
  const administrators = await list<{ username: string }>("/roles/admin/users");
  const clients = await list<{ clientId: string; serviceAccountsEnabled: boolean }>("/clients");
  return {
    administrators: administrators.map(({ username }) => username),
    serviceAccounts: clients.filter((client) => client.serviceAccountsEnabled).map(({ clientId }) => clientId),
  };
}

async function caOf(kubectl: Kubectl, of: { readonly namespace: string; readonly name: string }): Promise<string> {
  const secret = await kubectl.json<{ data: Record<string, string> }>(["get", "secret", of.name, "-n", of.namespace]);
  return Buffer.from(secret.data["ca.crt"] ?? "", "base64").toString("utf8");
}

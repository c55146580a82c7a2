import { spawn } from "node:child_process";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { managedNames } from "../../constructs/keycloak/managed-names.ts";
import { type NodeLane, prepareNode, startNode } from "../node-lane/node-lane.ts";
import { installSocle, type Kubectl } from "../support/installation.ts";
import { localFetch, pinnedFetch } from "../support/local-web.ts";
import { managedOnNode, publicCertificate } from "../support/managed-region.ts";
import { operatorDeployment } from "../support/operator-deployment.ts";
import type { Administration } from "./local-user.ts";
import { demoRegion, regionManifest } from "./objects.ts";
import type { DemoWorld, Ground } from "./world.ts";

const operator = "system:serviceaccount:socle-system:socle";
const host = "sso.demo.localhost";

/**
 * A real cluster of one node. The operator is a pod, and makes pods of Keycloak and PostgreSQL.
 * @throws LaneUnavailable where this machine cannot have a node.
 */
export async function worldOnNode(ground: Ground): Promise<DemoWorld> {
  const { progress, directory } = ground;
  await progress.step("Kubernetes 1.34, container runtime, images", (say) => prepareNode(say));
  const node = await progress.step("A node (kubelet, containerd, DNS, volumes, network policies, ingress)", (say) =>
    startNode({ directory: join(directory, "node"), log: say }),
  );
  ground.undo("The node", () => node.stop());
  const link = join(ground.root, ".socle", "kubeconfig");
  rmSync(link, { force: true });
  symlinkSync(node.kubeconfig, link);
  ground.undo("The kubeconfig", () => {
    rmSync(link, { force: true });
    return Promise.resolve();
  });
  const keycloakUrl = `https://${host}:${node.ingress.port}`;
  const { kubectl } = node;
  const authority = await install(node, ground);
  const authorityFile = join(directory, "ca.crt");
  writeFileSync(authorityFile, authority);
  const parts = managedOnNode(node, { names: references, keycloakUrl });
  return {
    kubectl,
    kubectlCommand: join(node.assets, "kubectl"),
    environment: `export KUBECONFIG=${link}`,
    socleOptions: "",
    region: regionManifest(parts),
    keycloakUrl,
    fetch: localFetch(authority),
    administer: (work) => forwarded(node, work),
    browserHint: `     (your browser asks about the certificate: its authority is ${authorityFile})\n`,
    logHint: `${join(node.assets, "kubectl")} logs -n socle-system deployment/socle`,
  };
}

const references = { tlsSecret: "demo-public-tls", trustBundle: "demo-ca" };

/** Installs Socle and starts the operator; PEM of the authority of the public certificate. */
async function install(node: NodeLane, { progress }: Ground): Promise<string> {
  const { kubectl } = node;
  await progress.step("Socle: kinds, admission policies, rights", () => installSocle(kubectl, operator));
  const { authority, objects } = await publicCertificate(host, references);
  await kubectl.apply(objects);
  await progress.step("Operator (a pod, its own rights)", async () => {
    await kubectl.apply(operatorDeployment(node.images.socle));
    await kubectl.ok(["rollout", "status", "deployment/socle", "-n", "socle-system", "--timeout=120s"]);
  });
  return authority;
}

/** Administration has no public way in: it is reached through the API server, by those whom it lets. */
async function forwarded<T>(node: NodeLane, work: (at: Administration) => Promise<T>): Promise<T> {
  const { server, namespace, certificateSecret } = managedNames(demoRegion);
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

async function caOf(kubectl: Kubectl, of: { readonly namespace: string; readonly name: string }): Promise<string> {
  const secret = await kubectl.json<{ data: Record<string, string> }>(["get", "secret", of.name, "-n", of.namespace]);
  return Buffer.from(secret.data["ca.crt"] ?? "", "base64").toString("utf8");
}

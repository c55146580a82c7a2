import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NodeLane, prepareNode, startNode } from "../node-lane/node-lane.ts";
import { installSocle } from "../support/installation.ts";
import { throughApiServer } from "../support/keycloak-administration.ts";
import { localFetch } from "../support/local-web.ts";
import { managedOnNode, publicCertificate } from "../support/managed-region.ts";
import { operatorDeployment } from "../support/operator-deployment.ts";
import { reachOf, TenantProviders } from "../support/tenant-provider.ts";
import { demoDomain, demoModulesInPods, demoRegion, regionManifest } from "./objects.ts";
import type { DemoWorld, Ground } from "./world.ts";

const operator = "system:serviceaccount:socle-system:socle";
const host = "sso.demo.localhost";
const providerHost = "fake-proconnect.localhost";

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
  const { authority, issue } = await install(node, ground);
  const authorityFile = join(directory, "ca.crt");
  writeFileSync(authorityFile, authority);
  const parts = managedOnNode(node, { names: references, keycloakUrl });
  return {
    kubectl,
    kubectlCommand: join(node.assets, "kubectl"),
    environment: `export KUBECONFIG=${link}`,
    socleOptions: "",
    region: regionManifest({ ...parts, ...reachOf(providerHost, node) }),
    providers: new TenantProviders(node, { host: providerHost, certificate: await issue(providerHost) }),
    modules: demoModulesInPods,
    chat: {
      homeserver: `https://matrix.${demoDomain}:${node.ingress.port}`,
      client: `https://chat.${demoDomain}:${node.ingress.port}/`,
    },
    keycloakUrl,
    fetch: localFetch(authority),
    administer: (work) => throughApiServer(node, demoRegion, work),
    browserHint: `     (your browser asks about the certificate: its authority is ${authorityFile})\n`,
    logHint: `${join(node.assets, "kubectl")} logs -n socle-system deployment/socle`,
  };
}

const references = { tlsSecret: "demo-public-tls", trustBundle: "demo-ca" };

/** Installs Socle and starts the operator; PEM of the authority of the public certificates, and more of these. */
async function install(
  node: NodeLane,
  { progress }: Ground,
): Promise<Pick<Awaited<ReturnType<typeof publicCertificate>>, "authority" | "issue">> {
  const { kubectl } = node;
  await progress.step("Socle: kinds, admission policies, rights", () => installSocle(kubectl, operator));
  const { authority, objects, issue } = await publicCertificate([host, demoDomain, `*.${demoDomain}`], references);
  await kubectl.apply(objects);
  await progress.step("Operator (a pod, its own rights)", async () => {
    await kubectl.apply(operatorDeployment(node.images.socle));
    await kubectl.ok(["rollout", "status", "deployment/socle", "-n", "socle-system", "--timeout=120s"]);
  });
  return { authority, issue };
}

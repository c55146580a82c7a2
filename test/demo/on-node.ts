import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NodeLane, prepareNode, startNode } from "../node-lane/node-lane.ts";
import { helmProgram } from "../programs/helm.ts";
import { Helm, imageValues } from "../support/charts.ts";
import { throughApiServer } from "../support/keycloak-administration.ts";
import { localFetch } from "../support/local-web.ts";
import { managedOnNode, publicCertificate } from "../support/managed-region.ts";
import { reachOf, TenantProviders } from "../support/tenant-provider.ts";
import { demoDomain, demoModulesInPods, demoRegion, regionManifest } from "./objects.ts";
import type { DemoWorld, Ground } from "./world.ts";

const host = "sso.demo.localhost";
const providerHost = "fake-proconnect.localhost";

/**
 * A real cluster of one node. The operator is a pod, and makes pods of Keycloak and PostgreSQL.
 * @throws LaneUnavailable where this machine cannot have a node.
 */
export async function worldOnNode(ground: Ground): Promise<DemoWorld> {
  const { progress, directory } = ground;
  await progress.step("Kubernetes 1.34, container runtime, helm, images", async (say) => {
    await prepareNode(say);
    await helmProgram(say);
  });
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
  { progress, directory }: Ground,
): Promise<Pick<Awaited<ReturnType<typeof publicCertificate>>, "authority" | "issue">> {
  const { kubectl } = node;
  const helm = await Helm.of(node.kubeconfig, join(directory, "helm"), () => undefined);
  await progress.step("Chart socle-crds (kinds, admission policies)", () => helm.upgrade("socle-crds"));
  const { authority, objects, issue } = await publicCertificate([host, demoDomain, `*.${demoDomain}`], references);
  await kubectl.apply(objects);
  const values = { replicaCount: 1, config: { probeIntervalSeconds: 10 }, ...imageValues(node.images.socle) };
  await progress.step("Chart socle (the operator, with rights of its own)", () => helm.upgrade("socle", values));
  return { authority, issue };
}

import { existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inDays } from "../support/days.ts";
import { builtAssets, ensureAssets } from "../control-plane/assets.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";
import { Kubectl, operatorUser, uninstallSocle } from "../support/installation.ts";
import { demoModules, demoRegion, demoTenant } from "./objects.ts";
import type { Progress } from "./progress.ts";

/** The cluster that the demo plays on. */
export interface Stage {
  readonly kubectl: Kubectl;
  /** Path or name of a kubectl that a person can use. */
  readonly kubectlCommand: string;
  /** What a person types to reach the cluster. */
  readonly environment: string;
  /** Options of `socle` for the cluster. */
  readonly socleOptions: string;
  readonly operatorUser: string;
  /** Kubeconfig of the operator's user; its account exists once Socle is installed. */
  operatorKubeconfig(): Promise<string>;
  /** Ends tenant and region, while the operator and the servers still run. */
  readonly empty: (say: (line: string) => void) => Promise<void>;
  /** Leaves the cluster as it was found. */
  readonly leave: (say: (line: string) => void) => Promise<void>;
}

interface Place {
  readonly root: string;
  readonly directory: string;
}

/** A control plane of the demo's own. */
export async function ownControlPlane(place: Place, progress: Progress): Promise<Stage> {
  const assets = await progress.step("Kubernetes 1.34 binaries", (say) => ensureAssets(say));
  const controlPlane = await progress.step("Control plane (etcd, kube-apiserver, kube-controller-manager)", (say) =>
    startControlPlane({ directory: join(place.directory, "control-plane"), assets, log: say }),
  );
  const link = join(place.root, ".socle", "kubeconfig");
  rmSync(link, { force: true });
  symlinkSync(controlPlane.kubeconfig, link);
  return {
    kubectl: new Kubectl(assets, ["--kubeconfig", controlPlane.kubeconfig]),
    kubectlCommand: join(assets, "kubectl"),
    environment: `export KUBECONFIG=${link}`,
    socleOptions: "",
    operatorUser,
    operatorKubeconfig: () => controlPlane.kubeconfigFor(operatorUser),
    // It goes as a whole.
    empty: () => Promise.resolve(),
    leave: async () => {
      rmSync(link, { force: true });
      await controlPlane.stop();
    },
  };
}

const account = "system:serviceaccount:socle-system:socle";

/** A cluster that a person has. The operator runs here, as the ServiceAccount that the installation makes there. */
export async function givenCluster(context: string, place: Place, progress: Progress): Promise<Stage> {
  const kubectl = new Kubectl(givenKubectl(), ["--context", context]);
  await progress.step(`Cluster of context ${context}`, async (say) => {
    const version = await kubectl.json<{ serverVersion?: { gitVersion: string } }>(["version"]);
    if (version.serverVersion === undefined) throw new Error(`Context ${context} answers no version.`);
    say(`Kubernetes ${version.serverVersion.gitVersion}`);
    const installed = await kubectl.run(["get", "crd", "tenants.socle.dev"]);
    if (installed.code === 0)
      throw new Error(
        `Socle is installed in context ${context} already; the demo would change it. Use another cluster, or apply examples/ to that one.`,
      );
  });
  return {
    kubectl,
    kubectlCommand: "kubectl",
    environment: `kubectl config use-context ${context}`,
    socleOptions: `--context ${context} `,
    operatorUser: account,
    operatorKubeconfig: () => accountKubeconfig(kubectl, place.directory),
    empty: async (say) => {
      say(`erasing tenant and region from context ${context}`);
      await removeDemo(kubectl);
    },
    leave: async (say) => {
      say(`removing Socle from context ${context}`);
      await uninstallSocle(kubectl);
    },
  };
}

/** The kubectl of the person; else the one that was built for the control-plane lane. */
function givenKubectl(): string {
  const onPath = (process.env["PATH"] ?? "").split(":").some((directory) => existsSync(join(directory, "kubectl")));
  if (onPath) return "";
  const built = builtAssets();
  if (built !== undefined) return built;
  throw new Error("kubectl was not found; install it, or run `npm run control-plane -- build`.");
}

interface KubeconfigView {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, unknown>> }[];
}

async function accountKubeconfig(kubectl: Kubectl, directory: string): Promise<string> {
  const view = await kubectl.json<KubeconfigView>(["config", "view", "--minify", "--flatten", "--raw"]);
  const token = (await kubectl.ok(["create", "token", "socle", "--namespace=socle-system", "--duration=12h"])).trim();
  const path = join(directory, "operator.kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "socle",
    clusters: [{ name: "socle", cluster: view.clusters[0]?.cluster }],
    users: [{ name: "socle", user: { token } }],
    contexts: [{ name: "socle", context: { cluster: "socle", user: "socle" } }],
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/**
 * Ends the tenant as a platform team does, with everything that it has: protection off, deletion confirmed, the notice of erasure
 * sent long ago (there is nobody to notify). Then the region and what it names.
 */
async function removeDemo(kubectl: Kubectl): Promise<void> {
  if ((await kubectl.run(["get", "tenant", demoTenant])).code === 0) {
    const sent = inDays(-60);
    const lifecycle = { deletionProtection: false, deletionPolicy: "Delete", erasureNoticeSentAt: sent };
    const metadata = { annotations: { "socle.dev/confirm-delete": demoTenant } };
    // Of a module, what lies outside goes only if the module says so too.
    const modules = demoModules.map((module) => ({ ...module, deletionPolicy: "Delete" }));
    const patch = JSON.stringify({ metadata, spec: { lifecycle, modules } });
    await kubectl.ok(["patch", "tenant", demoTenant, "--type=merge", "-p", patch]);
    for (const { module } of modules) {
      const reached = `--for=jsonpath={.spec.deletionPolicy}=Delete`;
      const object = `moduledeployment/${module.toLowerCase()}`;
      await kubectl.run(["wait", reached, object, "-n", `t-${demoTenant}`, "--timeout=20s"]);
    }
    await kubectl.ok(["delete", "tenant", demoTenant, "--timeout=120s"]);
  }
  await kubectl.ok(["delete", "sovereignregion", demoRegion, "--ignore-not-found", "--timeout=30s"]);
  await kubectl.ok(["delete", "storageclass/demo-encrypted", "ingressclass/demo-edge", "--ignore-not-found"]);
}

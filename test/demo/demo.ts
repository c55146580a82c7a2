import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { ensureAssets } from "../control-plane/assets.ts";
import { CertificateAuthority } from "../control-plane/certificates.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { choosePorts } from "../servers/server-process.ts";
import { prepareServers, startServers } from "../servers/servers.ts";
import { Browser, loginWithTotp } from "../support/browser-login.ts";
import { installSocle, Kubectl, operatorUser, startOperator } from "../support/installation.ts";
import { demoPlatform, demoRegion, demoRegionManifest, demoTenant, demoTenantManifest } from "./objects.ts";
import { createLocalUser } from "./local-user.ts";
import { Progress } from "./progress.ts";

const root = join(import.meta.dirname, "..", "..");
const directory = join(root, ".socle", "demo");

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
interface Live {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly spec: { readonly module?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly url?: string;
  };
}

interface Stage {
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
  readonly controlPlane: ControlPlane | undefined;
  readonly operator: { readonly username: string; readonly kubeconfig: string };
}

const stops: (() => Promise<unknown>)[] = [];

async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop().catch(() => undefined);
}

async function ownControlPlane(progress: Progress): Promise<Stage> {
  const assets = await progress.step("Kubernetes 1.34 binaries", (say) => ensureAssets(say));
  const controlPlane = await progress.step("Control plane (etcd, kube-apiserver, kube-controller-manager)", (say) =>
    startControlPlane({ directory: join(directory, "control-plane"), assets, log: say }),
  );
  stops.push(() => controlPlane.stop());
  const link = join(root, ".socle", "kubeconfig");
  rmSync(link, { force: true });
  symlinkSync(controlPlane.kubeconfig, link);
  stops.push(() => {
    rmSync(link, { force: true });
    return Promise.resolve();
  });
  return {
    kubectl: new Kubectl(assets, ["--kubeconfig", controlPlane.kubeconfig]),
    kubeconfig: link,
    controlPlane,
    operator: { username: operatorUser, kubeconfig: await controlPlane.kubeconfigFor(operatorUser) },
  };
}

async function readyOf(kubectl: Kubectl, args: readonly string[]): Promise<Condition> {
  const live = await kubectl.json<Live>(["get", ...args]);
  const ready = live.status?.conditions?.find((condition) => condition.type === "Ready");
  if (ready === undefined || live.status?.observedGeneration !== live.metadata.generation)
    return { type: "Ready", status: "Unknown", reason: "NotObserved", message: "not looked at yet" };
  return ready;
}

async function untilReady(kubectl: Kubectl, args: readonly string[], say: (line: string) => void): Promise<void> {
  const deadline = Date.now() + 300_000;
  let last = "";
  for (;;) {
    const ready = await readyOf(kubectl, args);
    if (ready.status === "True") return;
    const line = `${ready.reason}: ${ready.message}`;
    if (line !== last) say(line);
    last = line;
    if (Date.now() > deadline) throw new Error(`${args.join(" ")} is not Ready after 5 minutes. ${line}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function printTable(kubectl: Kubectl): Promise<void> {
  const modules = await kubectl.json<{ items: readonly Live[] }>(["get", "moduledeployments", "-n", `t-${demoTenant}`]);
  const rows = [
    ["SovereignRegion", demoRegion, await kubectl.json<Live>(["get", "sovereignregion", demoRegion])] as const,
    ["Tenant", demoTenant, await kubectl.json<Live>(["get", "tenant", demoTenant])] as const,
    ...modules.items.map((module) => ["Module", module.spec.module ?? "", module] as const),
  ];
  console.log("");
  for (const [kind, name, live] of rows) {
    console.log(`${kind} ${name}`);
    for (const condition of live.status?.conditions ?? []) {
      console.log(
        `  ${condition.status.padEnd(8)} ${condition.type.padEnd(21)} ${condition.reason.padEnd(18)} ${condition.message.slice(0, 110)}`,
      );
    }
  }
}

async function demo(options: { readonly once?: boolean; readonly context?: string }): Promise<void> {
  const progress = new Progress();
  if (options.context !== undefined)
    throw new Error("--context is not available in this version: the demo starts a control plane of its own.");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stage = await ownControlPlane(progress);
  await progress.step("Keycloak 26.7 and PostgreSQL 18 (distribution, caches)", (say) => prepareServers(say));
  const servers = await progress.step("Keycloak and PostgreSQL", (say) =>
    startServers({ directory: join(directory, "servers"), log: say }),
  );
  stops.push(() => servers.stop());
  const { kubectl } = stage;
  await progress.step("Socle: kinds, admission policies, rights", () => installSocle(kubectl, stage.operator.username));
  const ca = await CertificateAuthority.create("socle-demo");
  const leaf = await ca.issue("*.ministere.suite.example", { hosts: ["*.ministere.suite.example"] });
  await kubectl.apply(demoPlatform(servers, { ca: ca.pem, certificate: leaf.certificate, key: leaf.key }));
  const [healthPort = 0] = await choosePorts([undefined]);
  const operator = await progress.step(`Operator (user ${stage.operator.username}, its own rights)`, () =>
    startOperator({ ...stage.operator, healthPort, logFile: join(directory, "operator.log") }),
  );
  stops.push(() => operator.stop());
  await progress.step(`SovereignRegion ${demoRegion}`, async (say) => {
    await kubectl.apply([demoRegionManifest(servers)]);
    await untilReady(kubectl, ["sovereignregion", demoRegion], say);
  });
  await progress.step(`Tenant ${demoTenant}`, async (say) => {
    await kubectl.apply([demoTenantManifest()]);
    await untilReady(kubectl, ["tenant", demoTenant], say);
  });
  const issuer = `${servers.keycloak.url}/realms/${demoTenant}`;
  const user = await createLocalUser(kubectl, {
    tenant: demoTenant,
    keycloakUrl: servers.keycloak.url,
    username: "camille.martin",
  });
  await progress.step("A local user enrols TOTP and obtains a token", async (say) => {
    const session = await loginWithTotp(new Browser(), {
      issuer,
      username: user.username,
      password: user.oneTimePassword,
    });
    say(`token for ${session.subject}, expires in ${session.expiresIn} s`);
    const again = await loginWithTotp(new Browser(), {
      issuer,
      username: user.username,
      password: session.password,
      totpSecret: session.totpSecret,
    });
    if (again.subject !== session.subject) throw new Error("The second login reached another account.");
  });
  await printTable(kubectl);
  if (options.once === true) return;
  const secret = await kubectl.json<{ data: Record<string, string> }>([
    "get",
    "secret",
    "keycloak-first-administrator",
    "-n",
    `t-${demoTenant}`,
  ]);
  const text = (key: string): string => Buffer.from(secret.data[key] ?? "", "base64").toString("utf8");
  console.log(`
The ministry lives. Try:
  export KUBECONFIG=${stage.kubeconfig}
  npx socle status ${demoTenant}
  kubectl get tenants,sovereignregions,nameclaims -o wide      (kubectl: ${join(stage.controlPlane?.assets ?? "", "kubectl")})
  open ${issuer}/account
     user      ${text("username")}
     password  ${text("oneTimePassword")}   (once; you then choose your own and enrol a second factor)
The operator's log: ${operator.logFile}
Ctrl-C stops everything and leaves nothing behind.`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        resolve();
      });
    // Keeps this process alive: everything it started is detached from its event loop.
    setInterval(() => undefined, 60_000);
  });
  console.log("Stopping.");
}

const program = new Command("demo")
  .description(
    "Starts a real control plane, Keycloak and PostgreSQL, runs the operator and brings an example ministry to life.",
  )
  .option("--once", "check, tear down; exit 0 only if all was Ready and the token was obtained")
  .option("--context <name>", "use a cluster of your kubeconfig instead");
const options = program.parse().opts<{ once?: boolean; context?: string }>();
const interrupted = (): void => {
  void stopAll().finally(() => process.exit(130));
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
let code = 0;
try {
  await demo(options);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  code = 1;
}
await stopAll();
process.exit(code);

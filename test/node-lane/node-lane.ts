import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandNames, ensureAssets } from "../control-plane/assets.ts";
import type { CertificateAuthority } from "../control-plane/certificates.ts";
import type { Progress } from "../servers/cache.ts";
import { logTail } from "../servers/log-tail.ts";
import { becomes, choosePorts, requireFreePort } from "../servers/server-process.ts";
import { undoOnExit } from "../servers/undo.ts";
import { Kubectl } from "../support/installation.ts";
import { nodeBinaries } from "./binaries.ts";
import { NodeControl } from "./control.ts";
import { type HostTools, hostTools, refuse } from "./host.ts";
import { copyImageStore } from "./image-store.ts";
import { type NodeImages, nodeImages } from "./images.ts";
import {
  auditLogFile,
  type CommandResult,
  identities,
  ingressAuthorityFile,
  ingressClass,
  network,
  type NodeConfig,
} from "./layout.ts";
import { nginxProgram } from "./nginx-program.ts";
import { clusterManifests } from "./manifests.ts";
import {
  groupOf,
  makeControlGroups,
  type NodeRun,
  openRun,
  removeAbandonedRuns,
  removeRun,
  writeRecord,
} from "./node-run.ts";
import { referenceOf, writeArchive } from "./oci.ts";
import { kubeconfigText, writePki } from "./pki.ts";
import { type RootProcess, startRootProcess } from "./root-process.ts";
import { deleteStaleEntries } from "./stale-entries.ts";

/** Wishes for one node. */
export interface NodeOptions {
  /** Where kubeconfigs go (mode 600); made when missing, removed with the node. */
  readonly directory: string;
  readonly log?: Progress;
  /** Port of the API server on 127.0.0.1; free by default. */
  readonly port?: number | undefined;
}

/** Images in the store of the node, by their names in the catalogue; each reference has a digest. */
export interface ImageReferences {
  readonly "postgresql-18": string;
  readonly synapse: string;
  /** A stand-in: see images.ts. */
  readonly "element-web": string;
  readonly keycloak: string;
  /** The operator of this checkout. */
  readonly socle: string;
  /** Stands for ProConnect: see fake-proconnect-image.ts. */
  readonly "fake-proconnect": string;
}

/** How the node publishes: as `https://<anything>.localhost:<port>` on the loopback of the host and for every pod alike. */
interface NodeIngress {
  /** The IngressClass that is served. */
  readonly className: string;
  readonly port: number;
  /** Certificate of the authority that issues those of names below localhost. */
  readonly ca: string;
  /** Where its requests to pods come from, for NetworkPolicies. */
  readonly cidrs: readonly string[];
}

/** The same for a node that another process started. */
export type IngressFacts = Pick<NodeIngress, "className" | "port" | "cidrs"> & { readonly caFile: string };

/** A real cluster of one node. */
export interface NodeLane {
  readonly url: string;
  /** Of a cluster administrator, mode 600. */
  readonly kubeconfig: string;
  readonly kubectl: Kubectl;
  /** Directory with kubectl and the other Kubernetes programs. */
  readonly assets: string;
  readonly images: ImageReferences;
  readonly ingress: NodeIngress;
  /** Who asked what of the API server. */
  readonly auditLog: string;
  /** Kubeconfig with a client certificate of that user. */
  kubeconfigFor(user: string, groups?: readonly string[]): Promise<string>;
  /** Runs a program as root in the namespaces of the node: to look at its packet filter, or to reach pods by address. */
  inNode(command: readonly string[]): Promise<CommandResult>;
  /** Restarts kubelet and containerd; containers go on meanwhile. */
  restartNode(): Promise<void>;
  /** Ends the node and deletes all that it had. */
  stop(): Promise<void>;
  /** Lets the node outlive this process. Whoever has the directory can stop it. */
  detach(): void;
}

interface Prepared {
  readonly tools: HostTools;
  readonly assets: string;
  readonly nginx: string;
  readonly images: NodeImages;
}

/**
 * Installs, builds and downloads what the node needs: about a quarter of an hour on a new machine, a second afterwards.
 * @throws LaneUnavailable that says what this host lacks, and the ways out.
 */
export async function prepareNode(progress: Progress): Promise<Prepared> {
  const tools = await hostTools(progress);
  const assets = await ensureAssets(progress);
  const absent = commandNames.find((name) => !existsSync(join(assets, name)));
  if (absent !== undefined)
    refuse(`There is no ${absent} in ${assets}: unset KUBEBUILDER_ASSETS, and it will be built.`);
  await nodeBinaries(progress);
  const nginx = await nginxProgram(progress);
  const images = await nodeImages(tools, progress);
  await deleteStaleEntries();
  return { tools, assets, nginx, images };
}

/**
 * Starts a node in namespaces of its own and resolves when pods can run, names resolve and claims are served. The API server and the ingress listen on
 * 127.0.0.1; nothing else listens on the host, and nothing inside reaches beyond it. The node ends with this process unless detached; what a killed starter
 * left behind is removed first.
 */
export async function startNode({ directory, log = () => undefined, port: wanted }: NodeOptions): Promise<NodeLane> {
  for (const left of await removeAbandonedRuns()) log(`removed the node that an interrupted run left for ${left}`);
  const prepared = await prepareNode(log);
  const run = await openRun(directory);
  const forget = undoOnExit(() => {
    removeRun(run);
  });
  try {
    const [port = 0, ingressPort = 0] = await choosePorts([wanted, undefined]);
    await requireFreePort("the API server", port);
    const node = await launch(run, { prepared, port, ingressPort, log });
    return nodeLane(run, { ...node, prepared, port, forget });
  } catch (error) {
    removeRun(run);
    forget();
    throw error;
  }
}

interface Launched {
  readonly ca: CertificateAuthority;
  readonly process: RootProcess;
  readonly control: NodeControl;
  readonly kubeconfig: string;
}

async function launch(
  run: NodeRun,
  {
    prepared,
    port,
    ingressPort,
    log,
  }: { readonly prepared: Prepared; readonly port: number; readonly ingressPort: number; readonly log: Progress },
): Promise<Launched> {
  const { tools, assets, nginx, images } = prepared;
  const ca = await writePki(join(run.data, "pki"));
  const kubeconfig = await writeKubeconfig(run, { ca, port, ...identities.admin, name: "kubeconfig" });
  const lasting = Object.values(images.lasting);
  await copyImageStore(lasting, join(run.data, "containerd"), { tools, progress: log });
  const config: NodeConfig = {
    data: run.data,
    controlGroup: groupOf(run),
    tools,
    assets,
    nginx,
    ingressPort,
    sandboxImage: images.lasting.pause.name,
  };
  writeFileSync(join(run.data, imagesFile), JSON.stringify(imageReferences(images)));
  writeFileSync(join(run.data, configFile), JSON.stringify(config), { mode: 0o600 });
  makeControlGroups(run);
  log("starting the node");
  const process = await startSupervisor(run, { tools, ports: [port, ingressPort], progress: log });
  writeRecord(run, { node: process.pid, port, detached: false });
  const control = new NodeControl(run.data);
  await untilRunning({ run, process, control });
  const kubectl = new Kubectl(assets, ["--kubeconfig", kubeconfig]);
  await Promise.all([
    importOwn({ run, control, images, tools }),
    untilUsable(kubectl, referenceOf(images.lasting.coredns)),
  ]);
  return { ca, process, control, kubeconfig };
}

/** The listening sockets are made here and inherited: they belong to the network of the host, in which the node itself is not. */
async function startSupervisor(
  run: NodeRun,
  {
    tools,
    ports,
    progress,
  }: { readonly tools: HostTools; readonly ports: readonly number[]; readonly progress: Progress },
): Promise<RootProcess> {
  const listeners = await Promise.all(ports.map(listen));
  const namespaces = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"];
  const init = join(await nodeBinaries(progress), "pause");
  mkdirSync(join(run.data, "log"));
  try {
    return startRootProcess({
      command: tools.unshare,
      args: [
        ...namespaces,
        init,
        process.execPath,
        fileURLToPath(new URL("./supervisor.ts", import.meta.url)),
        run.data,
      ],
      cwd: run.data,
      env: { PATH: process.env["PATH"] ?? "", HOME: "/root" },
      logFile: join(run.data, "log", "supervisor.log"),
      listeners,
    });
  } finally {
    for (const listener of listeners) listener.close();
  }
}

function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => {
      resolve(server);
    });
  });
}

async function untilRunning(node: {
  readonly run: NodeRun;
  readonly process: RootProcess;
  readonly control: NodeControl;
}): Promise<void> {
  const settled = async (): Promise<boolean> =>
    !node.process.running() || ((await node.control.state())?.phase ?? "starting") !== "starting";
  await becomes(settled, 180_000, 100);
  const state = await node.control.state();
  if (state?.phase === "running") return;
  const log = logTail(join(node.run.data, "log", "supervisor.log"));
  throw new Error(`The node did not start. ${state?.problem ?? ""}\n${log}`);
}

/** What is of this checkout changes with every edit, so it comes after the copied store, which has the layers below it. */
async function importOwn(node: {
  readonly run: NodeRun;
  readonly control: NodeControl;
  readonly images: NodeImages;
  readonly tools: HostTools;
}): Promise<void> {
  const { run, control, images, tools } = node;
  const place = join(run.data, "import");
  mkdirSync(place);
  const archive = writeArchive([images.socle, images.fakeProConnect], place, images.lasting.runtime.layers);
  const imported = await control.run([tools.ctr, "-n", "k8s.io", "images", "import", archive]);
  rmSync(place, { recursive: true });
  if (imported.code !== 0) throw new Error(`The images of this checkout could not be imported: ${imported.stderr}`);
}

/** Ready is not usable: the first pod needs its ServiceAccount, and programs need names. */
async function untilUsable(kubectl: Kubectl, dnsImage: string): Promise<void> {
  await kubectl.apply(clusterManifests(dnsImage));
  const wait = async (...args: string[]): Promise<void> => {
    await kubectl.ok(["wait", "--timeout=90s", ...args]);
  };
  await wait("--for=create", `node/${network.nodeName}`);
  await wait("--for=condition=Ready", `node/${network.nodeName}`);
  await wait("--for=create", "serviceaccount/default", "--namespace=default");
  await wait("--for=condition=Available", "deployment/coredns", "--namespace=kube-system");
}

/** Where the administrator's kubeconfig of a node is. */
export function kubeconfigOf(run: NodeRun): string {
  return join(run.directory, "kubeconfig");
}

const imagesFile = "images.json";
const configFile = "node.json";

function imageReferences({ lasting, socle, fakeProConnect }: NodeImages): ImageReferences {
  return {
    "postgresql-18": referenceOf(lasting.postgresql),
    keycloak: referenceOf(lasting.keycloak),
    synapse: referenceOf(lasting.synapse),
    "element-web": referenceOf(lasting.fakeElementWeb),
    socle: referenceOf(socle),
    "fake-proconnect": referenceOf(fakeProConnect),
  };
}

/** The images of a node that another process started; undefined while it is not there yet. */
export function readImages(run: NodeRun): ImageReferences | undefined {
  const path = join(run.data, imagesFile);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as ImageReferences) : undefined;
}

/** The ingress of a node that another process started; undefined while it is not there yet. */
export function readIngress(run: NodeRun): IngressFacts | undefined {
  const caFile = join(run.data, ingressAuthorityFile);
  if (!existsSync(caFile)) return undefined;
  const { ingressPort } = JSON.parse(readFileSync(join(run.data, configFile), "utf8")) as NodeConfig;
  return { className: ingressClass, port: ingressPort, cidrs: [`${network.ingressAddress}/32`], caFile };
}

function ingressOf(run: NodeRun): NodeIngress {
  const facts = readIngress(run);
  if (facts === undefined) throw new Error("The node has no ingress.");
  const { caFile, ...rest } = facts;
  return { ...rest, ca: readFileSync(caFile, "utf8") };
}

function nodeLane(
  run: NodeRun,
  node: Launched & { readonly prepared: Prepared; readonly port: number; readonly forget: () => void },
): NodeLane {
  const { control, kubeconfig, port, prepared, forget, process, ca } = node;
  return {
    url: `https://127.0.0.1:${port}`,
    kubeconfig,
    kubectl: new Kubectl(prepared.assets, ["--kubeconfig", kubeconfig]),
    assets: prepared.assets,
    images: imageReferences(prepared.images),
    ingress: ingressOf(run),
    auditLog: join(run.data, auditLogFile),
    kubeconfigFor: (user, groups = []) =>
      writeKubeconfig(run, { ca, port, user, groups, name: `${user.replace(/[^a-z0-9-]/gi, "_")}.kubeconfig` }),
    inNode: (command) => control.run(command),
    restartNode: () => control.restart(),
    stop: () => {
      removeRun(run);
      forget();
      return Promise.resolve();
    },
    detach: () => {
      writeRecord(run, { node: process.pid, port, detached: true });
      forget();
      process.release();
    },
  };
}

async function writeKubeconfig(
  run: NodeRun,
  by: {
    readonly ca: CertificateAuthority;
    readonly port: number;
    readonly user: string;
    readonly groups: readonly string[];
    readonly name: string;
  },
): Promise<string> {
  const path = join(run.directory, by.name);
  const leaf = await by.ca.issue(by.user, { groups: by.groups });
  writeFileSync(path, kubeconfigText({ port: by.port, ca: by.ca.pem, user: by.user, leaf }), { mode: 0o600 });
  return path;
}

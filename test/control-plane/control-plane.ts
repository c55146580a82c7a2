import { execFile, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { becomes, choosePorts, commandLine, requireFreePort } from "../servers/server-process.ts";
import { undoOnExit } from "../servers/undo.ts";
import { CertificateAuthority, type KeyedCertificate, serviceAccountKeys } from "./certificates.ts";

export interface ControlPlaneOptions {
  /** Everything is kept below it; emptied at the start. */
  readonly directory: string;
  /** Directory with etcd, kube-apiserver and kubectl. */
  readonly assets: string;
  readonly log?: (line: string) => void;
  /** Record every request of every user (level Metadata) in audit.log. */
  readonly audit?: boolean;
  /** Port of the API server; free by default. */
  readonly port?: number;
}

export interface ControlPlane {
  readonly url: string;
  /** Kubeconfig of a cluster administrator, mode 600. */
  readonly kubeconfig: string;
  readonly assets: string;
  readonly caPem: string;
  readonly ca: CertificateAuthority;
  readonly auditLog: string;
  /** Kubeconfig with a client certificate of that user. */
  kubeconfigFor(user: string, groups?: readonly string[]): Promise<string>;
  killApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
  /** Lets the processes outlive this one. */
  detach(): void;
}

interface Process {
  readonly name: string;
  readonly pid: number;
  running(): boolean;
  kill(signal: NodeJS.Signals): void;
  release(): void;
}

const pidFile = "processes.json";
const administrator = "socle-lane-admin";
/** Name of the administrator's kubeconfig in the directory of a control plane. */
export const administratorKubeconfig = `${administrator}.kubeconfig`;
const serviceCidr = "10.96.0.0/16";

/** A real etcd, kube-apiserver and kube-controller-manager on loopback: everything but nodes. Ready when it answers and has made its own objects. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { directory, assets } = options;
  await stopControlPlane(directory);
  if (options.port !== undefined) await requireFreePort("the API server", options.port);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, "pki"), { recursive: true, mode: 0o700 });
  const [port = 0, etcdPort = 0, etcdPeerPort = 0, managerPort = 0] = await choosePorts([
    options.port,
    undefined,
    undefined,
    undefined,
  ]);
  const pki = await writePki(directory);
  const url = `https://127.0.0.1:${port}`;
  const kubeconfigFor = async (user: string, groups: readonly string[] = []): Promise<string> => {
    const path = join(directory, `${user.replace(/[^a-z0-9-]/gi, "_")}.kubeconfig`);
    writeFileSync(path, kubeconfigText({ url, ca: pki.ca.pem, user, leaf: await pki.ca.issue(user, { groups }) }), {
      mode: 0o600,
    });
    return path;
  };
  const kubeconfig = await kubeconfigFor(administrator, ["system:masters"]);
  const managerConfig = await kubeconfigFor("system:kube-controller-manager");
  const running: Process[] = [];
  const start = (name: string, args: readonly string[]): Process => {
    const process = startProcess({ name, args, directory, assets });
    running.push(process);
    writeFileSync(
      join(directory, pidFile),
      JSON.stringify(running.filter((one) => one.running()).map((one) => one.pid)),
    );
    return process;
  };
  const stop = async (): Promise<void> => {
    await endAll(running);
    rmSync(join(directory, pidFile), { force: true });
  };
  const startApi = async (): Promise<void> => {
    const api = start(
      "kube-apiserver",
      apiServerArguments(directory, { port, etcdPort, audit: options.audit === true }),
    );
    await untilReady(url, { pki, api, directory });
  };
  try {
    options.log?.("starting etcd and kube-apiserver");
    start("etcd", etcdArguments(directory, etcdPort, etcdPeerPort));
    await startApi();
    if (existsSync(join(assets, "kube-controller-manager")))
      start("kube-controller-manager", managerArguments(directory, managerConfig, managerPort));
    await untilNamespaceIsUsable({ assets, kubeconfig });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    kubeconfig,
    assets,
    caPem: pki.ca.pem,
    ca: pki.ca,
    auditLog: join(directory, "audit.log"),
    kubeconfigFor,
    stop,
    killApiServer: async () => {
      const api = running.find((one) => one.name === "kube-apiserver" && one.running());
      api?.kill("SIGKILL");
      await becomes(() => api?.running() !== true, 10_000);
    },
    startApiServer: startApi,
    detach: () => {
      for (const process of running) process.release();
    },
  };
}

/** Ends what a control plane left in this directory, if anything still runs. True if something did. */
export async function stopControlPlane(directory: string): Promise<boolean> {
  const path = join(directory, pidFile);
  if (!existsSync(path)) return false;
  const pids = (JSON.parse(readFileSync(path, "utf8")) as number[]).filter((pid) =>
    commandLine(pid).includes(directory),
  );
  for (const pid of pids.reverse()) tryKill(pid, "SIGTERM");
  const gone = () => pids.every((pid) => commandLine(pid) === "");
  if (!(await becomes(gone, 10_000))) for (const pid of pids) tryKill(pid, "SIGKILL");
  await becomes(gone, 5_000);
  rmSync(path, { force: true });
  return pids.length > 0;
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

async function endAll(processes: readonly Process[]): Promise<void> {
  for (const process of [...processes].reverse()) {
    if (!process.running()) continue;
    process.kill("SIGTERM");
    if (!(await becomes(() => !process.running(), 8_000))) process.kill("SIGKILL");
    await becomes(() => !process.running(), 5_000);
  }
}

function startProcess(server: { name: string; args: readonly string[]; directory: string; assets: string }): Process {
  const log = openSync(join(server.directory, `${server.name}.log`), "a", 0o600);
  const child = spawn(join(server.assets, server.name), server.args, {
    cwd: server.directory,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  let ended = false;
  const forget = undoOnExit(() => {
    if (!ended) child.kill("SIGKILL");
  });
  const end = (): void => {
    ended = true;
    forget();
  };
  child.once("exit", end).once("error", end);
  return {
    name: server.name,
    pid: child.pid ?? 0,
    running: () => !ended,
    kill: (signal) => void child.kill(signal),
    release: forget,
  };
}

interface Pki {
  readonly ca: CertificateAuthority;
  readonly admin: KeyedCertificate;
}

async function writePki(directory: string): Promise<Pki> {
  const ca = await CertificateAuthority.create("socle-lane");
  const server = await ca.issue("kube-apiserver", {
    hosts: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "127.0.0.1", "10.96.0.1"],
  });
  const accounts = serviceAccountKeys();
  const write = (name: string, text: string): void => {
    writeFileSync(join(directory, "pki", name), text, { mode: 0o600 });
  };
  write("ca.crt", ca.pem);
  write("apiserver.crt", server.certificate);
  write("apiserver.key", server.key);
  write("sa.key", accounts.privateKey);
  write("sa.pub", accounts.publicKey);
  write("audit-policy.yaml", auditPolicy);
  return { ca, admin: await ca.issue("socle-lane-probe", { groups: ["system:masters"] }) };
}

/** Who did what, of everybody, and never the content. */
export const auditPolicy =
  "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n";

function kubeconfigText(input: { url: string; ca: string; user: string; leaf: KeyedCertificate }): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "socle",
      clusters: [{ name: "socle", cluster: { server: input.url, "certificate-authority-data": base64(input.ca) } }],
      users: [
        {
          name: input.user,
          user: {
            "client-certificate-data": base64(input.leaf.certificate),
            "client-key-data": base64(input.leaf.key),
          },
        },
      ],
      contexts: [{ name: "socle", context: { cluster: "socle", user: input.user } }],
    },
    undefined,
    2,
  );
}

function etcdArguments(directory: string, port: number, peerPort: number): string[] {
  const client = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  // No fsync: nothing here outlives the machine, and the disk is not what is measured.
  return [
    `--data-dir=${join(directory, "etcd")}`,
    "--unsafe-no-fsync",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--log-level=warn",
  ];
}

function apiServerArguments(directory: string, options: { port: number; etcdPort: number; audit: boolean }): string[] {
  const pki = (name: string): string => join(directory, "pki", name);
  return [
    `--etcd-servers=http://127.0.0.1:${options.etcdPort}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${options.port}`,
    `--client-ca-file=${pki("ca.crt")}`,
    `--tls-cert-file=${pki("apiserver.crt")}`,
    `--tls-private-key-file=${pki("apiserver.key")}`,
    `--service-account-key-file=${pki("sa.pub")}`,
    `--service-account-signing-key-file=${pki("sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-cluster-ip-range=${serviceCidr}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    "--anonymous-auth=false",
    `--cert-dir=${join(directory, "pki")}`,
    "--endpoint-reconciler-type=none",
    ...(options.audit
      ? [
          `--audit-policy-file=${pki("audit-policy.yaml")}`,
          `--audit-log-path=${join(directory, "audit.log")}`,
          "--audit-log-mode=blocking",
        ]
      : []),
  ];
}

function managerArguments(directory: string, kubeconfig: string, port: number): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${join(directory, "pki", "sa.key")}`,
    `--root-ca-file=${join(directory, "pki", "ca.crt")}`,
    "--use-service-account-credentials=true",
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    "--leader-elect=false",
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
    `--cert-dir=${join(directory, "pki")}`,
  ];
}

async function untilReady(url: string, at: { pki: Pki; api: Process; directory: string }): Promise<void> {
  const ready = await becomes(async () => !at.api.running() || (await answers(`${url}/readyz`, at.pki)), 90_000);
  if (ready && at.api.running()) return;
  const log = readFileSync(join(at.directory, "kube-apiserver.log"), "utf8").split("\n").slice(-6).join("\n");
  throw new Error(
    `kube-apiserver did not become ready; the end of ${join(at.directory, "kube-apiserver.log")}:\n${log}`,
  );
}

function answers(url: string, pki: Pki): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(
      url,
      { ca: pki.ca.pem, cert: pki.admin.certificate, key: pki.admin.key, timeout: 2_000, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    call
      .once("error", () => {
        resolve(false);
      })
      .once("timeout", () => call.destroy())
      .end();
  });
}

/** Ready is not usable: pods and tokens need the default ServiceAccount, which the controller manager makes a moment later. */
async function untilNamespaceIsUsable(at: { assets: string; kubeconfig: string }): Promise<void> {
  const look = (): Promise<boolean> =>
    new Promise((resolve) => {
      execFile(
        join(at.assets, "kubectl"),
        ["--kubeconfig", at.kubeconfig, "get", "namespace", "default", "-o", "name"],
        (error) => {
          resolve(error === null);
        },
      );
    });
  if (!(await becomes(look, 30_000)))
    throw new Error("the control plane answers but made no default namespace within 30 s");
}

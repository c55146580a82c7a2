import { execFile, type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect, createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { becomes } from "../servers/server-process.ts";
import { logTail } from "../servers/log-tail.ts";
import {
  componentCommands,
  componentNames,
  type ComponentCommand,
  type ComponentName,
  writeConfiguration,
} from "./components.ts";
import { type CommandResult, home, ingressAuthorityFile, network, type NodeConfig, type NodeState } from "./layout.ts";
import { makeMounts, makeNetwork } from "./namespaces.ts";

/**
 * The program inside the node's namespaces: makes mounts and network, runs every part of the node, lets the host in to the API server through a socket
 * that it inherited, and to the ingress through another, and takes commands on a socket file. When it ends, the node ends.
 */
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

class Component {
  readonly name: string;
  readonly #command: ComponentCommand;
  #child: ChildProcess | undefined;

  constructor(command: ComponentCommand) {
    this.name = command.name;
    this.#command = command;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const log = openSync(this.logFile, "a", 0o600);
    this.#child = spawn(this.#command.command, this.#command.args, {
      cwd: home,
      env: { PATH: searchPath, HOME: "/root", TZ: "UTC" },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child.once("error", (error) => {
      console.error(`${this.name}: ${error.message}`);
    });
    this.#child.once("exit", (code, signal) => {
      console.error(`${this.name} ended: ${signal ?? code ?? "unknown"}`);
    });
  }

  async stop(): Promise<void> {
    this.#child?.kill("SIGTERM");
    if (!(await becomes(() => !this.running, 20_000))) this.#child?.kill("SIGKILL");
    await becomes(() => !this.running, 5_000);
  }

  get logFile(): string {
    return join(home, "log", `${this.name}.log`);
  }
}

const config = JSON.parse(readFileSync(join(process.argv[2] ?? "", "node.json"), "utf8")) as NodeConfig;
const commands = componentCommands(config);
const components = Object.fromEntries(componentNames.map((name) => [name, new Component(commands[name])])) as Record<
  ComponentName,
  Component
>;
let phase: NodeState["phase"] = "starting";
let problem: string | undefined;

async function start(): Promise<void> {
  makeNetwork(config);
  writeConfiguration(config);
  components.etcd.start();
  components.containerd.start();
  components["kube-apiserver"].start();
  await until("kube-apiserver", () => apiServerIsReady());
  components["kube-controller-manager"].start();
  components["kube-scheduler"].start();
  components["kube-proxy"].start();
  components.agent.start();
  components.ingress.start();
  await until("containerd", containerdAnswers);
  await runKubelet();
  await until("ingress", ingressServes);
}

async function until(name: ComponentName, holds: () => Promise<boolean>): Promise<void> {
  const component = components[name];
  await becomes(async () => !component.running || (await holds()), 120_000, 50);
  if (component.running && (await holds())) return;
  throw new Error(`${name} did not become ready; the end of its log:\n${logTail(component.logFile)}`);
}

const ca = readFileSync(join(config.data, "pki", "ca.crt"));
const admin = {
  cert: readFileSync(join(config.data, "pki", "admin.crt")),
  key: readFileSync(join(config.data, "pki", "admin.key")),
};

function apiServerIsReady(): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(
      { host: "127.0.0.1", port: network.apiPort, path: "/readyz", ca, ...admin, agent: false, timeout: 2_000 },
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

async function containerdAnswers(): Promise<boolean> {
  return (await runHere([config.tools.ctr, "version"])).code === 0;
}

/** Containerd answers before that part of it does which kubelet asks first. Kubelet ends then, and is started again, as systemd would. */
async function runKubelet(): Promise<void> {
  const { kubelet } = components;
  const cameTooEarly = (): boolean =>
    !kubelet.running && logTail(kubelet.logFile, 1).includes("server is not initialized yet");
  kubelet.start();
  await becomes(
    async () => {
      if (cameTooEarly()) kubelet.start();
      return !kubelet.running || (await kubeletIsHealthy());
    },
    120_000,
    250,
  );
  await until("kubelet", kubeletIsHealthy);
}

async function kubeletIsHealthy(): Promise<boolean> {
  return await fetch("http://127.0.0.1:10248/healthz").then(
    (answer) => answer.ok,
    () => false,
  );
}

/** It writes this file once it serves. */
function ingressServes(): Promise<boolean> {
  return Promise.resolve(existsSync(join(home, ingressAuthorityFile)));
}

/** Containers go on meanwhile: their processes belong to neither of the two. */
async function restart(): Promise<void> {
  await components.kubelet.stop();
  await components.containerd.stop();
  components.containerd.start();
  await until("containerd", containerdAnswers);
  await runKubelet();
}

function runHere(command: readonly string[]): Promise<CommandResult> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    execFile(program, args, { cwd: home, env: { PATH: searchPath }, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
    });
  });
}

function state(): NodeState {
  return {
    phase,
    ...(problem === undefined ? {} : { problem }),
    components: componentNames.map((name) => ({ name, running: components[name].running })),
  };
}

async function answer(call: IncomingMessage): Promise<unknown> {
  if (call.method === "GET") return state();
  let body = "";
  for await (const chunk of call) body += String(chunk);
  if (call.url === "/run") return await runHere(JSON.parse(body) as string[]);
  await restart();
  return state();
}

/** The host comes in through a file descriptor that listens in its network namespace; from here the way goes on in ours. */
function letTheHostIn(descriptor: number, to: { readonly host: string; readonly port: number }): void {
  createServer({ noDelay: true }, (outside) => {
    const inside = connect({ ...to, noDelay: true });
    outside.pipe(inside);
    inside.pipe(outside);
    outside.on("error", () => inside.destroy());
    inside.on("error", () => outside.destroy());
    outside.on("close", () => inside.destroy());
    inside.on("close", () => outside.destroy());
  }).listen({ fd: descriptor });
}

if (hostname() !== network.nodeName) await runHere(["hostname", network.nodeName]);
makeMounts(config);
createHttpServer((call, response) => {
  answer(call).then(
    (value) => response.end(JSON.stringify(value)),
    (error: unknown) => {
      response.statusCode = 500;
      response.end(error instanceof Error ? error.message : String(error));
    },
  );
}).listen(join(home, "control.sock"));
letTheHostIn(3, { host: "127.0.0.1", port: network.apiPort });
letTheHostIn(4, { host: network.ingressAddress, port: config.ingressPort });
try {
  await start();
  phase = "running";
} catch (error) {
  phase = "failed";
  problem = error instanceof Error ? error.message : String(error);
}

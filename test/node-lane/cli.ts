import { Command } from "commander";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { exitCode, exitCodesHelp, type Output, outputOption, port, runLaneProgram } from "../support/lane-program.ts";
import { NodeControl } from "./control.ts";
import type { NodeState } from "./layout.ts";
import {
  type ImageReferences,
  type IngressFacts,
  kubeconfigOf,
  prepareNode,
  readImages,
  readIngress,
  startNode,
} from "./node-lane.ts";
import { removeAbandonedRuns, removeRun, runningNode, runOf } from "./node-run.ts";

const defaultDirectory = join(import.meta.dirname, "..", "..", ".socle", "node");

interface Options {
  readonly directory: string;
  readonly output: Output;
  readonly port?: number;
}

interface Status {
  readonly up: boolean;
  readonly healthy: boolean;
  readonly url?: string;
  readonly kubeconfig?: string;
  /** For `spec.images.overrides` of a region. */
  readonly images?: ImageReferences;
  readonly ingress?: IngressFacts;
  readonly components: NodeState["components"];
}

const began = Date.now();

/** Progress is for the person who waits: on standard error, so that the result alone is on standard output. */
function progress(line: string): void {
  process.stderr.write(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function up({ directory, output, port }: Options): Promise<number> {
  const before = await statusOf(directory);
  if (before.healthy) {
    progress("the node is already running");
    return report(before, output);
  }
  if (before.up) {
    progress("the node does not work; starting it anew");
    removeRun(await runOf(directory));
  }
  const node = await startNode({ directory, log: progress, port });
  node.detach();
  progress("ready");
  return report(await statusOf(directory), output);
}

async function down({ directory, output }: Options): Promise<number> {
  const stopped = removeRun(await runOf(directory));
  for (const left of await removeAbandonedRuns()) progress(`removed the node that an interrupted run left for ${left}`);
  print(output === "json" ? JSON.stringify({ stopped }) : stopped ? "The node is gone." : "No node was running.");
  return exitCode.done;
}

async function status({ directory, output }: Options): Promise<number> {
  return report(await statusOf(directory), output);
}

async function prepare({ output }: Options): Promise<number> {
  await prepareNode(progress);
  print(output === "json" ? JSON.stringify({ prepared: true }) : "Everything that a node needs is in the cache.");
  return exitCode.done;
}

async function statusOf(directory: string): Promise<Status> {
  const running = await runningNode(directory);
  if (running === undefined) return { up: false, healthy: false, components: [] };
  const run = await runOf(directory);
  const state = await new NodeControl(run.data).state();
  const components = state?.components ?? [];
  const kubeconfig = kubeconfigOf(run);
  const works = state?.phase === "running" && components.every((component) => component.running);
  const images = readImages(run);
  const ingress = readIngress(run);
  return {
    up: true,
    healthy: works && existsSync(kubeconfig),
    url: `https://127.0.0.1:${running.port}`,
    kubeconfig,
    ...(images === undefined ? {} : { images }),
    ...(ingress === undefined ? {} : { ingress }),
    components,
  };
}

function report(found: Status, output: Output): number {
  if (output === "json") print(JSON.stringify(found, undefined, 2));
  else for (const line of statusLines(found)) print(line);
  return found.healthy ? exitCode.done : exitCode.notHealthy;
}

function statusLines({ up: isUp, healthy, url = "", kubeconfig = "", images, ingress, components }: Status): string[] {
  if (!isUp) return ["The node is down. Start it with: npm run node -- up"];
  const ended = components.filter(({ running }) => !running).map(({ name }) => name);
  return [
    healthy ? `The node is up at ${url}.` : `The node is NOT HEALTHY; ended: ${ended.join(", ") || "unknown"}.`,
    ...Object.entries(images ?? {}).map(([name, reference]) => `image ${name.padEnd(14)}${String(reference)}`),
    ...(ingress === undefined
      ? []
      : [
          `ingress https://NAME.localhost:${ingress.port}, IngressClass ${ingress.className}, certificates by ${ingress.caFile}`,
        ]),
    `export KUBECONFIG=${kubeconfig}`,
  ];
}

function program(finish: (code: number) => void): Command {
  const root = new Command("npm run node --")
    .description(
      "A real Kubernetes 1.34 cluster of one node on this machine, in namespaces of its own. Needs Linux and root.",
    )
    .addHelpText(
      "after",
      exitCodesHelp("not running, not healthy or not possible here") +
        "\nThe first start installs Debian packages, builds Kubernetes and CoreDNS and makes images: about a quarter of an hour.",
    )
    .exitOverride()
    .showHelpAfterError();
  const command = (name: string, description: string, run: (options: Options) => Promise<number>): Command => {
    return root
      .command(name)
      .description(description)
      .addOption(outputOption())
      .option("--directory <path>", "directory of the kubeconfig", (path) => resolve(path), resolve(defaultDirectory))
      .exitOverride()
      .action(async (options: Options) => {
        finish(await run(options));
      });
  };
  command("up", "start the node and leave it running; does nothing when it runs", up).option(
    "--port <port>",
    "port of the API server on 127.0.0.1 (a free one otherwise)",
    port,
  );
  command("down", "stop the node and delete all that it had", down);
  command("status", "say where the node is and whether it works", status);
  command("prepare", "install, build and download what a node needs, and start nothing", prepare);
  return root;
}

process.exitCode = await runLaneProgram(program, progress);

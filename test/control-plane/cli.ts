import { Command } from "commander";
import { existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { commandLine } from "../servers/server-process.ts";
import { exitCode, exitCodesHelp, type Output, outputOption, port, runLaneProgram } from "../support/lane-program.ts";
import { builtAssets, ensureAssets, LaneUnavailable } from "./assets.ts";
import { administratorKubeconfig, startControlPlane, stopControlPlane } from "./control-plane.ts";

const root = join(import.meta.dirname, "..", "..");
const defaultDirectory = join(root, ".socle", "control-plane");

interface Options {
  readonly directory: string;
  readonly output: Output;
  readonly port?: number;
}

/** Progress is for the person who waits: on standard error, so that the result alone is on standard output. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Where people look for it: the same path whatever stands behind it. */
function kubeconfigOf(directory: string): string {
  return directory === defaultDirectory ? join(root, ".socle", "kubeconfig") : join(directory, administratorKubeconfig);
}

function isUp(directory: string): boolean {
  const path = join(directory, "processes.json");
  if (!existsSync(path)) return false;
  const pids = JSON.parse(readFileSync(path, "utf8")) as number[];
  return pids.length > 0 && pids.every((pid) => commandLine(pid).includes(directory));
}

async function build(): Promise<number> {
  console.log(await ensureAssets(say));
  return exitCode.done;
}

async function up({ directory, port: wanted }: Options): Promise<number> {
  const kubeconfig = kubeconfigOf(directory);
  if (isUp(directory)) {
    say(`already up; export KUBECONFIG=${kubeconfig}`);
    return exitCode.done;
  }
  const assets = await ensureAssets(say);
  const controlPlane = await startControlPlane({
    directory,
    assets,
    log: say,
    ...(wanted === undefined ? {} : { port: wanted }),
  });
  if (kubeconfig !== controlPlane.kubeconfig) {
    rmSync(kubeconfig, { force: true });
    symlinkSync(controlPlane.kubeconfig, kubeconfig);
  }
  controlPlane.detach();
  say(`up at ${controlPlane.url}; export KUBECONFIG=${kubeconfig}`);
  return exitCode.done;
}

async function down({ directory }: Options): Promise<number> {
  say((await stopControlPlane(directory)) ? "stopped" : "was not running");
  rmSync(kubeconfigOf(directory), { force: true });
  return exitCode.done;
}

function status({ directory, output }: Options): Promise<number> {
  const running = isUp(directory);
  const kubeconfig = kubeconfigOf(directory);
  const text = running ? `up; KUBECONFIG=${kubeconfig}` : "down; start it with: npm run control-plane -- up";
  console.log(output === "json" ? JSON.stringify({ up: running, kubeconfig: running ? kubeconfig : null }) : text);
  return Promise.resolve(running ? exitCode.done : exitCode.notHealthy);
}

function env({ directory }: Options): Promise<number> {
  const assets = builtAssets();
  if (assets === undefined)
    throw new LaneUnavailable("The binaries are not built yet: run npm run control-plane -- build.");
  if (!isUp(directory)) say("The control plane is down: KUBECONFIG is where npm run control-plane -- up writes it.");
  console.log(`KUBEBUILDER_ASSETS=${assets}\nKUBECONFIG=${kubeconfigOf(directory)}`);
  return Promise.resolve(exitCode.done);
}

function program(finish: (code: number) => void): Command {
  const top = new Command("npm run control-plane --")
    .description("A real Kubernetes 1.34 control plane on loopback: etcd, kube-apiserver, kube-controller-manager.")
    .addHelpText(
      "after",
      `${exitCodesHelp("not running or not possible here")}\nThe first start builds Kubernetes with Go, for minutes; KUBEBUILDER_ASSETS names a directory that has it already.`,
    )
    .exitOverride()
    .showHelpAfterError();
  const command = (name: string, description: string, run: (options: Options) => Promise<number>): Command =>
    top
      .command(name)
      .description(description)
      .option("--directory <path>", "directory of its data", (path) => resolve(path), defaultDirectory)
      .exitOverride()
      .action(async (options: Options) => {
        finish(await run(options));
      });
  command("build", "build the binaries, once per version", build);
  command("up", "start it and leave it running; does nothing when it runs", up).option(
    "--port <port>",
    "port of the API server on 127.0.0.1 (a free one otherwise)",
    port,
  );
  command("down", "stop it; leaves nothing running", down);
  command("status", "is it up?", status).addOption(outputOption());
  command("env", "print KUBEBUILDER_ASSETS and KUBECONFIG", env);
  return top;
}

process.exit(await runLaneProgram(program, say));

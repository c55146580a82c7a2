import { existsSync, readFileSync, symlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { becomes, commandLine } from "../servers/server-process.ts";
import { builtAssets, ensureAssets, LaneUnavailable } from "./assets.ts";
import { startControlPlane, stopControlPlane } from "./control-plane.ts";

const root = join(import.meta.dirname, "..", "..");
const directory = join(root, ".socle", "control-plane");
const kubeconfig = join(root, ".socle", "kubeconfig");

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function isUp(): boolean {
  const path = join(directory, "processes.json");
  if (!existsSync(path)) return false;
  const pids = JSON.parse(readFileSync(path, "utf8")) as number[];
  return pids.length > 0 && pids.every((pid) => commandLine(pid).includes(directory));
}

const program = new Command("control-plane").description(
  "A real Kubernetes 1.34 control plane on loopback: etcd, kube-apiserver, kube-controller-manager.",
);

program
  .command("build")
  .description("build the binaries, once per version")
  .action(async () => {
    console.log(await ensureAssets(say));
  });
program
  .command("up")
  .description("start it; does nothing when it runs")
  .option("--port <number>", "port of the API server", Number)
  .action(async ({ port }: { port?: number }) => {
    if (isUp()) {
      say(`already up; export KUBECONFIG=${kubeconfig}`);
      return;
    }
    const assets = await ensureAssets(say);
    const controlPlane = await startControlPlane({
      directory,
      assets,
      log: say,
      ...(port === undefined ? {} : { port }),
    });
    rmSync(kubeconfig, { force: true });
    symlinkSync(controlPlane.kubeconfig, kubeconfig);
    controlPlane.detach();
    say(`up at ${controlPlane.url}; export KUBECONFIG=${kubeconfig}`);
    process.exit(0);
  });
program
  .command("down")
  .description("stop it; leaves nothing running")
  .action(async () => {
    say((await stopControlPlane(directory)) ? "stopped" : "was not running");
    rmSync(kubeconfig, { force: true });
    await becomes(() => true, 0);
  });
program
  .command("status")
  .description("is it up? exit code 3 if not")
  .option("-o, --output <format>", "json")
  .action(({ output }: { output?: string }) => {
    const up = isUp();
    console.log(
      output === "json"
        ? JSON.stringify({ up, kubeconfig: up ? kubeconfig : null })
        : up
          ? `up; KUBECONFIG=${kubeconfig}`
          : "down",
    );
    process.exitCode = up ? 0 : 3;
  });
program
  .command("env")
  .description("print KUBEBUILDER_ASSETS and KUBECONFIG")
  .action(() => {
    const assets = builtAssets();
    if (assets === undefined)
      throw new LaneUnavailable("The binaries are not built yet: run npm run control-plane -- build.");
    console.log(`KUBEBUILDER_ASSETS=${assets}\nKUBECONFIG=${kubeconfig}`);
  });

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
try {
  await program.parseAsync();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(error instanceof LaneUnavailable ? 3 : 1);
}

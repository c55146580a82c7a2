import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { ensureAssets } from "../control-plane/assets.ts";
import { startControlPlane, stopControlPlane } from "../control-plane/control-plane.ts";
import { type Servers, startServers } from "../servers/servers.ts";
import { noteDeeds } from "../rights/used-rights.ts";
import { installSocle, Kubectl, operatorUser } from "./installation.ts";

/** What every test file of the lanes gets: one control plane with Socle installed, one Keycloak and one PostgreSQL. No operator runs. */
export interface Lanes {
  readonly assets: string;
  /** Of a cluster administrator. */
  readonly kubeconfig: string;
  /** Of the operator's own user, with the operator's own rights. */
  readonly operatorKubeconfig: string;
  readonly auditLog: string;
  /** For logs of this run; emptied at its end. */
  readonly directory: string;
  readonly servers: Pick<Servers, "keycloak" | "postgres">;
}

declare module "vitest" {
  interface ProvidedContext {
    lanes: Lanes;
  }
}

interface Running {
  readonly lanes: Lanes;
  stop(): Promise<void>;
}

const runs = join(import.meta.dirname, "..", "..", ".socle", "test");
/** One per run, so that two runs of one checkout do not meet. */
const directory = join(runs, String(process.pid), "lanes");

/** Ends what runs that were killed left behind. */
async function removeAbandonedRuns(): Promise<void> {
  for (const pid of existsSync(runs) ? readdirSync(runs) : []) {
    if (existsSync(`/proc/${pid}`)) continue;
    for (const world of readdirSync(join(runs, pid))) await stopControlPlane(join(runs, pid, world, "control-plane"));
    rmSync(join(runs, pid), { recursive: true, force: true });
  }
}

async function start(): Promise<Running> {
  const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
  await removeAbandonedRuns();
  const assets = await ensureAssets(say);
  const controlPlane = await startControlPlane({ directory: join(directory, "control-plane"), assets, audit: true });
  try {
    await installSocle(new Kubectl(assets, ["--kubeconfig", controlPlane.kubeconfig]), operatorUser);
    const servers = await startServers({ directory: join(directory, "servers"), log: say, isLongLived: true });
    const { keycloak, postgres } = servers;
    return {
      lanes: {
        assets,
        kubeconfig: controlPlane.kubeconfig,
        operatorKubeconfig: await controlPlane.kubeconfigFor(operatorUser),
        auditLog: controlPlane.auditLog,
        directory,
        servers: { keycloak, postgres },
      },
      stop: async () => {
        await servers.stop();
        noteDeeds(controlPlane.auditLog);
        await controlPlane.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

/** Two projects of one run name this file, and each gets a module of its own: what they share hangs on the process. */
const shared = globalThis as { socleLanes?: { users: number; running: Promise<Running> } | undefined };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.socleLanes ??= { users: 0, running: start() };
  const mine = shared.socleLanes;
  mine.users += 1;
  project.provide("lanes", (await mine.running).lanes);
  return async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    shared.socleLanes = undefined;
    await (await mine.running).stop();
  };
}

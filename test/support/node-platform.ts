import { rmSync } from "node:fs";
import { join } from "node:path";
import type { KeyedCertificate } from "../control-plane/certificates.ts";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { type NodeLane, prepareNode, startNode } from "../node-lane/node-lane.ts";
import { Helm, imageValues, installCharts, type Values } from "./charts.ts";
import { noteDeeds } from "../rights/used-rights.ts";
import { managedOnNode, publicCertificate } from "./managed-region.ts";
import { Platform } from "./platform.ts";

const root = join(import.meta.dirname, "..", "..");
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

/** How long pods may take that need some 75 seconds of CPU to start, on a machine that has other work. Nobody waits longer than it takes. */
export const patienceMs = 600_000;

/** Undefined, or why this host cannot run a node: then the tests count as skipped, and in CI that is a failure. */
export async function nodeProblem(): Promise<string | undefined> {
  try {
    await prepareNode(say);
    return undefined;
  } catch (error) {
    if (!(error instanceof LaneUnavailable) || (process.env["CI"] ?? "") !== "") throw error;
    say(`NOT RUN: ${error.message}`);
    return error.message;
  }
}

/** A real cluster of one node with the operator as a pod in it, and nothing beside it. */
export interface NodePlatform {
  readonly node: NodeLane;
  readonly helm: Helm;
  readonly platform: Platform;
  /** PEM of the authority that signed the certificates of the public hosts. */
  readonly authority: string;
  /** A certificate by that authority for a host that is none of the platform's. */
  readonly issue: (host: string) => Promise<KeyedCertificate>;
  /** The public address of Keycloak in regions of this platform. */
  readonly keycloakUrl: string;
  /** A region that runs everything by itself; `spec` is laid over it. */
  region(name: string, spec?: Readonly<Record<string, unknown>>): Promise<string>;
  stop(): Promise<void>;
}

/** Values that tests want: one replica, as two cores have enough to do, which looks often. */
const testValues: Values = { replicaCount: 1, config: { probeIntervalSeconds: 10 } };

export interface NodeWishes {
  /** Of tenants whose modules people will open. */
  readonly domains?: readonly string[];
  /** Instead of both charts of this checkout, with its image. */
  readonly install?: (node: NodeLane, helm: Helm, values: Values) => Promise<void>;
}

export async function nodePlatform(name: string, wishes: NodeWishes = {}): Promise<NodePlatform> {
  const { domains = [], install = installOwn } = wishes;
  const directory = join(root, ".socle", "test", String(process.pid), name);
  const node = await startNode({ directory, log: say });
  const stop = async (): Promise<void> => {
    noteDeeds(node.auditLog);
    await node.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    // Nobody is asked outside of the cluster: an operator that tried would be refused.
    const nobody = { username: "none", password: "none-of-this-test" };
    const platform = new Platform(node.kubectl, {
      keycloak: { url: "https://keycloak.nowhere.svc", clientId: "none", clientSecret: "none-of-this-test" },
      postgres: { host: "postgresql.nowhere.svc", port: 5432, ...nobody, superuser: nobody },
    });
    const host = `${platform.id}.sso.localhost`;
    const keycloakUrl = `https://${host}:${node.ingress.port}`;
    const helm = await Helm.of(node.kubeconfig, join(directory, "helm"), say);
    await install(node, helm, testValues);
    await platform.prepare();
    const names = { tlsSecret: platform.name("tls"), trustBundle: platform.name("trust") };
    const { authority, objects, issue } = await publicCertificate(
      [host, ...domains.flatMap((one) => [one, `*.${one}`])],
      names,
    );
    await node.kubectl.apply(objects);
    const region = (suffix: string, spec: Readonly<Record<string, unknown>> = {}): Promise<string> =>
      platform.region(suffix, { ...managedOnNode(node, { names, keycloakUrl }), ...spec });
    return { node, helm, platform, authority, issue, keycloakUrl, region, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function installOwn(node: NodeLane, helm: Helm, values: Values): Promise<void> {
  await installCharts(helm, { ...values, ...imageValues(node.images.socle) });
}

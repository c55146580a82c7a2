import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "../../constructs/manifest.ts";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import { HttpKubeApi } from "../../operator/kube/http-kube-api.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { kubeConnection } from "../../operator/kube/kubeconfig.ts";
import { LocalCache } from "../../operator/runtime/object-cache.ts";
import { reflect } from "../../operator/runtime/reflector.ts";
import { Transport } from "../../operator/runtime/transport.ts";
import type { DemoServers } from "../demo/objects.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";
import { becomes } from "../servers/server-process.ts";
import { undoOnExit } from "../servers/undo.ts";
import { installSocle, Kubectl, operatorUser } from "../support/installation.ts";
import { AuditTail } from "./audit-tail.ts";
import { Doubles } from "./doubles.ts";
import { platformManifests, regionManifests } from "./objects.ts";
import { type MeasuredOperator, startMeasuredOperator } from "./operator-process.ts";
import { CpuMeter } from "./processes.ts";
import { silent } from "../support/silent-logger.ts";

/** As many calls at a time as the operator's own transport makes. */
export const callsAtATime = 24;

/** A tenant or region as the bench looks at it. */
export interface Live extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** A fresh control plane with Socle and doubles, and a client of the administrator and of the operator's user. */
export interface World {
  readonly admin: HttpKubeApi;
  readonly operatorUser: HttpKubeApi;
  readonly doubles: Doubles;
  readonly audit: AuditTail;
  readonly tenants: LocalCache<Live>;
  readonly regions: LocalCache<Live>;
  meter(operator?: MeasuredOperator): CpuMeter;
  /** Operators count as one user; `mark` is a group that tells one's requests from another's in the audit log. */
  startOperator(mark: string): Promise<MeasuredOperator>;
}

const administrator = "socle-lane-admin";

export interface Place {
  readonly directory: string;
  readonly assets: string;
  /** Where profiles of operators go, if they are wanted. */
  readonly profile?: string | undefined;
}

/** Works on a fresh control plane, and leaves nothing of it. */
export async function inWorld<T>(at: Place, work: (world: World) => Promise<T>): Promise<T> {
  rmSync(at.directory, { recursive: true, force: true });
  mkdirSync(at.directory, { recursive: true, mode: 0o700 });
  const remove = (): void => {
    rmSync(at.directory, { recursive: true, force: true, maxRetries: 5 });
  };
  const forget = undoOnExit(remove);
  const undo: (() => unknown)[] = [];
  try {
    const controlPlane = await startControlPlane({
      ...at,
      directory: join(at.directory, "control-plane"),
      audit: true,
    });
    undo.push(() => controlPlane.stop());
    await installSocle(new Kubectl(at.assets, ["--kubeconfig", controlPlane.kubeconfig]), operatorUser);
    return await work(await worldOf(controlPlane, at, undo));
  } finally {
    for (const step of undo.reverse()) await step();
    remove();
    forget();
  }
}

type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>;

async function worldOf(controlPlane: ControlPlane, at: Place, undo: (() => unknown)[]): Promise<World> {
  const { directory, profile } = at;
  const operators: MeasuredOperator[] = [];
  const [etcd = 0, apiServer = 0, manager = 0] = JSON.parse(
    readFileSync(join(directory, "control-plane", "processes.json"), "utf8"),
  ) as number[];
  const client = async (kubeconfig: string): Promise<HttpKubeApi> => {
    const connection = await kubeConnection({ kubeconfig, environment: {} });
    const transport = new Transport({ ...connection, userAgent: "socle-bench", connections: callsAtATime });
    undo.push(() => transport.close());
    return new HttpKubeApi(transport, [...builtinResourceTypes, ...socleResourceTypes], Math.random);
  };
  const admin = await client(controlPlane.kubeconfig);
  const audit = new AuditTail(controlPlane.auditLog, [operatorUser, administrator]);
  const doubles = new Doubles();
  const world: World = {
    admin,
    operatorUser: await client(await controlPlane.kubeconfigFor(operatorUser)),
    doubles,
    audit,
    tenants: follow(admin, "Tenant", undo),
    regions: follow(admin, "SovereignRegion", undo),
    meter: (operator) =>
      new CpuMeter({
        ...(operator === undefined ? {} : { operator: operator.pid }),
        "API server": apiServer,
        etcd,
        "controller manager": manager,
      }),
    startOperator: async (mark) => {
      const kubeconfig = join(directory, `operator-${operators.length}.kubeconfig`);
      // Certificates of one user are written to one file: a copy keeps each operator its own.
      writeFileSync(kubeconfig, readFileSync(await controlPlane.kubeconfigFor(operatorUser, [mark])), { mode: 0o600 });
      const logFile = join(directory, `operator-${operators.length}.log`);
      const operator = await startMeasuredOperator({ kubeconfig, username: operatorUser, logFile, doubles, profile });
      operators.push(operator);
      return operator;
    },
  };
  undo.push(
    () => {
      audit.close();
    },
    () => Promise.all(operators.map((operator) => operator.stop(profile === undefined ? "SIGKILL" : "SIGTERM"))),
  );
  return world;
}

function follow(kube: HttpKubeApi, kind: string, undo: (() => unknown)[]): LocalCache<Live> {
  const type = { apiVersion: "socle.dev/v1alpha1", kind };
  const cache = new LocalCache<Live>();
  const stop = new AbortController();
  const source = {
    list: () => kube.list<Live>(type),
    watch: (from: { readonly resourceVersion: string; readonly signal: AbortSignal }) => kube.watch<Live>(type, from),
  };
  const followed = reflect({ name: kind, source, cache, log: silent, random: Math.random }, stop.signal);
  undo.push(async () => {
    stop.abort();
    await followed;
  });
  return cache;
}

/** Regions for that many tenants, and an operator that finds them Ready. */
export async function prepareRegions(world: World, tenants: number): Promise<MeasuredOperator> {
  const { platform } = world.doubles.keycloak;
  const servers: DemoServers = {
    keycloak: { url: world.doubles.keycloakUrl, ...platform },
    postgres: world.doubles.postgres.server,
  };
  const objects = [...platformManifests(servers), ...regionManifests(tenants, servers)];
  await Promise.all(objects.map((manifest) => world.admin.create(manifest)));
  const operator = await world.startOperator("operator-a");
  await allReady(world.regions, Math.ceil(tenants / 250), 60_000);
  return operator;
}

/** Resolves with the moment at which the last of that many objects was seen to be Ready. */
export async function allReady(cache: LocalCache<Live>, count: number, withinMs: number): Promise<number> {
  const ready = (): number => cache.list().filter(isReady).length;
  if (!(await becomes(() => ready() >= count, withinMs, 20)))
    throw new Error(`${ready()} of ${count} are Ready after ${withinMs / 1000} s.`);
  return Date.now();
}

function isReady({ metadata, status }: Live): boolean {
  const condition = status?.conditions?.find(({ type }) => type === "Ready");
  return status?.observedGeneration === metadata["generation" as never] && condition?.status === "True";
}

/** Sends everything, a few at a time, and resolves with the milliseconds that it took. */
export async function inFlight(
  manifests: readonly Manifest[],
  send: (manifest: Manifest) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  const left = [...manifests].reverse();
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await send(next);
  };
  await Promise.all(Array.from({ length: callsAtATime }, work));
  return performance.now() - started;
}

import { hostname } from "node:os";
import { randomUUID } from "node:crypto";
import type { Manifest } from "../constructs/manifest.ts";
import { factsApiVersion, factsKind } from "../crds/group.ts";
import { socleResourceTypes } from "../crds/resource-types.ts";
import { allWatched, type Caches, createCaches, isSynced, type Watched } from "./caches.ts";
import { type Config, operatorSubject, readConfig } from "./config.ts";
import { ModuleReconciler } from "./controllers/module/reconciler.ts";
import { IdentityProviderReconciler } from "./controllers/identity-provider/reconciler.ts";
import { NameClaimReconciler } from "./controllers/name-claim/reconciler.ts";
import { PolicyExceptionReconciler } from "./controllers/policy-exception/reconciler.ts";
import { ManagedIdentity } from "./controllers/region/identity.ts";
import { ProviderFacts } from "./controllers/region/provider-facts.ts";
import { RegionReconciler } from "./controllers/region/reconciler.ts";
import { TenantReconciler } from "./controllers/tenant/reconciler.ts";
import { connectChecks } from "./check-wiring.ts";
import { TenantControls } from "./controllers/report/controls.ts";
import type { ConnectKeycloak } from "./keycloak/keycloak-api.ts";
import { builtinResourceTypes } from "./kube/builtin-resource-types.ts";
import { KubeEventRecorder } from "./kube/events.ts";
import { FencedKubeApi } from "./kube/fenced-kube-api.ts";
import { hiddenCredentials } from "./kube/hidden-credentials.ts";
import { HttpKubeApi } from "./kube/http-kube-api.ts";
import type { KubeApi, KubeObject } from "./kube/kube-api.ts";
import { kubeConnection } from "./kube/kubeconfig.ts";
import { KubeLeaseStore } from "./kube/lease-store.ts";
import type { ConnectNumSpot } from "./numspot/numspot-api.ts";
import type { ConnectObjectStore } from "./objectstore/object-store-api.ts";
import type { ConnectOpenXchange } from "./openxchange/openxchange-api.ts";
import { catalogue } from "./policy/catalogue/catalogue.ts";
import { CheckedWorld } from "./policy/checked-world.ts";
import type { ConnectPostgres } from "./postgres/postgres-api.ts";
import type { Controls } from "./reconcile/controls.ts";
import type { EventRecorder } from "./reconcile/event-recorder.ts";
import { Controller } from "./runtime/controller.ts";
import { serveHealth } from "./runtime/health-server.ts";
import { Leader } from "./runtime/leader.ts";
import type { Clock, Logger, Reconciler } from "./runtime/reconciler.ts";
import { reflect } from "./runtime/reflector.ts";
import { Transport } from "./runtime/transport.ts";
import type { ClusterWeb } from "./systems/cluster-web.ts";
import { HomeSecrets } from "./systems/home-secrets.ts";
import { HttpProviderWeb } from "./systems/provider-web.ts";
import { type Held, readings } from "./readings.ts";
import { type ReporterPorts, reporters } from "./reporters.ts";
import { RegionSystems } from "./systems/region-systems.ts";
import { SecretStore } from "./systems/secret-store.ts";
import { createLogger, Redactor } from "./telemetry/logger.ts";
import type { ControllerName } from "./telemetry/metric-definitions.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { connect, connectHomeSecrets, type Controllers } from "./wiring.ts";

const clock: Clock = { now: () => Date.now() };
const random = Math.random;
const syncDeadlineMs = 120_000;
const drainMs = 25_000;

/** How the systems outside of Kubernetes are reached. */
export interface ConnectSystems {
  readonly connectPostgres: ConnectPostgres;
  readonly connectKeycloak: ConnectKeycloak;
  readonly connectObjectStore: ConnectObjectStore;
  readonly connectOpenXchange: ConnectOpenXchange;
  readonly connectNumSpot: ConnectNumSpot;
  /** Asks what modules run. */
  readonly openWeb: () => ClusterWeb & { close(): Promise<void> };
}

interface World {
  readonly connect: ConnectSystems;
  readonly config: Config;
  readonly kube: KubeApi;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly redactor: Redactor;
  readonly installation: string;
  /** Absent without leader election: then this process always leads. */
  readonly leader: Leader | undefined;
}

/** The operator: composition and the order of start and stop. Resolves with the exit code of the process; never throws. */
export async function run(connect: ConnectSystems): Promise<number> {
  try {
    return await start(connect);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function start(connect: ConnectSystems): Promise<number> {
  const read = readConfig(process.env);
  if (!read.ok) {
    process.stderr.write(`The configuration is wrong:\n${read.problems.map((problem) => `  ${problem}\n`).join("")}`);
    return 2;
  }
  const { config } = read;
  const redactor = new Redactor();
  const log = createLogger(config.logLevel, redactor);
  const metrics = new Metrics();
  const connection = await kubeConnection({
    kubeconfig: config.kubeconfig,
    context: config.context,
    environment: process.env,
  });
  const transport = new Transport({
    ...connection,
    credentials: hiddenCredentials(connection.credentials, redactor.register),
    userAgent: "socle-operator",
    onAnswer: (method, status) => {
      metrics.request(method, status);
    },
  });
  const kube = new HttpKubeApi(transport, [...builtinResourceTypes, ...socleResourceTypes], random);
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      stop.abort();
    });
  const installation = await installationOf(kube);
  const leader = config.leaderElection ? newLeader(config, kube, log) : undefined;
  const code = await operate({ connect, config, kube, log, metrics, redactor, installation, leader }, stop);
  await transport.close();
  return code;
}

function newLeader(config: Config, kube: KubeApi, log: Logger): Leader {
  const store = new KubeLeaseStore(kube, config.namespace, "socle-operator");
  return new Leader({ store, identity: `${hostname()}_${randomUUID()}`, clock, log });
}

/** UID of namespace kube-system: it lives as long as the cluster, and no other cluster has it. */
async function installationOf(kube: KubeApi): Promise<string> {
  const namespace = await kube.get<KubeObject>({ apiVersion: "v1", kind: "Namespace", name: "kube-system" });
  if (namespace === undefined) throw new Error("Namespace kube-system does not exist: is this a cluster?");
  return namespace.metadata.uid;
}

/** The operator in a world that is connected already, until `stop`. Resolves with the exit code. */
export async function operate(world: World, stop: AbortController): Promise<number> {
  const { config, kube, log, metrics, redactor } = world;
  const caches = createCaches(kube, config.namespace, log);
  const watched = allWatched(caches);
  const systems = new RegionSystems({
    operatorNamespace: config.namespace,
    secrets: caches.secrets.cache,
    configMaps: caches.configMaps.cache,
    identitySecrets: caches.identitySecrets.cache,
    ...world.connect,
    onSecret: redactor.register,
  });
  const web = world.connect.openWeb();
  const homeSecrets = new HomeSecrets({ kube, log, random, onSecret: redactor.register });
  const checked = new CheckedWorld(catalogue);
  const controls = new TenantControls(checked, clock);
  const controllers = createControllers(world, caches, { systems, web, homeSecrets, controls, checked });
  const evidenceKept = new Map<string, boolean>();
  const onKept = (region: string, kept: boolean): void => void evidenceKept.set(region, kept);
  const reports = createReporters(world, caches, { systems, world: checked, controls, onKept });
  connect(caches, controllers);
  connectChecks(caches, { world: checked, tenants: controllers.tenant, ...reports });
  controls.onChange((name) => {
    controllers.tenant.enqueue({ name });
  });
  connectHomeSecrets(caches, controllers, homeSecrets);
  const unsynced = (): string | undefined => {
    const waiting = watched.filter((one) => !isSynced(one)).map(({ name }) => name);
    return waiting.length === 0 ? undefined : `not synced: ${waiting.join(", ")}`;
  };
  const health = await serveHealth({
    ...config.health,
    live: () => undefined,
    ready: () => (stop.signal.aborted ? "stopping" : unsynced()),
    metrics: () => metrics.text(),
  });
  const { heard, ended } = follow(watched, log, stop.signal);
  const working = Object.values({ ...controllers, ...reports });
  metrics.readFrom(() => readings({ ...momentOf(world), caches, controllers: working, heard, evidenceKept }));
  const synced = await until(() => unsynced() === undefined, syncDeadlineMs, stop.signal);
  if (!synced && !stop.signal.aborted) {
    log.error({ why: unsynced() }, "Caches did not sync in time");
    stop.abort();
    return 1;
  }
  log.info({ watched: watched.length }, "Caches are synced");
  const lost = await lead(world, stop, async () => {
    await runControllers(working, stop.signal);
    log.info({}, "Controllers have stopped");
  });
  await Promise.race([ended, wait(2_000)]);
  homeSecrets.close();
  await systems.close();
  await web.close();
  health.close();
  return lost ? 1 : 0;
}

/** Keeps the caches current until the signal aborts, and notes when each watch was last told something. */
function follow(watched: readonly Watched[], log: Logger, signal: AbortSignal) {
  const heard = new Map<Watched, number>();
  const reflectors = watched.map((one) =>
    reflect({ ...one, log, random, onHeard: () => heard.set(one, clock.now()) }, signal),
  );
  return { heard, ended: Promise.all(reflectors) };
}

/** What metrics tell of this process and of now. */
function momentOf({ config, leader }: World): Pick<Held, "operatorNamespace" | "leads" | "now"> {
  return { operatorNamespace: config.namespace, leads: leader?.holds() ?? true, now: clock.now() };
}

/** Runs the work while the lease is held; true if it was lost. */
async function lead(world: World, stop: AbortController, work: () => Promise<void>): Promise<boolean> {
  const { leader, log } = world;
  if (leader === undefined) {
    await work();
    return false;
  }
  if (!(await acquire(leader, log, stop.signal))) return false;
  log.info({}, "This process is the active operator");
  const done = new AbortController();
  // Also while the last reconciles end after a signal to stop: they may take longer than the lease.
  const kept = leader.keep(done.signal).then(() => {
    if (done.signal.aborted) return false;
    log.error({}, "The lease was lost; stopping");
    stop.abort();
    return true;
  });
  await work();
  done.abort();
  const lost = await kept;
  if (!lost) await leader.release();
  return lost;
}

async function acquire(leader: Leader, log: Logger, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      return await leader.acquire(signal);
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.message : String(error) }, "Asking for the lease failed");
      await wait(2_000);
    }
  }
  return false;
}

async function runControllers(controllers: readonly Controller[], signal: AbortSignal): Promise<void> {
  const running = Promise.all(controllers.map((controller) => controller.run(signal)));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      "abort",
      () => {
        resolve();
      },
      { once: true },
    );
  });
  await Promise.race([running, wait(drainMs)]);
}

/** What lies outside of the API server, connected. */
interface Systems {
  readonly systems: RegionSystems;
  readonly web: ClusterWeb;
  readonly homeSecrets: HomeSecrets;
  readonly controls: Controls;
  readonly checked: CheckedWorld;
}

/** What several reconcilers read. */
const sharedCaches = (caches: Caches) => ({
  tenants: caches.tenants.cache,
  regions: caches.regions.cache,
  modules: caches.modules.cache,
  claims: caches.claims.cache,
  namespaces: caches.namespaces.cache,
  storageClasses: caches.storageClasses.cache,
  gateways: caches.gateways.cache,
  exceptions: caches.exceptions.cache,
});

/** Controllers of one process: all of them write through the same fence. */
function fenced({ kube, log, metrics, leader, redactor }: World) {
  const leads = (): boolean => leader?.holds() ?? true;
  return {
    kube: new FencedKubeApi(kube, leads, (told) => redactor.cleanTexts(told)),
    controller: (name: ControllerName, reconciler: Reconciler, workers: number): Controller =>
      new Controller({ name, reconciler, clock, random, log, metrics, workers, leads }),
  };
}

/** Events as they are written, each of them counted. */
function countedEvents(kube: KubeApi, { log, metrics }: World): EventRecorder {
  const recorder = new KubeEventRecorder(kube, clock, log);
  return {
    record: (fact) => {
      metrics.event(fact.regarding.kind, fact.reason);
      recorder.record(fact);
    },
  };
}

function createControllers(world: World, caches: Caches, outside: Systems): Controllers {
  const { systems, web, homeSecrets, controls, checked } = outside;
  const { config, installation, redactor } = world;
  const { kube, controller } = fenced(world);
  const byKind = (list: readonly Watched[]) => new Map(list.map((watched) => [watched.name, watched.cache]));
  const events = countedEvents(kube, world);
  const secrets = new SecretStore({ kube, onSecret: redactor.register, clock });
  const shared = { kube, clock, events, ...sharedCaches(caches), probeIntervalMs: config.probeIntervalMs };
  const external = { ...shared, systems, secrets, installation };
  const classes = { ingressClasses: caches.ingressClasses.cache, issuers: caches.issuers.cache };
  const regionPorts = { ...shared, ...classes, systems };
  const identity = new ManagedIdentity({
    ...external,
    apiServers: caches.apiServers.cache,
    workloads: byKind(caches.identity),
    identitySecrets: caches.identitySecrets.cache,
  });
  const providerFacts = new ProviderFacts({ systems, clock, events, onFacts: factsInto(checked) });
  return {
    region: controller("region", new RegionReconciler({ ...regionPorts, identity, providerFacts }), 2),
    tenant: controller(
      "tenant",
      new TenantReconciler({
        ...shared,
        controls,
        children: byKind(caches.children),
        ingresses: caches.ingresses.cache,
        routes: caches.routes.cache,
        operatorNamespace: config.namespace,
        operatorSubject: operatorSubject(config.username),
      }),
      8,
    ),
    module: controller(
      "module",
      new ModuleReconciler({
        ...external,
        workloads: byKind(caches.workloads),
        apiServers: caches.apiServers.cache,
        web,
        externalIntervalMs: config.externalIntervalMs,
      }),
      16,
    ),
    identityProvider: controller(
      "identity-provider",
      new IdentityProviderReconciler({
        ...external,
        identityProviders: caches.identityProviders.cache,
        homeSecrets,
        providerWeb: new HttpProviderWeb(),
        externalIntervalMs: config.externalIntervalMs,
      }),
      4,
    ),
    exception: controller("policy-exception", new PolicyExceptionReconciler({ ...shared, catalogue }), 1),
    claim: controller("name-claim", new NameClaimReconciler({ ...shared, graceMs: config.claimGraceMs }), 1),
  };
}

/** What a provider tells of a region is judged as objects of the cluster are. */
const factsInto =
  (checked: CheckedWorld) =>
  (name: string, facts: Manifest | undefined): void => {
    if (facts === undefined) checked.remove({ apiVersion: factsApiVersion, kind: factsKind, metadata: { name } });
    else checked.put(facts);
  };

function createReporters(
  world: World,
  caches: Caches,
  ports: Pick<ReporterPorts, "systems" | "world" | "controls" | "onKept">,
): Readonly<Record<"tenantReports" | "regionReports", Controller>> {
  const { installation, redactor } = world;
  const { kube, controller } = fenced(world);
  const redact = (text: string): string => String(redactor.clean(text));
  const { tenantReports, regionReports } = reporters(caches, { ...ports, kube, clock, installation, redact });
  return {
    tenantReports: controller("tenant-report", tenantReports, 1),
    regionReports: controller("region-report", regionReports, 1),
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

async function until(holds: () => boolean, withinMs: number, signal: AbortSignal): Promise<boolean> {
  for (const deadline = clock.now() + withinMs; clock.now() < deadline && !signal.aborted; ) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return holds();
}

import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../kube/kube-api.ts";
import type { Clock } from "../runtime/reconciler.ts";
import { digest, sealed } from "./digest.ts";
import { executePlan } from "./execute.ts";
import { isDueAgain, isMadeByAnother, unfinishedOthers } from "./jobs.ts";
import { applyStep, planObjects, refText, type Step } from "./plan.ts";
import { hibernated, sleepFinding } from "./postgres-cluster.ts";
import { rolloutFinding, stopFinding } from "./rollout.ts";
import { type Finding, succeeded } from "./story.ts";
import { type FindClass, volumesFinding, withPossibleVolumes } from "./volumes.ts";

/** Objects that are applied together, and what of them has to be through. */
export interface Stage {
  /** Applied in this order. */
  readonly manifests: readonly Manifest[];
  /** StatefulSets, Deployments and Clusters of CloudNativePG whose pods have to be available, and Jobs that have to be complete. */
  readonly awaits: readonly ObjectRef[];
  /** Deployments, StatefulSets and CronJobs of later stages that stand still until this one is through, such as what reads tables while they change. */
  readonly stops?: readonly ObjectRef[];
}

/** What runs in the cluster for one owner; whatever else the owner has is removed, except volumes. */
export interface WorkloadWanted extends Stage {
  /** What has to be through first, one after the other: until then what ran before runs on as it was. */
  readonly gates?: readonly Stage[];
}

/** Whose objects: those that the caches list under this value of this index. */
export interface WorkloadOwner {
  readonly index: "module" | "region";
  readonly value: string;
  readonly fieldManager: string;
}

export interface WorkloadPorts {
  readonly kube: KubeApi;
  /** What runs in the cluster, by kind; indexed by owner. */
  readonly workloads: ReadonlyMap<string, ObjectCache>;
  /** Say whether volumes can grow. */
  readonly storageClasses: ObjectCache;
}

const classesOf =
  ({ storageClasses }: Pick<WorkloadPorts, "storageClasses">): FindClass =>
  (name) =>
    storageClasses.get({ name });

/** Kinds that hold data: never removed because they are no longer listed. A Cluster owns the claims of its volumes. */
const keepsData = (kind: string): boolean => kind === "PersistentVolumeClaim" || kind === "Cluster";

/** Kinds that have pods of their own, and use volumes through them. */
export const runsPods: ReadonlySet<string> = new Set(["StatefulSet", "Deployment", "CronJob", "Job", "Cluster"]);

/** Everything of that owner, as the caches know it. */
export function liveWorkload(
  owner: WorkloadOwner,
  { workloads }: Pick<WorkloadPorts, "workloads">,
): readonly KubeObject[] {
  // A kind that went away with its definition leaves nothing behind that is true.
  const known = [...workloads.values()].filter((cache) => cache.hasSynced);
  return known.flatMap((cache) => cache.byIndex(owner.index, owner.value)).filter((one) => !isMadeByAnother(one));
}

/** The workload of a module of a tenant. */
export function moduleOwner(tenant: string, module: string): WorkloadOwner {
  return { index: "module", value: `${tenant}/${module}`, fieldManager: "socle-module" };
}

/** What a region runs by itself. */
export function regionOwner(region: string, module: string): WorkloadOwner {
  return { index: "region", value: `${region}/${module}`, fieldManager: "socle-region" };
}

export function isSame(left: Manifest, right: Manifest): boolean {
  return refText(refOf(left)) === refText(refOf(right));
}

/** Digests of objects whose kinds are not watched, as this process applied them. */
export interface Unseen {
  readonly applied: Map<string, string>;
}

/** What is looked at, changed, and asked for the time. */
export type ProvidingPorts = WorkloadPorts & Unseen & { readonly clock: Clock };

/** Everything that is applied, whatever has to be through before it. */
export function allManifests({ gates = [], manifests }: WorkloadWanted): readonly Manifest[] {
  return [...gates.flatMap((gate) => gate.manifests), ...manifests];
}

/** Everything that has to be through. */
export function allAwaited({ gates = [], awaits }: WorkloadWanted): readonly ObjectRef[] {
  return [...gates.flatMap((gate) => gate.awaits), ...awaits];
}

/** Applies what differs, stage by stage, then says whether the pods are available. Nothing is removed before the last stage is reached. */
export async function provideWorkload(
  wanted: WorkloadWanted,
  owner: WorkloadOwner,
  ports: ProvidingPorts,
): Promise<Finding> {
  const before = liveWorkload(owner, ports);
  const manifests = withPossibleVolumes(allManifests(wanted), before, classesOf(ports)).map(sealed);
  const superseded = unfinishedOthers(manifests, before);
  if (superseded.length > 0) return await endJobs(superseded, ports);
  let first = 0;
  for (const gate of wanted.gates ?? []) {
    const stage = { ...gate, manifests: manifests.slice(first, first + gate.manifests.length) };
    first += gate.manifests.length;
    const finding = await passGate(stage, { owner, ports, later: manifests.slice(first) });
    if (finding.status !== "True") return finding;
  }
  await apply(manifests.slice(first), { owner, ports });
  const left = planObjects(manifests.filter(isWatchedBy(ports)), liveWorkload(owner, ports)).filter(isRemoval);
  await execute(left, owner, ports);
  await retryJobs(wanted.awaits, owner, ports);
  return rolloutFinding(allAwaited(wanted), liveWorkload(owner, ports));
}

interface Passing {
  readonly owner: WorkloadOwner;
  readonly ports: ProvidingPorts;
  /** Of the stages that come after. */
  readonly later: readonly Manifest[];
}

async function passGate({ manifests, awaits, stops = [] }: Stage, passing: Passing): Promise<Finding> {
  const { owner, ports, later } = passing;
  if (stops.length > 0 && rolloutFinding(awaits, liveWorkload(owner, ports)).status !== "True") {
    const isThere = (manifest: Manifest): boolean => liveWorkload(owner, ports).some((one) => isSame(one, manifest));
    const standing = later.filter((manifest) => stops.some((ref) => refText(ref) === refText(refOf(manifest))));
    await apply(standing.filter(isThere).map(atRest), { owner, ports });
    const stopped = stopFinding(stops, liveWorkload(owner, ports));
    if (stopped.status !== "True") return stopped;
  }
  await apply(manifests, { owner, ports });
  await retryJobs(awaits, owner, ports);
  return rolloutFinding(awaits, liveWorkload(owner, ports));
}

/** The same object without a pod. */
function atRest(manifest: Manifest): Manifest {
  const stood = manifest.kind === "CronJob" ? { suspend: true } : { replicas: 0 };
  return sealed({ ...manifest, spec: { ...(manifest["spec"] as object), ...stood } });
}

/** Applies what differs, and removes nothing. */
async function apply(
  manifests: readonly Manifest[],
  { owner, ports }: Pick<Passing, "owner" | "ports">,
): Promise<void> {
  const isWatched = isWatchedBy(ports);
  for (const manifest of manifests.filter((one) => !isWatched(one))) await applyUnseen(manifest, owner, ports);
  const steps = planObjects(manifests.filter(isWatched), liveWorkload(owner, ports));
  await execute(
    steps.filter(({ kind }) => kind === "apply"),
    owner,
    ports,
  );
}

const isWatchedBy =
  ({ workloads }: Pick<WorkloadPorts, "workloads">) =>
  ({ kind }: Manifest): boolean =>
    workloads.has(kind);

async function execute(steps: readonly Step[], { fieldManager }: WorkloadOwner, ports: WorkloadPorts): Promise<void> {
  await executePlan(steps, { kube: ports.kube, cacheOf: cacheOf(ports) }, { fieldManager, force: true });
}

/** A Job that failed is made anew by the next look, once it is gone. */
async function retryJobs(awaited: readonly ObjectRef[], owner: WorkloadOwner, ports: ProvidingPorts): Promise<void> {
  const wanted = new Set(awaited.map(refText));
  const failed = liveWorkload(owner, ports).filter(
    (object) => wanted.has(refText(refOf(object))) && isDueAgain(object, ports.clock.now()),
  );
  for (const job of failed) await ports.kube.delete(refOf(job), { uid: job.metadata.uid });
}

async function endJobs(jobs: readonly KubeObject[], { kube }: Pick<WorkloadPorts, "kube">): Promise<Finding> {
  for (const job of jobs)
    if (job.metadata.deletionTimestamp === undefined) await kube.delete(refOf(job), { uid: job.metadata.uid });
  const texts = jobs.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`).join(", ");
  return {
    status: "False",
    reason: "Progressing",
    message: `Job ${texts} of an earlier wish ends before the next begins.`,
    againAfterMs: 5_000,
  };
}

/** Applies what differs and removes nothing: for what must be there before the rest is. */
export async function applyObjects(
  manifests: readonly Manifest[],
  owner: WorkloadOwner,
  ports: WorkloadPorts,
): Promise<void> {
  const steps = planObjects(manifests.map(sealed), liveWorkload(owner, ports)).filter(({ kind }) => kind === "apply");
  await execute(steps, owner, ports);
}

/** Whether every volume has the size that is asked for; if not, why. */
export function volumesOf(
  wanted: WorkloadWanted,
  owner: WorkloadOwner,
  ports: Pick<WorkloadPorts, "workloads" | "storageClasses">,
): Finding {
  return volumesFinding(allManifests(wanted), liveWorkload(owner, ports), classesOf(ports));
}

/** A kind that is not watched, because its objects of others are none of our business: looked at once per process and change. */
async function applyUnseen(
  manifest: Manifest,
  { fieldManager }: WorkloadOwner,
  { kube, applied }: Pick<WorkloadPorts, "kube"> & Unseen,
): Promise<void> {
  const key = refText(refOf(manifest));
  const wanted = digest(manifest);
  if (applied.get(key) === wanted) return;
  const step = applyStep(manifest, await kube.get<KubeObject>(refOf(manifest)));
  if (step !== undefined) await executePlan([step], { kube, cacheOf: () => undefined }, { fieldManager, force: true });
  applied.set(key, wanted);
}

/** Removes something that can be made again. */
function isRemoval(step: Step): boolean {
  return step.kind === "delete" && !keepsData(step.ref.kind);
}

const cacheOf =
  ({ workloads }: Pick<WorkloadPorts, "workloads">) =>
  ({ kind }: { readonly kind: string }): ObjectCache | undefined =>
    workloads.get(kind);

/**
 * Stops what runs; with `erase` its volumes go too. The claims of volumes are kept otherwise, and everything is made anew around them
 * when the module comes back.
 */
export async function endWorkload(
  wanted: WorkloadWanted,
  owner: WorkloadOwner,
  ending: { readonly ports: WorkloadPorts; readonly erasing: boolean },
): Promise<Finding> {
  const { ports, erasing } = ending;
  const cluster = allAwaited(wanted).find(({ kind }) => kind === "Cluster");
  if (cluster !== undefined && !erasing) return await sleep(cluster, wanted, { owner, ports });
  const left = liveWorkload(owner, ports).filter((object) => erasing || !keepsData(object.kind));
  // The pods first: a claim that a pod still uses would wait for it anyway.
  const running = left.filter(({ kind }) => runsPods.has(kind));
  for (const object of running.length > 0 ? running : left) {
    if (object.metadata.deletionTimestamp !== undefined) continue;
    const outcome = await ports.kube.delete(refOf(object), { uid: object.metadata.uid });
    if (outcome === "absent") ports.workloads.get(object.kind)?.noteDelete(object);
  }
  if (left.length === 0)
    return succeeded(erasing ? "The server and its volume are gone." : "The server is stopped; its volume is kept.");
  const texts = left.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(", ");
  return { status: "False", reason: "Terminating", message: `Waiting for ${texts} to be gone.`, againAfterMs: 5_000 };
}

/**
 * A Cluster owns the claims of its volumes, so deleting it would delete them: it is put to sleep instead, and everything around it stays. What
 * sleeps needs nothing, and role and database could not be let go of without a primary.
 */
async function sleep(
  ref: ObjectRef,
  wanted: WorkloadWanted,
  { owner, ports }: { readonly owner: WorkloadOwner; readonly ports: WorkloadPorts },
): Promise<Finding> {
  const live = liveWorkload(owner, ports);
  const cluster = allManifests(wanted).find((manifest) => refText(refOf(manifest)) === refText(ref));
  const isThere = live.some((object) => refText(refOf(object)) === refText(ref));
  if (cluster !== undefined && isThere) {
    const [asleep = cluster] = withPossibleVolumes([cluster], live, classesOf(ports));
    const steps = planObjects([sealed(hibernated(asleep))], live).filter(({ kind }) => kind === "apply");
    await execute(steps, owner, ports);
  }
  return sleepFinding(ref, liveWorkload(owner, ports));
}

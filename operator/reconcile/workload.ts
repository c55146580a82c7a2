import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../kube/kube-api.ts";
import { digest, sealed } from "./digest.ts";
import { executePlan } from "./execute.ts";
import { applyStep, planObjects, refText, type Step } from "./plan.ts";
import { clusterFinding, hibernated, sleepFinding } from "./postgres-cluster.ts";
import { type Finding, succeeded } from "./story.ts";
import { type FindClass, volumesFinding, withPossibleVolumes } from "./volumes.ts";

/** What runs in the cluster for one owner. */
export interface WorkloadWanted {
  /** Applied in this order; whatever else the owner has is removed, except volumes. */
  readonly manifests: readonly Manifest[];
  /** The StatefulSet, or Cluster of CloudNativePG, whose pods have to be available. */
  readonly rollout: ObjectRef;
  /** Deployments that have to be available too. */
  readonly others?: readonly ObjectRef[];
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

/** Kinds that hold data: never removed because they are no longer listed. */
const keepsData = (kind: string): boolean => kind === "PersistentVolumeClaim";

/** Everything of that owner, as the caches know it. */
export function liveWorkload(
  owner: WorkloadOwner,
  { workloads }: Pick<WorkloadPorts, "workloads">,
): readonly KubeObject[] {
  // A kind that went away with its definition leaves nothing behind that is true.
  const known = [...workloads.values()].filter((cache) => cache.hasSynced);
  return known.flatMap((cache) => cache.byIndex(owner.index, owner.value));
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

/** Applies what differs, then says whether the pods are available. */
export async function provideWorkload(
  wanted: WorkloadWanted,
  owner: WorkloadOwner,
  ports: WorkloadPorts & Unseen,
): Promise<Finding> {
  const before = liveWorkload(owner, ports);
  const manifests = withPossibleVolumes(wanted.manifests, before, classesOf(ports)).map(sealed);
  const isWatched = ({ kind }: Manifest): boolean => ports.workloads.has(kind);
  for (const manifest of manifests.filter((one) => !isWatched(one))) await applyUnseen(manifest, owner, ports);
  const steps = planObjects(manifests.filter(isWatched), before).filter(losesNothing);
  await executePlan(
    steps,
    { kube: ports.kube, cacheOf: cacheOf(ports) },
    {
      fieldManager: owner.fieldManager,
      force: true,
    },
  );
  return rolloutFinding(wanted, liveWorkload(owner, ports));
}

/** Applies what differs and removes nothing: for what must be there before the rest is. */
export async function applyObjects(
  manifests: readonly Manifest[],
  owner: WorkloadOwner,
  ports: WorkloadPorts,
): Promise<void> {
  const steps = planObjects(manifests.map(sealed), liveWorkload(owner, ports)).filter(({ kind }) => kind === "apply");
  const options = { fieldManager: owner.fieldManager, force: true };
  await executePlan(steps, { kube: ports.kube, cacheOf: cacheOf(ports) }, options);
}

/** Whether every volume has the size that is asked for; if not, why. */
export function volumesOf(
  wanted: WorkloadWanted,
  owner: WorkloadOwner,
  ports: Pick<WorkloadPorts, "workloads" | "storageClasses">,
): Finding {
  return volumesFinding(wanted.manifests, liveWorkload(owner, ports), classesOf(ports));
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

function losesNothing(step: Step): boolean {
  return step.kind === "apply" || !keepsData(step.ref.kind);
}

const cacheOf =
  ({ workloads }: Pick<WorkloadPorts, "workloads">) =>
  ({ kind }: { readonly kind: string }): ObjectCache | undefined =>
    workloads.get(kind);

interface RolledOut extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
  };
}

/** Every pod is of the newest revision and ready. Pure. */
export function rolloutFinding(
  { rollout, others = [] }: Pick<WorkloadWanted, "rollout" | "others">,
  live: readonly KubeObject[],
): Finding {
  const first = rollout.kind === "Cluster" ? clusterFinding(rollout, live) : statefulSetFinding(rollout, live);
  const rest = others.map((ref) => deploymentFinding(ref, live));
  const open = [first, ...rest].find(({ status }) => status !== "True");
  return open ?? { ...first, message: [first, ...rest].map(({ message }) => message).join(" ") };
}

interface Deployed extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

function deploymentFinding(ref: ObjectRef, live: readonly KubeObject[]): Finding {
  const name = `Deployment ${ref.namespace ?? ""}/${ref.name}`;
  const wait = (message: string): Finding => ({ status: "False", reason: "Progressing", message });
  const found = live.find((object) => refText(refOf(object)) === refText(ref)) as Deployed | undefined;
  if (found === undefined) return wait(`${name} is being made.`);
  const { observedGeneration, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = found.status ?? {};
  if (observedGeneration !== found.metadata.generation) return wait(`${name} was not looked at yet by its controller.`);
  const { replicas: asked = 1 } = found["spec"] as { readonly replicas?: number };
  const counted = `${availableReplicas} of ${asked} pods are available`;
  if (updatedReplicas < asked || replicas > asked) return wait(`${name} is rolling out: ${counted}.`);
  if (availableReplicas < asked)
    return wait(`${name}: ${counted}; kubectl describe pods -n ${ref.namespace ?? ""} says why.`);
  return succeeded(`${name}: ${counted}.`);
}

function statefulSetFinding(rollout: ObjectRef, live: readonly KubeObject[]): Finding {
  const name = `StatefulSet ${rollout.namespace ?? ""}/${rollout.name}`;
  const found = live.find((object) => refText(refOf(object)) === refText(rollout)) as RolledOut | undefined;
  const wait = (message: string): Finding => ({ status: "False", reason: "Progressing", message });
  if (found === undefined) return wait(`${name} is being made.`);
  const { observedGeneration, replicas = 0, readyReplicas = 0, currentRevision, updateRevision } = found.status ?? {};
  if (observedGeneration !== found.metadata.generation) return wait(`${name} was not looked at yet by its controller.`);
  const { replicas: asked = 1 } = found["spec"] as { readonly replicas?: number };
  if (currentRevision !== updateRevision || replicas !== asked)
    return wait(`${name} is rolling out: ${readyReplicas} of ${asked} pods are ready.`);
  if (readyReplicas < asked)
    return wait(
      `${name}: ${readyReplicas} of ${asked} pods are ready; kubectl describe pods -n ${rollout.namespace ?? ""} says why.`,
    );
  return succeeded(`${name}: ${readyReplicas} of ${asked} pods are ready.`);
}

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
  if (wanted.rollout.kind === "Cluster" && !erasing) return await sleep(wanted, owner, ports);
  const left = liveWorkload(owner, ports).filter((object) => erasing || !keepsData(object.kind));
  // The pods first: a claim that a pod still uses would wait for it anyway.
  const running = left.filter(({ kind }) => kind === wanted.rollout.kind || kind === "Deployment");
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
async function sleep(wanted: WorkloadWanted, owner: WorkloadOwner, ports: WorkloadPorts): Promise<Finding> {
  const live = liveWorkload(owner, ports);
  const cluster = wanted.manifests.find((manifest) => refText(refOf(manifest)) === refText(wanted.rollout));
  const isThere = live.some((object) => refText(refOf(object)) === refText(wanted.rollout));
  if (cluster !== undefined && isThere) {
    const [asleep = cluster] = withPossibleVolumes([cluster], live, classesOf(ports));
    const steps = planObjects([sealed(hibernated(asleep))], live).filter(({ kind }) => kind === "apply");
    const options = { fieldManager: owner.fieldManager, force: true };
    await executePlan(steps, { kube: ports.kube, cacheOf: cacheOf(ports) }, options);
  }
  return sleepFinding(wanted.rollout, liveWorkload(owner, ports));
}

import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { refOf } from "../../constructs/manifest.ts";
import { cloudNativePg } from "../../constructs/postgresql/cluster-input.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { refText } from "./plan.ts";
import { type Finding, succeeded } from "./story.ts";

/** Messages of other operators are shown, cut: they are written for people, and one of them may quote a whole object. */
const longestForeignMessage = 300;

interface ClusterCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

interface Cluster extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly phaseReason?: string;
    readonly readyInstances?: number;
    readonly currentPrimary?: string;
    readonly targetPrimary?: string;
    readonly image?: string;
    readonly conditions?: readonly ClusterCondition[];
  };
}

interface Declared extends KubeObject {
  readonly status?: {
    readonly applied?: boolean;
    readonly observedGeneration?: number;
    readonly message?: string;
  };
}

const wait = (message: string): Finding => ({ status: "False", reason: "Progressing", message });
const textOf = ({ kind, namespace = "", name }: ObjectRef): string => `${kind} ${namespace}/${name}`;

function find(ref: ObjectRef, live: readonly KubeObject[]): KubeObject | undefined {
  return live.find((object) => refText(refOf(object)) === refText(ref));
}

/** One line, and not a long one. */
function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= longestForeignMessage ? line : `${line.slice(0, longestForeignMessage - 1)}…`;
}

/**
 * All instances run the image that was asked for, and one of them is the primary. A Cluster states no generation that was looked at: what it
 * repeats of its spec (instances, image) and, should it come to state one, the generation of its condition are compared instead. Pure.
 */
export function clusterFinding(ref: ObjectRef, live: readonly KubeObject[]): Finding {
  const name = textOf(ref);
  const found = find(ref, live) as Cluster | undefined;
  if (found === undefined) return wait(`${name} is being made.`);
  const { instances: asked = 1, imageName } = found["spec"] as { instances?: number; imageName?: string };
  const { phase, phaseReason = "", readyInstances = 0, image, conditions = [] } = found.status ?? {};
  if (phase === undefined)
    return wait(
      `${name} was not looked at yet: is the operator of CloudNativePG running? kubectl get pods -n ${cloudNativePg.operatorNamespace}`,
    );
  const ready = conditions.find(({ type }) => type === "Ready");
  const { currentPrimary, targetPrimary } = found.status ?? {};
  const current =
    ready?.status === "True" &&
    (ready.observedGeneration ?? found.metadata.generation) === found.metadata.generation &&
    (image === undefined || image === imageName) &&
    currentPrimary === targetPrimary;
  const counted = `${readyInstances} of ${asked} instances are ready`;
  if (current && readyInstances === asked) return succeeded(`${name}: ${counted}.`);
  return wait(`${name}: ${counted}; ${cut(phaseReason === "" ? phase : `${phase}: ${phaseReason}`)}.`);
}

/** The operator of CloudNativePG carried out each of these objects as it is now. Pure. */
export function declaredFinding(refs: readonly ObjectRef[], live: readonly KubeObject[]): Finding {
  for (const ref of refs) {
    const name = textOf(ref);
    const found = find(ref, live) as Declared | undefined;
    if (found === undefined) return wait(`${name} is being made.`);
    const { applied, observedGeneration, message = "" } = found.status ?? {};
    if (applied === false)
      return {
        status: "False",
        reason: "ProgressingWithRetry",
        message: `${name} was refused and is tried again: ${message === "" ? "no reason was given" : cut(message)}.`,
      };
    if (applied !== true || observedGeneration !== found.metadata.generation)
      return wait(`${name} waits to be carried out by the primary${message === "" ? "" : `: ${cut(message)}`}.`);
  }
  return succeeded(`Role and database are as declared by ${refs.map(textOf).join(" and ")}.`);
}

/** The same Cluster, asleep: no pods, all volumes. Applied without the annotation, it wakes up. */
export function hibernated(manifest: Manifest): Manifest {
  const annotations = { ...manifest.metadata.annotations, [cloudNativePg.hibernation]: "on" };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

/** Does the Cluster sleep? Pure. */
export function sleepFinding(ref: ObjectRef, live: readonly KubeObject[]): Finding {
  const found = find(ref, live) as Cluster | undefined;
  if (found === undefined) return succeeded(`There is no ${textOf(ref)}.`);
  const condition = found.status?.conditions?.find(({ type }) => type === cloudNativePg.hibernation);
  if (condition?.status === "True") return succeeded(`${textOf(ref)} sleeps: no pod runs, its volumes are kept.`);
  const why = condition?.message === undefined ? "its operator has not answered yet" : cut(condition.message);
  return { status: "False", reason: "Terminating", message: `Waiting for ${textOf(ref)} to stop: ${why}.` };
}

import { type ObjectRef, refOf } from "../../constructs/manifest.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { jobFinding } from "./jobs.ts";
import { refText } from "./plan.ts";
import { clusterFinding } from "./postgres-cluster.ts";
import { type Finding, succeeded } from "./story.ts";

interface RolledOut extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
  };
}

interface Deployed extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

const wait = (message: string): Finding => ({ status: "False", reason: "Progressing", message });

/** Every pod of these is of the newest revision and ready, and every Job among them is complete; the first that is not speaks. Pure. */
export function rolloutFinding(awaited: readonly ObjectRef[], live: readonly KubeObject[]): Finding {
  const findings = awaited.map((ref) => findingOf(ref, live));
  const open = findings.find(({ status }) => status !== "True");
  return open ?? succeeded(findings.map(({ message }) => message).join(" "));
}

function findingOf(ref: ObjectRef, live: readonly KubeObject[]): Finding {
  if (ref.kind === "Cluster") return clusterFinding(ref, live);
  if (ref.kind === "Job") return jobFinding(ref, live);
  return ref.kind === "Deployment" ? deploymentFinding(ref, live) : statefulSetFinding(ref, live);
}

function find(ref: ObjectRef, live: readonly KubeObject[]): KubeObject | undefined {
  return live.find((object) => refText(refOf(object)) === refText(ref));
}

function deploymentFinding(ref: ObjectRef, live: readonly KubeObject[]): Finding {
  const name = `Deployment ${ref.namespace ?? ""}/${ref.name}`;
  const found = find(ref, live) as Deployed | undefined;
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

function statefulSetFinding(ref: ObjectRef, live: readonly KubeObject[]): Finding {
  const name = `StatefulSet ${ref.namespace ?? ""}/${ref.name}`;
  const found = find(ref, live) as RolledOut | undefined;
  if (found === undefined) return wait(`${name} is being made.`);
  const { observedGeneration, replicas = 0, readyReplicas = 0, currentRevision, updateRevision } = found.status ?? {};
  if (observedGeneration !== found.metadata.generation) return wait(`${name} was not looked at yet by its controller.`);
  const { replicas: asked = 1 } = found["spec"] as { readonly replicas?: number };
  if (currentRevision !== updateRevision || replicas !== asked)
    return wait(`${name} is rolling out: ${readyReplicas} of ${asked} pods are ready.`);
  if (readyReplicas < asked)
    return wait(
      `${name}: ${readyReplicas} of ${asked} pods are ready; kubectl describe pods -n ${ref.namespace ?? ""} says why.`,
    );
  return succeeded(`${name}: ${readyReplicas} of ${asked} pods are ready.`);
}

interface Scheduled extends KubeObject {
  readonly status?: { readonly active?: readonly unknown[] };
}

/** None of these has a pod any more, and none is about to make one. Pure. */
export function stopFinding(refs: readonly ObjectRef[], live: readonly KubeObject[]): Finding {
  for (const ref of refs) {
    const left = podsLeft(find(ref, live));
    if (left > 0) return wait(`${ref.kind} ${ref.namespace ?? ""}/${ref.name} stops first: ${left} of it still run.`);
  }
  return succeeded("Nothing runs that has to stand still.");
}

/** As its controller counts them; one that has not looked yet may still make what it is not to make. */
function podsLeft(found: KubeObject | undefined): number {
  if (found === undefined) return 0;
  if (found.kind === "CronJob") return (found as Scheduled).status?.active?.length ?? 0;
  const { observedGeneration, replicas = 0 } = (found as Deployed).status ?? {};
  return observedGeneration === found.metadata.generation ? replicas : Math.max(replicas, 1);
}

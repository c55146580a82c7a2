import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { digest } from "./digest.ts";
import { refText } from "./plan.ts";
import { type Finding, succeeded } from "./story.ts";

interface LiveJob extends KubeObject {
  readonly status?: {
    readonly failed?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly lastTransitionTime?: string;
    }[];
  };
}

/** Between the end of a Job that failed and its next try: long enough to read what its pods said. */
const retryAfterMs = 60_000;

/**
 * The Job under a name that says what it carries out: Kubernetes lets nobody change a Job, so another wish is another Job. `carries` is what it
 * reads besides its own manifest, such as the content of a ConfigMap.
 */
export function jobOf(manifest: Manifest, carries: unknown = ""): Manifest {
  const { name } = manifest.metadata;
  const suffix = digest({ manifest, carries }).slice(0, 10);
  return { ...manifest, metadata: { ...manifest.metadata, name: `${name}-${suffix}` } };
}

/** The Job did its work, or how far it is. One that failed is never given up. Pure. */
export function jobFinding(ref: ObjectRef, live: readonly KubeObject[]): Finding {
  const name = `Job ${ref.namespace ?? ""}/${ref.name}`;
  const found = live.find((object) => refText(refOf(object)) === refText(ref)) as LiveJob | undefined;
  if (found === undefined || found.metadata.deletionTimestamp !== undefined)
    return { status: "False", reason: "Progressing", message: `${name} is being made.` };
  if (conditionOf(found, "Complete") !== undefined) return succeeded(`${name} is complete.`);
  const look = `kubectl logs -n ${ref.namespace ?? ""} -l batch.kubernetes.io/job-name=${ref.name} says why`;
  const failure = conditionOf(found, "Failed");
  if (failure !== undefined)
    return {
      status: "False",
      reason: "ProgressingWithRetry",
      message: `${name} failed (${failure.reason ?? "no reason was given"}) and is tried again; ${look}.`,
      againAfterMs: retryAfterMs,
    };
  const { failed = 0 } = found.status ?? {};
  if (failed > 0)
    return {
      status: "False",
      reason: "ProgressingWithRetry",
      message: `${name}: ${failed} of its pods failed, and the next one is tried; ${look}.`,
    };
  return { status: "False", reason: "Progressing", message: `${name} is running.` };
}

/** Did it fail long enough ago to be made anew? A failure without a time is as old as can be. */
export function isDueAgain(job: KubeObject, now: number): boolean {
  const failure = conditionOf(job, "Failed");
  if (failure === undefined || job.metadata.deletionTimestamp !== undefined) return false;
  const since = Date.parse(failure.lastTransitionTime ?? "");
  return Number.isNaN(since) || now - since >= retryAfterMs;
}

/** Jobs of an earlier wish that have not ended: they would work against those of the wish of today. */
export function unfinishedOthers(wanted: readonly Manifest[], live: readonly KubeObject[]): KubeObject[] {
  const names = new Set(wanted.map((manifest) => refText(refOf(manifest))));
  return live.filter(
    (object) =>
      object.kind === "Job" && !names.has(refText(refOf(object))) && conditionOf(object, "Complete") === undefined,
  );
}

/** Jobs that a CronJob makes carry our labels too, and are its own. */
export function isMadeByAnother({ kind, metadata }: KubeObject): boolean {
  return kind === "Job" && (metadata.ownerReferences ?? []).length > 0;
}

function conditionOf({ status }: LiveJob, type: "Complete" | "Failed") {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === "True");
}

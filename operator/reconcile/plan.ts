import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { firstDifference } from "./subset.ts";

/** What to do to one Kubernetes object, and why. */
export type Step =
  | { readonly kind: "apply"; readonly manifest: Manifest; readonly why: string }
  | { readonly kind: "delete"; readonly ref: ObjectRef; readonly uid: string; readonly why: string };

/** Kind, namespace and name as one text: equal for a manifest and the live object that it became. */
export function refText(ref: ObjectRef): string {
  return [ref.apiVersion, ref.kind, ref.namespace ?? "", ref.name].join("|");
}

/**
 * Steps that turn `live` into `desired`: an apply for each object that is missing or differs in a field that we set or that we
 * set last time, and a delete, with the uid that was looked at, for each of ours that is no longer wanted.
 * An empty `desired` deletes nothing: it is how a bug looks, and tenants were lost that way.
 */
export function planObjects(desired: readonly Manifest[], live: readonly KubeObject[]): Step[] {
  const liveByRef = new Map(live.map((object) => [refText(refOf(object)), object]));
  const steps: Step[] = [];
  for (const manifest of desired) {
    const step = applyStep(manifest, liveByRef.get(refText(refOf(manifest))));
    if (step !== undefined) steps.push(step);
  }
  if (desired.length === 0) return steps;
  const wanted = new Set(desired.map((manifest) => refText(refOf(manifest))));
  for (const object of live) {
    if (wanted.has(refText(refOf(object))) || object.metadata.deletionTimestamp !== undefined) continue;
    steps.push({ kind: "delete", ref: refOf(object), uid: object.metadata.uid, why: "no longer wanted" });
  }
  return steps;
}

/** The apply that one object needs, or undefined when the live object already says it all. */
export function applyStep(manifest: Manifest, live: KubeObject | undefined): Step | undefined {
  if (live === undefined) return { kind: "apply", manifest, why: "missing" };
  const hash = manifest.metadata.annotations?.[names.appliedHash];
  if (hash !== undefined && live.metadata.annotations?.[names.appliedHash] !== hash) {
    return { kind: "apply", manifest, why: "what we want has changed" };
  }
  const difference = firstDifference(manifest, live);
  return difference === undefined ? undefined : { kind: "apply", manifest, why: `${difference} differs` };
}

import type { ObjectRef } from "../../constructs/manifest.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../kube/kube-api.ts";
import type { Step } from "./plan.ts";

/** Which cache holds a kind; undefined for kinds that we do not watch. */
export type CacheOf = (ref: Pick<ObjectRef, "apiVersion" | "kind">) => ObjectCache | undefined;

export interface ExecutionPorts {
  readonly kube: KubeApi;
  readonly cacheOf: CacheOf;
}

/**
 * Carries out the steps in order and stops at the first failure; what was done shows in the caches at once.
 * Running the same plan again is harmless: applies are idempotent and deletes carry the uid that was looked at.
 */
export async function executePlan(
  steps: readonly Step[],
  ports: ExecutionPorts,
  options: { readonly fieldManager: string; readonly force: boolean },
): Promise<void> {
  for (const step of steps) {
    if (step.kind === "apply") {
      const result = await ports.kube.apply<KubeObject>(step.manifest, options);
      ports.cacheOf(step.manifest)?.noteWrite(result);
    } else {
      await ports.kube.delete(step.ref, { uid: step.uid });
    }
  }
}

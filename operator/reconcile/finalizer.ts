import type { JsonPatchOperation, KubeObject } from "../kube/kube-api.ts";

/** finalizer × deleting. */
export type FinalizerState = "absent" | "present" | "deleting" | "released";

/** Where an object stands: `absent` = add ours before anything else; `deleting` = clean up, then remove ours; `released` = ours is gone, touch nothing. */
export function finalizerState(object: KubeObject, finalizer: string): FinalizerState {
  const has = object.metadata.finalizers?.includes(finalizer) ?? false;
  const deleting = object.metadata.deletionTimestamp !== undefined;
  if (deleting) return has ? "deleting" : "released";
  return has ? "present" : "absent";
}

/** Adds our finalizer. The test on resourceVersion keeps the list of others as we saw it; apply would fight over it. */
export function addFinalizer(object: KubeObject, finalizer: string): JsonPatchOperation[] {
  return patched(object, [...(object.metadata.finalizers ?? []), finalizer]);
}

/** Removes our finalizer and no other. */
export function removeFinalizer(object: KubeObject, finalizer: string): JsonPatchOperation[] {
  return patched(
    object,
    (object.metadata.finalizers ?? []).filter((name) => name !== finalizer),
  );
}

function patched(object: KubeObject, finalizers: readonly string[]): JsonPatchOperation[] {
  return [
    { op: "test", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion },
    { op: "test", path: "/metadata/uid", value: object.metadata.uid },
    { op: "add", path: "/metadata/finalizers", value: finalizers },
  ];
}

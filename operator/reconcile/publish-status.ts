import { canonicalJson, refOf } from "../../constructs/manifest.ts";
import type { Condition, Reason } from "../../crds/v1alpha1/conditions.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../kube/kube-api.ts";
import type { EventRecorder } from "./event-recorder.ts";

interface Status {
  readonly conditions?: readonly Condition[] | undefined;
}

export interface StatusWrite<T extends KubeObject> {
  readonly object: T & { readonly status?: Status | undefined };
  readonly apiVersion: string;
  readonly kind: string;
  readonly status: Status;
  readonly fieldManager: string;
}

export interface StatusPorts<T extends KubeObject> {
  readonly kube: KubeApi;
  readonly cache: ObjectCache<T>;
  readonly events: EventRecorder;
}

const underWay: ReadonlySet<string> = new Set<Reason>(["NotObserved", "Progressing", "DependencyNotReady"]);

/**
 * Writes a status by server-side apply, if it differs from the live one in anything, and tells people when Ready changed; not that
 * what was never Ready is on its way, which is what everybody expects and `kubectl get` shows.
 * The version that was looked at goes along: a newcomer under the name of a deleted object is never written to, and a stale look
 * is a ConflictError. The uid would not do: the API server takes no notice of it in a status of a custom resource (measured, 1.34).
 */
export async function publishStatus<T extends KubeObject>(write: StatusWrite<T>, ports: StatusPorts<T>): Promise<void> {
  const { object, apiVersion, kind, status } = write;
  if (canonicalJson(object.status ?? {}) === canonicalJson(status)) return;
  const { name, namespace } = refOf(object);
  const { uid, resourceVersion } = object.metadata;
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), resourceVersion };
  const written = await ports.kube.apply<T>(
    { apiVersion, kind, metadata, status },
    { fieldManager: write.fieldManager, force: true, subresource: "status" },
  );
  ports.cache.noteWrite(written);
  const before = readyOf(object.status);
  const after = readyOf(status);
  if (after === undefined || (before?.status === after.status && before.reason === after.reason)) return;
  if (before?.status !== "True" && underWay.has(after.reason)) return;
  ports.events.record({
    regarding: { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }), uid },
    type: after.status === "True" ? "Normal" : "Warning",
    reason: after.reason,
    action: "Reconcile",
    note: after.message,
  });
}

function readyOf(status: Status | undefined): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === "Ready");
}

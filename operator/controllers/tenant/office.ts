import { refOf } from "../../../constructs/manifest.ts";
import { namespaceName } from "../../../constructs/names.ts";
import { names } from "../../../crds/group.ts";
import type { KubeObject } from "../../kube/kube-api.ts";
import { wantsOffice } from "./desired.ts";
import type { TenantPorts, TenantScene } from "./scene.ts";

/**
 * Does the tenant have, or keep, a namespace for its online office? It has one with the module, keeps it until the module has ended, and keeps it
 * for good if somebody put a volume there: an office holds no data, so whatever does is not ours to judge.
 */
export async function officeStays(scene: TenantScene, { kube }: Pick<TenantPorts, "kube">): Promise<boolean> {
  if (wantsOffice(scene.tenant)) return true;
  if (scene.modules.some(({ spec }) => spec.module === "Collabora")) return true;
  const namespace = officeOf(scene);
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return false;
  const volumes = { apiVersion: "v1", kind: "PersistentVolumeClaim" };
  const { items } = await kube.list<KubeObject>(volumes, { namespace: namespace.metadata.name });
  return items.length > 0;
}

export function liesInOffice({ metadata }: KubeObject, { holder }: Pick<TenantScene, "holder">): boolean {
  return metadata.namespace === namespaceName(holder.name, "office");
}

/** Deletes the namespace, by the uid that was looked at, if it is there and carries the mark of this tenant. */
export async function endOffice(scene: TenantScene, { kube }: Pick<TenantPorts, "kube">): Promise<void> {
  const namespace = officeOf(scene);
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
  await kube.delete(refOf(namespace), { uid: namespace.metadata.uid });
}

/** By its name, its label and the mark of the legal identifier: no other namespace of a tenant is ever looked for here. */
function officeOf({ namespaces, holder }: Pick<TenantScene, "namespaces" | "holder">): KubeObject | undefined {
  return namespaces.find(
    ({ metadata }) =>
      metadata.name === namespaceName(holder.name, "office") &&
      metadata.labels?.[names.placeLabel] === "office" &&
      metadata.labels[names.tenantLabel] === holder.name &&
      metadata.annotations?.[names.legalIdentifier] === holder.legalIdentifier,
  );
}

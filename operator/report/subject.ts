import { namespaceName, places } from "../../constructs/names.ts";
import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion, names } from "../../crds/group.ts";
import { tenantOfNamespace } from "../policy/checks/tenant-namespace.ts";

/** Whom a report is about. */
export interface ReportSubject {
  readonly kind: "Tenant" | "SovereignRegion";
  readonly name: string;
}

/** Namespaces whose objects are the subject's own. */
export function namespacesOf({ kind, name }: ReportSubject): readonly string[] {
  if (kind === "Tenant") return places.map((place) => namespaceName(name, place));
  return [names.operatorNamespace, names.identityNamespace];
}

/** Whether an object is for other eyes: it belongs to a tenant, and the report is about another or about the region. */
export function isOfAnother({ kind, name }: ReportSubject, object: Manifest): boolean {
  const tenant = tenantOf(object);
  return tenant !== undefined && (kind === "SovereignRegion" || tenant !== name);
}

function tenantOf({ apiVersion: version, kind, metadata, spec }: Manifest): string | undefined {
  const { name, namespace, labels } = metadata;
  if (namespace !== undefined) return tenantOfNamespace(namespace);
  if (version === "v1" && kind === "Namespace") return tenantOfNamespace(name);
  if (version === apiVersion && kind === "Tenant") return name;
  const { holder } = (spec ?? {}) as { readonly holder?: { readonly name?: string } };
  if (version === apiVersion && kind === "NameClaim") return holder?.name;
  return labels?.[names.tenantLabel];
}

/** The region in which the subject lives, or that it is. */
export function regionOf({ kind, name }: ReportSubject, objects: readonly Manifest[]): Manifest | undefined {
  const find = (wanted: string, called: string | undefined) =>
    objects.find((one) => one.apiVersion === apiVersion && one.kind === wanted && one.metadata.name === called);
  if (kind === "SovereignRegion") return find(kind, name);
  const { regionRef } = (find(kind, name)?.["spec"] ?? {}) as { readonly regionRef?: { readonly name?: string } };
  return find("SovereignRegion", regionRef?.name);
}

/** `Service t-meteo-apps/drive`, as people name it. */
export function objectText({ kind, namespace, name }: Omit<ObjectRef, "apiVersion">): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

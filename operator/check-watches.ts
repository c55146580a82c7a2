import { names } from "../crds/group.ts";
import type { AccessRule } from "../crds/rbac.ts";
import { builtinResourceTypes } from "./kube/builtin-resource-types.ts";
import { keptSource } from "./kept-source.ts";
import type { KubeApi, KubeObject, ListOptions, ResourceType } from "./kube/kube-api.ts";
import { type OptionalKind, type OptionalKinds, optionalKind, type WatchedKind } from "./optional-watches.ts";
import { allReads, asRead, type Part, partsRead } from "./policy/as-read.ts";
import { catalogue } from "./policy/catalogue/catalogue.ts";
import { platformNamespaces } from "./policy/checks/isolation.ts";
import { tenantOfNamespace } from "./policy/checks/tenant-namespace.ts";
import { kindOf } from "./policy/evaluate.ts";
import type { Read } from "./policy/read.ts";
import { LocalCache } from "./runtime/object-cache.ts";
import type { ListWatchSource } from "./runtime/reflector.ts";

/** Kinds that reconcilers watch already: checks look at the same caches. */
const watchedAnyway: ReadonlySet<string> = new Set([
  ...["Tenant", "SovereignRegion", "ModuleDeployment", "NameClaim", "PolicyException", "Attestation"],
  ...["PersistentVolumeClaim", "ResourceQuota", "LimitRange", "Deployment", "StatefulSet", "Job", "CronJob"],
  ...["StorageClass", "Cluster", "HTTPRoute", "Gateway"],
]);
/** Rights and openings count whoever made them, and need not say whose they are: all of them are looked at, and those of no tenant dropped. */
const whoeverMadeThem: ReadonlySet<string> = new Set(["RoleBinding", "NetworkPolicy", "Service", "Ingress"]);
/** Groups of others that a cluster may lack. */
const optionalGroups: readonly string[] = ["cert-manager.io"];

/** One watch that checks alone need: a kind, and where its objects are looked for. */
interface Place {
  readonly type: ResourceType;
  readonly list: ListOptions;
  readonly keeps: (object: KubeObject) => boolean;
  readonly scope: AccessRule["scope"];
}

/** Every place that the reads of the catalogue name and no reconciler watches, each once. */
const places: readonly Place[] = [
  ...Map.groupBy(
    allReads(catalogue).filter(
      (read) => read.named === undefined && read.scope !== "provider" && !isWatchedAnyway(read),
    ),
    kindOf,
  ).values(),
].flatMap((reads) => placesOf(reads));

function isWatchedAnyway({ kind, scope }: Read): boolean {
  return watchedAnyway.has(kind) || (kind === "Namespace" && scope !== "platform");
}

function placesOf(reads: readonly Read[]): readonly Place[] {
  const [first] = reads;
  if (first === undefined) return [];
  const type = builtinResourceTypes.find((one) => kindOf(one) === kindOf(first));
  if (type === undefined)
    throw new Error(`Checks read ${kindOf(first)}, of which nobody knows what it is called in URLs.`);
  const everywhere = { type, keeps: () => true, scope: "cluster" as const };
  if (whoeverMadeThem.has(type.kind)) return [{ ...everywhere, list: {}, keeps: isInScope }];
  return [...new Set(reads.map(({ scope }) => scope))].flatMap((scope): readonly Place[] => {
    if (scope === "tenant") return [{ ...everywhere, list: { labelSelector: names.tenantLabel } }];
    if (scope === "cluster") return [{ ...everywhere, list: {} }];
    if (!type.namespaced)
      return platformNamespaces.map((name) => ({ ...everywhere, list: { fieldSelector: `metadata.name=${name}` } }));
    return platformNamespaces.map((namespace) => ({
      ...everywhere,
      list: { namespace },
      scope: namespace === names.operatorNamespace ? "operatorNamespace" : "identityNamespace",
    }));
  });
}

function isInScope({ metadata }: KubeObject): boolean {
  return tenantOfNamespace(metadata.namespace) !== undefined || platformNamespaces.includes(metadata.namespace ?? "");
}

/** The rights that these watches need, from the same reads. */
export const checkAccess: readonly AccessRule[] = places.map(({ type, scope }) => ({
  scope,
  apiGroup: groupOf(type),
  resources: [type.plural],
  verbs: ["list", "watch"],
  why: "judges them by the checks of the catalogue, and keeps what those read",
}));

/** Definitions of kinds that may be missing, by name. */
export const checkDefinitions: readonly string[] = [
  ...new Set(places.filter(isOptional).map(({ type }) => `${type.plural}.${groupOf(type)}`)),
];

function groupOf({ apiVersion }: Pick<ResourceType, "apiVersion">): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

function isOptional({ type }: Place): boolean {
  return optionalGroups.includes(groupOf(type));
}

/** Watches of what checks alone read. They hold what is read and nothing else: a cluster may have many pods, and roles of many others. */
export function checkWatches(kube: KubeApi): OptionalKinds {
  const parts = partsRead(catalogue);
  const kinds = new Map<string, OptionalKind>();
  const watches = places.map((place): WatchedKind => {
    const source = sourceOf(kube, place, parts.get(kindOf(place.type)) ?? []);
    if (!isOptional(place)) return { name: place.type.kind, cache: new LocalCache<KubeObject>(), source };
    const kind = kinds.get(place.type.kind) ?? optionalKind(kube, place.type.apiVersion, place.type);
    kinds.set(place.type.kind, kind);
    return kind.watched(source);
  });
  return { watches, definitions: [...kinds.values()].map(({ definition }) => definition) };
}

function sourceOf(
  kube: KubeApi,
  { type: { apiVersion, kind }, list, keeps }: Place,
  parts: readonly Part[],
): ListWatchSource<KubeObject> {
  return keptSource(kube, { apiVersion, kind, list }, (object) => {
    if (!keeps(object)) return undefined;
    const { uid, resourceVersion } = object.metadata;
    const read = asRead(object, parts);
    return { ...read, metadata: { ...read.metadata, uid, resourceVersion } };
  });
}

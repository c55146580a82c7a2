import { apiVersion as socleApiVersion, names } from "../crds/group.ts";
import { type ModuleDeployment, parseModuleDeployment } from "../crds/v1alpha1/module-deployment.ts";
import { type NameClaim, parseNameClaim } from "../crds/v1alpha1/name-claim.ts";
import type { Parsed } from "../crds/v1alpha1/parse.ts";
import { parseSovereignRegion, type SovereignRegion } from "../crds/v1alpha1/sovereign-region.ts";
import { parseTenant, type Tenant } from "../crds/v1alpha1/tenant.ts";
import type { KubeApi, KubeObject, ListOptions, ResourceType } from "./kube/kube-api.ts";
import { GuardedCache } from "./reconcile/guarded-cache.ts";
import { moduleOwner } from "./reconcile/workload.ts";
import type { Controller } from "./runtime/controller.ts";
import { type CacheOptions, LocalCache } from "./runtime/object-cache.ts";
import type { Logger } from "./runtime/reconciler.ts";
import type { ListWatchSource } from "./runtime/reflector.ts";
import { priorities } from "./runtime/work-queue.ts";

type TypeName = Pick<ResourceType, "apiVersion" | "kind">;

/** One kind that is watched: its cache and where its objects come from. */
export interface Watched<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly cache: LocalCache<T>;
  readonly source: ListWatchSource<T>;
}

export interface Caches {
  readonly tenants: Watched<Tenant>;
  readonly regions: Watched<SovereignRegion>;
  readonly modules: Watched<ModuleDeployment>;
  readonly claims: Watched<NameClaim>;
  readonly namespaces: Watched;
  /** Objects of tenants as a whole, and those that modules run: a kind may hold both. */
  readonly children: readonly Watched[];
  readonly workloads: readonly Watched[];
  readonly storageClasses: Watched;
  readonly ingressClasses: Watched;
  readonly secrets: Watched;
  readonly configMaps: Watched;
}

const byTenantLabel = (object: KubeObject): readonly string[] => {
  const tenant = object.metadata.labels?.[names.tenantLabel];
  return tenant === undefined ? [] : [tenant];
};
/** What a module runs is the module's: the tenant's reconciler must not take it for something that it no longer wants. */
const ofTenantAlone = (object: KubeObject): readonly string[] =>
  object.metadata.labels?.[names.moduleLabel] === undefined ? byTenantLabel(object) : [];
const ofModule = (object: KubeObject): readonly string[] => {
  const { [names.tenantLabel]: tenant, [names.moduleLabel]: module } = object.metadata.labels ?? {};
  return tenant === undefined || module === undefined ? [] : [moduleOwner(tenant, module).value];
};

/** Every kind that the operator watches. Kinds of others only where they carry our label, or in the operator's own namespace. */
export function createCaches(kube: KubeApi, operatorNamespace: string, log: Logger): Caches {
  const source = <T extends KubeObject>(type: TypeName, options: ListOptions): ListWatchSource<T> => ({
    list: () => kube.list<T>(type, options),
    watch: (from) => kube.watch<T>(type, { ...options, ...from }),
  });
  const watched = (apiVersion: string, kind: string, more: ListOptions & CacheOptions<KubeObject> = {}): Watched => {
    const { indexes, ...options } = more;
    const cache = new LocalCache<KubeObject>(indexes === undefined ? {} : { indexes });
    return { name: kind, cache, source: source({ apiVersion, kind }, options) };
  };
  const guarded = <T extends KubeObject>(
    kind: string,
    parse: (object: unknown) => Parsed<T>,
    options: CacheOptions<T> = {},
  ): Watched<T> => ({
    name: kind,
    cache: new GuardedCache<T>({ ...options, parse, log }),
    source: source<T>({ apiVersion: socleApiVersion, kind }, {}),
  });
  const ours = {
    labelSelector: `${names.managedByLabel}=${names.managedBy},${names.tenantLabel}`,
    indexes: { tenant: ofTenantAlone, module: ofModule },
  };
  const networkPolicies = watched("networking.k8s.io/v1", "NetworkPolicy", ours);
  return {
    tenants: guarded<Tenant>("Tenant", parseTenant),
    regions: guarded<SovereignRegion>("SovereignRegion", parseSovereignRegion),
    modules: guarded<ModuleDeployment>("ModuleDeployment", parseModuleDeployment, {
      indexes: { tenant: (module) => [module.spec.tenantRef.name] },
    }),
    claims: guarded<NameClaim>("NameClaim", parseNameClaim, {
      indexes: { tenant: (claim) => [claim.spec.holder.name] },
    }),
    namespaces: watched("v1", "Namespace", { labelSelector: names.tenantLabel, indexes: { tenant: byTenantLabel } }),
    children: [
      watched("v1", "ResourceQuota", ours),
      watched("v1", "LimitRange", ours),
      networkPolicies,
      watched("rbac.authorization.k8s.io/v1", "RoleBinding", ours),
    ],
    workloads: [
      networkPolicies,
      watched("v1", "PersistentVolumeClaim", ours),
      watched("v1", "Service", ours),
      watched("apps/v1", "StatefulSet", ours),
    ],
    storageClasses: watched("storage.k8s.io/v1", "StorageClass"),
    ingressClasses: watched("networking.k8s.io/v1", "IngressClass"),
    secrets: watched("v1", "Secret", { namespace: operatorNamespace }),
    configMaps: watched("v1", "ConfigMap", { namespace: operatorNamespace }),
  };
}

export function allWatched(caches: Caches): readonly Watched[] {
  const { children, workloads, ...single } = caches;
  return [...new Set([...(Object.values(single) as unknown as Watched[]), ...children, ...workloads])];
}

export interface Controllers {
  readonly region: Controller;
  readonly tenant: Controller;
  readonly module: Controller;
  readonly claim: Controller;
}

/** Did anything change that a reconcile of the object itself reads? Its own status writes did not. */
function askedFor(after: KubeObject | undefined, before: KubeObject | undefined): boolean {
  if (after === undefined || before === undefined) return true;
  const { metadata: left } = after;
  const { metadata: right } = before;
  const texts = (metadata: KubeObject["metadata"]): string =>
    JSON.stringify([
      metadata.uid,
      metadata.generation,
      metadata.deletionTimestamp,
      metadata.annotations,
      metadata.labels,
      metadata.finalizers,
    ]);
  return texts(left) !== texts(right);
}

interface Conditioned {
  readonly status?:
    | {
        readonly observedGeneration?: number | undefined;
        readonly conditions?: readonly { type: string; status: string; reason: string; message: string }[] | undefined;
      }
    | undefined;
}

/** What others read of a status: its conditions, and for which generation they hold. */
const readyText = (object: Conditioned | undefined): string =>
  JSON.stringify([
    object?.status?.observedGeneration,
    (object?.status?.conditions ?? []).map(({ type, status, reason, message }) => [type, status, reason, message]),
  ]);

/** The part of controllers that takes keys. */
export type Queues = Readonly<Record<keyof Controllers, Pick<Controller, "enqueue">>>;

/** Which keys each change concerns. The queue takes keys; what happened is read again. */
export function connect(caches: Caches, controllers: Queues): void {
  const { region, tenant, module, claim } = controllers;
  const modulesOf = (name: string): void => {
    for (const one of caches.modules.cache.byIndex("tenant", name)) module.enqueue(keyOf(one));
  };
  caches.tenants.cache.onChange((after, before) => {
    const one = after ?? before;
    if (one === undefined) return;
    if (askedFor(after, before)) tenant.enqueue({ name: one.metadata.name }, priorities.user);
    if (askedFor(after, before) || readyText(after) !== readyText(before)) {
      modulesOf(one.metadata.name);
      region.enqueue({ name: one.spec.regionRef.name }, priorities.resync);
    }
    if (after === undefined)
      for (const held of caches.claims.cache.byIndex("tenant", one.metadata.name))
        claim.enqueue({ name: held.metadata.name });
  });
  caches.regions.cache.onChange((after, before) => {
    const one = after ?? before;
    if (one === undefined) return;
    if (!askedFor(after, before)) return;
    region.enqueue({ name: one.metadata.name }, priorities.user);
    for (const other of caches.tenants.cache.list().filter((each) => each.spec.regionRef.name === one.metadata.name)) {
      tenant.enqueue({ name: other.metadata.name });
      modulesOf(other.metadata.name);
    }
  });
  caches.modules.cache.onChange((after, before) => {
    const one = after ?? before;
    if (one === undefined) return;
    if (askedFor(after, before)) module.enqueue(keyOf(one), priorities.user);
    if (askedFor(after, before) || readyText(after) !== readyText(before))
      tenant.enqueue({ name: one.spec.tenantRef.name });
    // A module that ends may be what another waits for.
    if (after === undefined) modulesOf(one.spec.tenantRef.name);
  });
  caches.claims.cache.onChange((after, before) => {
    const one = after ?? before;
    if (one === undefined) return;
    claim.enqueue({ name: one.metadata.name }, priorities.resync);
    // A name that became free may be what a waiting tenant wants; those who hold theirs settle without a request.
    if (after === undefined)
      for (const waiting of caches.tenants.cache.list())
        tenant.enqueue({ name: waiting.metadata.name }, priorities.resync);
  });
  for (const { cache } of [caches.namespaces, ...caches.children]) {
    cache.onChange((after, before) => {
      const [name] = ofTenantAlone((after ?? before) as KubeObject);
      if (name !== undefined && (after === undefined || before === undefined || contentOf(after) !== contentOf(before)))
        tenant.enqueue({ name });
    });
  }
  connectWorkloads(caches, controllers);
  connectSurroundings(caches, controllers);
}

/** A change of what a module runs, its roll-out included, concerns that module. */
function connectWorkloads(caches: Caches, { module }: Queues): void {
  for (const { cache } of caches.workloads) {
    cache.onChange((after, before) => {
      const { [names.tenantLabel]: tenant, [names.moduleLabel]: name } = (after ?? before)?.metadata.labels ?? {};
      if (tenant === undefined || name === undefined) return;
      const same = after !== undefined && before !== undefined && contentOf(after) === contentOf(before);
      if (same && JSON.stringify(after["status"]) === JSON.stringify(before["status"])) return;
      for (const one of caches.modules.cache.byIndex("tenant", tenant))
        if (one.spec.module === name) module.enqueue(keyOf(one));
    });
  }
}

/** What regions and modules are judged by, and nobody reconciles. */
function connectSurroundings(caches: Caches, { region, module }: Queues): void {
  for (const { cache } of [
    caches.storageClasses,
    caches.ingressClasses,
    caches.secrets,
    caches.configMaps,
  ] as readonly Watched[]) {
    cache.onChange((after, before) => {
      if (after !== undefined && before !== undefined && contentOf(after) === contentOf(before)) return;
      for (const one of caches.regions.cache.list()) region.enqueue({ name: one.metadata.name });
      for (const one of caches.modules.cache.list()) if (!isReady(one)) module.enqueue(keyOf(one));
    });
  }
}

function isReady(module: ModuleDeployment): boolean {
  return (
    module.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false
  );
}

/** Everything but versions and status: a quota's status changes with each pod. */
function contentOf(object: KubeObject): string {
  const { status: _status, metadata, ...rest } = object;
  const { resourceVersion: _version, ...stable } = metadata;
  return JSON.stringify([rest, stable]);
}

function keyOf(object: { readonly metadata: { readonly name: string; readonly namespace?: string } }): {
  name: string;
  namespace?: string;
} {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? { name } : { name, namespace };
}

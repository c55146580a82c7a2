import { isDeepStrictEqual } from "node:util";
import { apiVersion as socleApiVersion, names } from "../crds/group.ts";
import { type ModuleDeployment, parseModuleDeployment } from "../crds/v1alpha1/module-deployment.ts";
import { type NameClaim, parseNameClaim } from "../crds/v1alpha1/name-claim.ts";
import type { Parsed } from "../crds/v1alpha1/parse.ts";
import { parseTenantIdentityProvider, type TenantIdentityProvider } from "../crds/v1alpha1/tenant-identity-provider.ts";
import { parseSovereignRegion, type SovereignRegion } from "../crds/v1alpha1/sovereign-region.ts";
import { parseTenant, type Tenant } from "../crds/v1alpha1/tenant.ts";
import type { KubeApi, KubeObject, ListOptions, ResourceType } from "./kube/kube-api.ts";
import { optionalWatches } from "./optional-watches.ts";
import { isTrue } from "./reconcile/conditions.ts";
import { GuardedCache } from "./reconcile/guarded-cache.ts";
import { isAdmitted } from "./reconcile/region-admission.ts";
import { moduleOwner, regionOwner } from "./reconcile/workload.ts";
import type { Controller } from "./runtime/controller.ts";
import { type CacheOptions, LocalCache } from "./runtime/object-cache.ts";
import { OptionalCache } from "./runtime/optional-kind.ts";
import type { Logger } from "./runtime/reconciler.ts";
import type { ListWatchSource } from "./runtime/reflector.ts";
import { priorities } from "./runtime/work-queue.ts";
import type { HomeSecrets } from "./systems/home-secrets.ts";

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
  readonly identityProviders: Watched<TenantIdentityProvider>;
  readonly namespaces: Watched;
  /** Objects of tenants as a whole, and those that modules run: a kind may hold both. */
  readonly children: readonly Watched[];
  readonly workloads: readonly Watched[];
  /** Of tenants' modules; among the workloads too. */
  readonly ingresses: Watched;
  readonly routes: Watched;
  /** In the operator's namespace, by which regions publish. */
  readonly gateways: Watched;
  /** Definitions of kinds that may be missing. */
  readonly definitions: readonly Watched[];
  /** The addresses behind the Service of the API server, in one object. */
  readonly apiServers: Watched;
  readonly storageClasses: Watched;
  readonly ingressClasses: Watched;
  readonly secrets: Watched;
  readonly configMaps: Watched;
  /** What regions run in the identity namespace, and the Secrets there. */
  readonly identity: readonly Watched[];
  readonly identitySecrets: Watched;
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

/** The Service of the API server has one name in every cluster, and so has what says where it leads. */
const ofApiServer: ListOptions = { namespace: "default", fieldSelector: "metadata.name=kubernetes" };

/** Kinds of ours, which are let in only as their types promise. */
function ownKinds(
  kube: KubeApi,
  log: Logger,
): Pick<Caches, "tenants" | "regions" | "modules" | "claims" | "identityProviders"> {
  const guarded = <T extends KubeObject>(
    kind: string,
    parse: (object: unknown) => Parsed<T>,
    options: CacheOptions<T> = {},
  ): Watched<T> => ({
    name: kind,
    cache: new GuardedCache<T>({ ...options, parse, log }),
    source: sourceOf<T>(kube, { apiVersion: socleApiVersion, kind }),
  });
  return {
    tenants: guarded<Tenant>("Tenant", parseTenant),
    regions: guarded<SovereignRegion>("SovereignRegion", parseSovereignRegion),
    modules: guarded<ModuleDeployment>("ModuleDeployment", parseModuleDeployment, {
      indexes: { tenant: (module) => [module.spec.tenantRef.name] },
    }),
    claims: guarded<NameClaim>("NameClaim", parseNameClaim, {
      indexes: { tenant: (claim) => [claim.spec.holder.name] },
    }),
    identityProviders: guarded<TenantIdentityProvider>("TenantIdentityProvider", parseTenantIdentityProvider, {
      indexes: { tenant: ({ spec }) => [spec.tenantRef.name], home: ({ metadata }) => [metadata.namespace ?? ""] },
    }),
  };
}

function sourceOf<T extends KubeObject>(kube: KubeApi, type: TypeName, options: ListOptions = {}): ListWatchSource<T> {
  return {
    list: () => kube.list<T>(type, options),
    watch: (from) => kube.watch<T>(type, { ...options, ...from }),
  };
}

/** Every kind that the operator watches. Kinds of others only where they carry our label, or in the operator's own namespace. */
export function createCaches(kube: KubeApi, operatorNamespace: string, log: Logger): Caches {
  const watched = (apiVersion: string, kind: string, more: ListOptions & CacheOptions<KubeObject> = {}): Watched => {
    const { indexes, ...options } = more;
    const cache = new LocalCache<KubeObject>(indexes === undefined ? {} : { indexes });
    return { name: kind, cache, source: sourceOf(kube, { apiVersion, kind }, options) };
  };
  const ours = {
    labelSelector: `${names.managedByLabel}=${names.managedBy},${names.tenantLabel}`,
    indexes: { tenant: ofTenantAlone, module: ofModule },
  };
  const networkPolicies = watched("networking.k8s.io/v1", "NetworkPolicy", ours);
  const ingresses = watched("networking.k8s.io/v1", "Ingress", ours);
  const optional = optionalWatches(kube, {
    tenants: ours,
    regions: ofRegions,
    gateways: { namespace: operatorNamespace },
  });
  return {
    ...ownKinds(kube, log),
    namespaces: watched("v1", "Namespace", { labelSelector: names.tenantLabel, indexes: { tenant: byTenantLabel } }),
    children: [
      watched("v1", "ResourceQuota", ours),
      watched("v1", "LimitRange", ours),
      networkPolicies,
      watched("rbac.authorization.k8s.io/v1", "RoleBinding", ours),
    ],
    workloads: [
      networkPolicies,
      ingresses,
      // Whoever made it: volumes of a Cluster are made by its operator, and carry the label of the tenant too.
      watched("v1", "PersistentVolumeClaim", { ...ours, labelSelector: names.tenantLabel }),
      ...workloadTypes.map(([version, kind]) => watched(version, kind, ours)),
      ...optional.clusters,
      optional.routes,
    ],
    ingresses,
    routes: optional.routes,
    gateways: optional.gateways,
    definitions: optional.definitions,
    apiServers: watched("discovery.k8s.io/v1", "EndpointSlice", ofApiServer),
    storageClasses: watched("storage.k8s.io/v1", "StorageClass"),
    ingressClasses: watched("networking.k8s.io/v1", "IngressClass"),
    secrets: watched("v1", "Secret", { namespace: operatorNamespace }),
    configMaps: watched("v1", "ConfigMap", { namespace: operatorNamespace }),
    identity: [...identityTypes.map(([version, kind]) => watched(version, kind, ofRegions)), ...optional.ofRegions],
    identitySecrets: watched("v1", "Secret", { namespace: names.identityNamespace }),
  };
}

/** What modules run, beside what is watched for other reasons too. */
const workloadTypes = [
  ["v1", "Service"],
  ["apps/v1", "StatefulSet"],
  ["apps/v1", "Deployment"],
  ["batch/v1", "Job"],
  ["batch/v1", "CronJob"],
] as const;

/** What a region runs: watched in one namespace, so that nothing of others is seen. */
const identityTypes = [
  ["v1", "PersistentVolumeClaim"],
  ["v1", "Service"],
  ["apps/v1", "StatefulSet"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["networking.k8s.io/v1", "Ingress"],
  ["policy/v1", "PodDisruptionBudget"],
] as const;
const ofRegions = {
  namespace: names.identityNamespace,
  labelSelector: `${names.managedByLabel}=${names.managedBy},${names.regionLabel}`,
  indexes: {
    region: ({ metadata }: KubeObject): readonly string[] => {
      const { [names.regionLabel]: region, [names.moduleLabel]: module } = metadata.labels ?? {};
      return region === undefined || module === undefined ? [] : [regionOwner(region, module).value];
    },
  },
};

export function allWatched(caches: Caches): readonly Watched[] {
  const { children, workloads, definitions, identity, ...single } = caches;
  const lists = [...definitions, ...children, ...workloads, ...identity];
  return [...new Set([...(Object.values(single) as unknown as Watched[]), ...lists])];
}

/** Is there nothing left to wait for? A kind that the cluster lacks has nothing to be listed. */
export function isSynced({ cache }: Pick<Watched, "cache">): boolean {
  return cache.hasSynced || (cache instanceof OptionalCache && cache.isAbsent);
}

export interface Controllers {
  readonly region: Controller;
  readonly tenant: Controller;
  readonly module: Controller;
  readonly claim: Controller;
  readonly identityProvider: Controller;
}

/** Did anything change that a reconcile of the object itself reads? Its own status writes did not. */
function askedFor(after: KubeObject | undefined, before: KubeObject | undefined): boolean {
  return differ(after, before, ({ metadata }) => [...wishOf({ metadata }), metadata.finalizers]);
}

/** What others read of an object besides its status. */
const wishOf = ({ metadata }: Pick<KubeObject, "metadata">): unknown[] => [
  metadata.uid,
  metadata.generation,
  metadata.deletionTimestamp,
  metadata.annotations,
  metadata.labels,
];

/** Did what somebody reads of an object change? What came or went always did. */
function differ<T extends KubeObject>(
  after: T | undefined,
  before: T | undefined,
  read: (object: T) => readonly unknown[],
): boolean {
  if (after === undefined || before === undefined) return true;
  return !isDeepStrictEqual(read(after), read(before));
}

/** What a region reads of a tenant: its wish, and whether it has its place. */
const readByRegion = (tenant: Tenant): unknown[] => [...wishOf(tenant), isAdmitted(tenant)];

/** What a module reads of its tenant: its wish, and whether it is isolated. */
const readByModule = (tenant: Tenant): unknown[] => [
  ...wishOf(tenant),
  isTrue(tenant.status?.conditions, "IsolationReady"),
];

/** What a tenant reads of a module: its wish, and what its status says of it as a whole. */
function readByTenant(module: ModuleDeployment): unknown[] {
  const { observedGeneration, url, version, endpoints } = module.status ?? {};
  return [...wishOf(module), observedGeneration, url, version, endpoints, readyOf(module)];
}

/** What a provider reads of the module whose realm trusts it: its wish, and whether the realm stands. */
const readByIdentityProvider = (module: ModuleDeployment): unknown[] => [
  ...wishOf(module),
  isTrue(module.status?.conditions, "SSOReady"),
];

/** Without the time, which says nothing new. */
function readyOf(module: ModuleDeployment): unknown[] {
  const ready = module.status?.conditions?.find((condition) => condition.type === "Ready");
  return [ready?.status, ready?.reason, ready?.message];
}

/** A region's counts are for people: while tenants come by the hundred, one look a second says enough. */
const regionPauseMs = 1_000;

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
    if (differ(after, before, readByModule)) modulesOf(one.metadata.name);
    if (differ(after, before, readByRegion))
      region.enqueue({ name: one.spec.regionRef.name }, priorities.resync, regionPauseMs);
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
  caches.modules.cache.onChange((after, before, ours) => {
    const one = after ?? before;
    if (one === undefined) return;
    if (askedFor(after, before)) module.enqueue(keyOf(one), priorities.user);
    // The tenant that made it knows that it is there, and is told as soon as the module has something to say.
    const justMade = ours && before === undefined && after?.status === undefined;
    if (!justMade && differ(after, before, readByTenant)) tenant.enqueue({ name: one.spec.tenantRef.name });
    // A module that ends, or begins or ceases to work, may be what another waits for.
    if (after === undefined || (before !== undefined && isReady(after) !== isReady(before)))
      modulesOf(one.spec.tenantRef.name);
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
    cache.onChange((after, before, ours) => {
      // Written by the tenant's own reconcile, which looks at what it wrote before it ends.
      if (ours) return;
      const [name] = ofTenantAlone((after ?? before) as KubeObject);
      if (name !== undefined && changed(after, before)) tenant.enqueue({ name });
    });
  }
  connectIdentityProviders(caches, controllers);
  connectWorkloads(caches, controllers);
  connectSurroundings(caches, controllers);
  connectGateways(caches, controllers);
  connectIdentity(caches, controllers);
  connectCluster(caches, controllers);
}

/** What a provider reads: itself, its rivals, its tenant, its region, the module whose realm trusts it. */
function connectIdentityProviders(caches: Caches, { identityProvider }: Queues): void {
  const { cache } = caches.identityProviders;
  const ofTenant = (name: string): void => {
    for (const one of cache.byIndex("tenant", name)) identityProvider.enqueue(keyOf(one));
  };
  cache.onChange((after, before) => {
    const one = after ?? before;
    if (one === undefined) return;
    if (askedFor(after, before)) identityProvider.enqueue(keyOf(one), priorities.user);
    // A name that another one held may be free now.
    if (after === undefined || after.metadata.generation !== before?.metadata.generation)
      ofTenant(one.spec.tenantRef.name);
  });
  caches.tenants.cache.onChange((after, before) => {
    const one = after ?? before;
    if (one !== undefined && differ(after, before, wishOf)) ofTenant(one.metadata.name);
  });
  caches.modules.cache.onChange((after, before) => {
    const one = after ?? before;
    if (one?.spec.module !== "Keycloak" || !differ(after, before, readByIdentityProvider)) return;
    ofTenant(one.spec.tenantRef.name);
  });
  const ofRegion = (name: string): void => {
    const tenants = caches.tenants.cache.list().filter(({ spec }) => spec.regionRef.name === name);
    for (const one of tenants) ofTenant(one.metadata.name);
  };
  caches.regions.cache.onChange((after, before) => {
    const one = after ?? before;
    if (one !== undefined && askedFor(after, before)) ofRegion(one.metadata.name);
  });
}

/** The Secrets of a home namespace concern the providers there. */
export function connectHomeSecrets(
  caches: Pick<Caches, "identityProviders">,
  { identityProvider }: Pick<Queues, "identityProvider">,
  homeSecrets: Pick<HomeSecrets, "onChange">,
): void {
  homeSecrets.onChange((namespace) => {
    for (const one of caches.identityProviders.cache.byIndex("home", namespace))
      identityProvider.enqueue(keyOf(one), priorities.user);
  });
}

/** A change of what a module runs, its roll-out included, concerns that module. Where a host is served is told by the tenant. */
function connectWorkloads(caches: Caches, { module, tenant: tenants }: Queues): void {
  for (const { cache } of [caches.ingresses, caches.routes])
    cache.onChange((after, before) => {
      const tenant = (after ?? before)?.metadata.labels?.[names.tenantLabel];
      if (tenant !== undefined && differ(after, before, ({ status, spec }) => [status, spec]))
        tenants.enqueue({ name: tenant });
    });
  for (const { cache } of caches.workloads) {
    cache.onChange((after, before) => {
      const { [names.tenantLabel]: tenant, [names.moduleLabel]: name } = (after ?? before)?.metadata.labels ?? {};
      if (tenant === undefined || name === undefined) return;
      if (!changed(after, before) && isDeepStrictEqual(after?.["status"], before?.["status"])) return;
      for (const one of caches.modules.cache.byIndex("tenant", tenant))
        if (one.spec.module === name) module.enqueue(keyOf(one));
    });
  }
}

/** What a Gateway has and where it is served concerns the regions that publish by it, and the records of their tenants. */
function connectGateways(caches: Caches, { region: regions, tenant: tenants }: Queues): void {
  caches.gateways.cache.onChange((after, before) => {
    const gateway = after ?? before;
    if (gateway === undefined || !differ(after, before, ({ status, spec }) => [status, spec])) return;
    const concerned = caches.regions.cache
      .list()
      .filter(({ spec }) => spec.ingress.gatewayRef?.name === gateway.metadata.name)
      .map(({ metadata }) => metadata.name);
    for (const name of concerned) regions.enqueue({ name });
    for (const { spec, metadata } of caches.tenants.cache.list())
      if (concerned.includes(spec.regionRef.name)) tenants.enqueue({ name: metadata.name });
  });
}

/** A change of what a region runs, its roll-out included, concerns that region; its accounts concern the modules that wait for them. */
function connectIdentity(caches: Caches, { region, module }: Queues): void {
  for (const { cache } of [...caches.identity, caches.identitySecrets]) {
    cache.onChange((after, before) => {
      const name = (after ?? before)?.metadata.labels?.[names.regionLabel];
      if (name === undefined) return;
      if (!changed(after, before) && isDeepStrictEqual(after?.["status"], before?.["status"])) return;
      region.enqueue({ name });
    });
  }
  caches.identitySecrets.cache.onChange((after, before) => {
    if (!changed(after, before)) return;
    for (const one of caches.modules.cache.list()) if (!isContent(one)) module.enqueue(keyOf(one));
  });
}

/** What modules of every tenant are made with: kinds that come and go, and where the API server is. */
function connectCluster(caches: Caches, { module, region }: Queues): void {
  const all = (): void => {
    for (const one of caches.modules.cache.list()) module.enqueue(keyOf(one));
    for (const one of caches.regions.cache.list()) region.enqueue(keyOf(one));
  };
  for (const { cache } of [...caches.workloads, ...caches.identity])
    if (cache instanceof OptionalCache) cache.onAvailability(all);
  caches.apiServers.cache.onChange((after, before) => {
    if (changed(after, before)) all();
  });
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
      if (!changed(after, before)) return;
      for (const one of caches.regions.cache.list()) region.enqueue({ name: one.metadata.name });
      for (const one of caches.modules.cache.list()) if (!isContent(one)) module.enqueue(keyOf(one));
    });
  }
}

/** Ready, and not in want of something that its surroundings deny it, such as a class whose volumes grow. */
function isContent(module: ModuleDeployment): boolean {
  const outdated = (module.status?.conditions ?? []).some(
    ({ type, status }) => type === "UpToDate" && status === "False",
  );
  return isReady(module) && !outdated;
}

function isReady(module: ModuleDeployment): boolean {
  return isTrue(module.status?.conditions, "Ready");
}

/** Did anything but versions and status change? A quota's status changes with each pod. */
function changed(after: KubeObject | undefined, before: KubeObject | undefined): boolean {
  return differ(after, before, ({ status: _status, metadata, ...rest }) => {
    const { resourceVersion: _version, ...stable } = metadata;
    return [rest, stable];
  });
}

function keyOf(object: { readonly metadata: { readonly name: string; readonly namespace?: string } }): {
  name: string;
  namespace?: string;
} {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? { name } : { name, namespace };
}

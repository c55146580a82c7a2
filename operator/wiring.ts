import { isDeepStrictEqual } from "node:util";
import { names } from "../crds/group.ts";
import type { ConditionType } from "../crds/v1alpha1/conditions.ts";
import type { ModuleDeployment } from "../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../crds/v1alpha1/tenant.ts";
import { type Caches, ofTenantAlone, type Watched } from "./caches.ts";
import type { KubeObject } from "./kube/kube-api.ts";
import { isTrue } from "./reconcile/conditions.ts";
import { isAdmitted } from "./reconcile/region-admission.ts";
import type { Controller } from "./runtime/controller.ts";
import { OptionalCache } from "./runtime/optional-kind.ts";
import { priorities } from "./runtime/work-queue.ts";
import type { HomeSecrets } from "./systems/home-secrets.ts";

export interface Controllers {
  readonly region: Controller;
  readonly tenant: Controller;
  readonly module: Controller;
  readonly claim: Controller;
  readonly identityProvider: Controller;
  readonly exception: Controller;
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

/** Does the Keycloak of a region answer that did not before? Who failed without it for long would ask again after minutes only. */
function isBack(after: SovereignRegion | undefined, before: SovereignRegion | undefined): boolean {
  const answers = (region: SovereignRegion | undefined, type: ConditionType): boolean =>
    isTrue(region?.status?.conditions, type);
  return (["Reachable", "IdentityReady"] as const).some((type) => answers(after, type) && !answers(before, type));
}

/** Ready is not reachable at once: a Service has the new address a moment later. */
const reachableAfterMs = 2_000;

/** What failed for want of the region's Keycloak is tried anew. */
function retryModules(caches: Caches, module: Pick<Controller, "enqueueAfresh">, region: string): void {
  for (const tenant of caches.tenants.cache.list().filter(({ spec }) => spec.regionRef.name === region))
    for (const one of caches.modules.cache.byIndex("tenant", tenant.metadata.name))
      module.enqueueAfresh(keyOf(one), reachableAfterMs);
}

/** A region's counts are for people: while tenants come by the hundred, one look a second says enough. */
const regionPauseMs = 1_000;

/** The part of controllers that takes keys. */
export type Queues = Readonly<Record<keyof Controllers, Pick<Controller, "enqueue" | "enqueueAfresh">>>;

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
    if (isBack(after, before)) retryModules(caches, module, one.metadata.name);
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
  connectExceptions(caches, controllers);
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
    if (one !== undefined && (askedFor(after, before) || isBack(after, before))) ofRegion(one.metadata.name);
  });
}

/** An exception is read by nobody but itself here; the clock does the rest. */
function connectExceptions(caches: Caches, { exception }: Queues): void {
  caches.exceptions.cache.onChange((after, before) => {
    const one = after ?? before;
    if (one !== undefined && askedFor(after, before)) exception.enqueue(keyOf(one), priorities.user);
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
      // Also where nobody looks at the region any more, as it is to be deleted once its tenants are gone.
      if (readyPods(after) > 0 && readyPods(before) === 0) retryModules(caches, module, name);
    });
  }
  caches.identitySecrets.cache.onChange((after, before) => {
    if (!changed(after, before)) return;
    for (const one of caches.modules.cache.list()) if (!isContent(one)) module.enqueue(keyOf(one));
  });
}

/** Of a StatefulSet that a region runs; of anything else none. */
function readyPods(object: KubeObject | undefined): number {
  const { readyReplicas = 0 } = (object?.["status"] ?? {}) as { readonly readyReplicas?: number };
  return object?.kind === "StatefulSet" ? readyReplicas : 0;
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
    caches.issuers,
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

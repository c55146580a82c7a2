import type { Caches } from "./caches.ts";
import { isOnboarded } from "./controllers/tenant/status.ts";
import type { KubeObject } from "./kube/kube-api.ts";
import type { CheckedWorld } from "./policy/checked-world.ts";
import { ownerOfReport } from "./report-watches.ts";
import type { Controller } from "./runtime/controller.ts";
import type { LocalCache } from "./runtime/object-cache.ts";
import { priorities } from "./runtime/work-queue.ts";

type Queue = Pick<Controller, "enqueue">;

/** What judges, and what is told of it. */
export interface Judging {
  readonly world: Pick<CheckedWorld, "put" | "remove" | "onChange">;
  readonly tenants: Queue;
  readonly tenantReports: Queue;
  readonly regionReports: Queue;
}

/** Changes come in bursts: one look after them says what each would have said. */
const pauseMs = 5_000;
/** While a tenant is being made, what is missing is what everybody expects. */
const pauseWhileMadeMs = 60_000;

/** Each kind comes from one watch: two of them would tell of the same object at different times. */
function fedBy(caches: Caches): readonly LocalCache<KubeObject>[] {
  const elsewhere = new Set(caches.checked.map(({ name }) => name));
  const own = [
    caches.tenants,
    caches.regions,
    caches.modules,
    caches.claims,
    caches.namespaces,
    caches.storageClasses,
    caches.gateways,
    caches.exceptions,
    caches.attestations,
  ];
  const some = [...caches.children, ...caches.workloads].filter(({ name }) => !elsewhere.has(name));
  const all = [...own, ...some, ...caches.checked] as readonly { readonly cache: LocalCache<KubeObject> }[];
  return [...new Set(all.map(({ cache }) => cache))];
}

/** What the watches tell is what checks judge. Who holds reports is told when there is something to judge again. */
export function connectChecks(caches: Caches, { world, tenants, tenantReports, regionReports }: Judging): void {
  const ofTenant = (name: string): void => {
    const tenant = caches.tenants.cache.get({ name });
    const isMade = tenant !== undefined && !isOnboarded(tenant);
    tenantReports.enqueue({ name }, priorities.resync, isMade ? pauseWhileMadeMs : pauseMs);
    const ready = tenant?.status?.conditions?.find(({ type }) => type === "Ready");
    if (isMade && ready?.reason === "ControlFailed") tenants.enqueue({ name });
  };
  /** What changed for one tenant may change what is said of the platform; what belongs to none, what is said of all. */
  const concerning = (tenant: string | undefined): void => {
    const all = caches.tenants.cache.list().map(({ metadata }) => metadata.name);
    for (const name of tenant === undefined ? all : [tenant]) ofTenant(name);
    for (const { metadata } of caches.regions.cache.list())
      regionReports.enqueue({ name: metadata.name }, priorities.resync, pauseMs);
  };
  world.onChange(concerning);
  for (const cache of fedBy(caches))
    cache.onChange((after, before) => {
      if (after !== undefined) world.put(after);
      else if (before !== undefined) world.remove(before);
    });
  // A region that is gone is in no list of regions, and its reports have to go with it.
  caches.regions.cache.onChange((after, before) => {
    if (after === undefined && before !== undefined) regionReports.enqueue({ name: before.metadata.name });
  });
  // Somebody changed or removed a report: it is written again.
  for (const { cache, queue } of [
    { cache: caches.reports.cache, queue: tenantReports },
    { cache: caches.clusterReports.cache, queue: regionReports },
  ]) {
    cache.onAvailability(() => {
      concerning(undefined);
    });
    cache.onChange((after, before, ours) => {
      const report = after ?? before;
      if (ours || report === undefined || after?.remembered.digest === before?.remembered.digest) return;
      queue.enqueue({ name: ownerOfReport(report) }, priorities.resync, pauseMs);
    });
  }
}

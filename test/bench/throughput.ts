import { operatorUser } from "../support/installation.ts";
import { type AuditedRequest, isWork, isWrite, kindOfRequest, secondsOf } from "./audit-tail.ts";
import type { Figure, Results } from "./figures.ts";
import type { Floor } from "./floor.ts";
import { tenantManifest } from "./objects.ts";
import type { MeasuredOperator } from "./operator-process.ts";
import { memoryOf } from "./processes.ts";
import { tally } from "./statistics.ts";
import { allReady, callsAtATime, inFlight, type World } from "./world.ts";

/** Reconciled objects of one tenant of the bench: the Tenant and its two modules. */
const reconciled = 3;

/** What was seen while tenants came to be; the floor to judge it by is measured before and after. */
export interface Throughput {
  readonly tenants: number;
  readonly requests: readonly AuditedRequest[];
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly others: number;
  readonly cpu: string;
  readonly memory: {
    readonly beforeMB: number;
    readonly afterMB: number;
    readonly peakMB: number;
    readonly heapMB: number;
  };
  readonly reconciles: ReadonlyMap<string, number>;
}

/** All tenants at once, from nothing to Ready. */
export async function tenantsToReady(world: World, operator: MeasuredOperator, tenants: number): Promise<Throughput> {
  await operator.settled();
  world.audit.read();
  const before = await operator.counts();
  const beforeMB = memoryOf(operator.pid).residentMB;
  const meter = world.meter(operator);
  const started = Date.now();
  const manifests = Array.from({ length: tenants }, (_, index) => tenantManifest(index));
  await inFlight(manifests, (manifest) => world.admin.create(manifest));
  const wallSeconds = ((await allReady(world.tenants, tenants, 1_800_000)) - started) / 1000;
  const [cpu, others] = [meter.text(), meter.others()];
  await operator.settled();
  const cpuSeconds = meter.seconds().get("operator") ?? 0;
  const after = await operator.counts();
  const { residentMB: afterMB, peakMB } = memoryOf(operator.pid);
  return {
    tenants,
    requests: world.audit.read().filter((request) => isWork(request) && request.user.username === operatorUser),
    wallSeconds,
    cpuSeconds,
    others,
    cpu,
    memory: { beforeMB, afterMB, peakMB, heapMB: after.heapMB },
    reconciles: new Map([...after.reconciles].map(([key, count]) => [key, count - (before.reconciles.get(key) ?? 0)])),
  };
}

/** Tables of what was asked of the API server and how often each controller looked. */
export function throughputTables(seen: Throughput): Results["details"] {
  const { tenants, requests, reconciles } = seen;
  const row = ([what, count]: readonly [string, number]): string[] => [
    what,
    String(count),
    (count / tenants).toFixed(2),
  ];
  return [
    {
      title: `Requests of the operator, ${tenants} tenants to Ready`,
      rows: [["request", "count", "per tenant"], ...[...tally(requests.map(kindOfRequest))].map(row)],
    },
    {
      title: `Reconciles, ${tenants} tenants to Ready`,
      rows: [["reconciles", "count", "per tenant"], ...[...reconciles].filter(([, count]) => count > 0).map(row)],
    },
  ];
}

/** The floor may move by this factor between its two measurements before a ratio to it says nothing. */
const steady = 1.5;

export function throughputFigures(seen: Throughput, floors: readonly [Floor, Floor]): Figure[] {
  const { tenants, requests, wallSeconds, cpuSeconds, others, memory } = seen;
  const of = `${tenants} tenants to Ready`;
  const writes = requests.filter(isWrite);
  const rate = writes.length / wallSeconds;
  const rates = floors.map(({ writesPerSecond }) => writesPerSecond);
  const floor = (Math.min(...rates) + Math.max(...rates)) / 2;
  const children = childrenOf(requests) / tenants;
  const rawMs = (floors[0].clientMsPerWrite + floors[1].clientMsPerWrite) / 2;
  return [
    { of, name: "wall time", value: wallSeconds, unit: "s", note: seen.cpu },
    {
      of,
      name: "rate",
      value: tenants / wallSeconds,
      unit: "tenants/s",
      goal: { atLeast: 1000 / 150, about: "at 1,000 tenants" },
      others,
    },
    {
      of,
      name: "writes, of the floor",
      value: (100 * rate) / floor,
      unit: "%",
      goal: { atLeast: 60 },
      unsteady: Math.max(...rates) > steady * Math.min(...rates),
      note: `${rate.toFixed(0)} writes/s; the floor was ${rates.map((one) => one.toFixed(0)).join(" before and ")} after`,
    },
    laneFigure(seen),
    {
      of,
      name: "writes per tenant",
      value: writes.length / tenants,
      unit: "",
      goal: { atMost: children + 3 * reconciled, about: `${children.toFixed(1)} children + 3 per reconciled object` },
    },
    {
      of,
      name: "uncached reads per tenant",
      value: (requests.length - writes.length) / tenants,
      unit: "",
      goal: { atMost: 2 * reconciled, about: "2 per reconciled object" },
    },
    {
      of,
      name: "CPU of the operator, for 1,000 tenants",
      value: (1000 * cpuSeconds) / tenants,
      unit: "s",
      goal: { atMost: 20 },
      others,
    },
    {
      of,
      name: "CPU of the operator for a request, of the raw client's for a write",
      value: (1000 * cpuSeconds) / requests.length / rawMs,
      unit: "×",
    },
    {
      of,
      name: "memory of the operator",
      value: memory.afterMB,
      unit: "MB",
      goal: { atMost: 120, about: "at 1,000 tenants" },
      note: `${Math.round(memory.beforeMB)} MB before the first tenant, peak ${Math.round(memory.peakMB)} MB; ${Math.round(memory.heapMB)} MB of heap in use`,
    },
  ];
}

/** How far requests overlap: where they hardly do, it is waiting for one another that takes the time. */
function laneFigure({ tenants, requests, wallSeconds }: Throughput): Figure {
  const busy = (some: readonly AuditedRequest[]): number => some.reduce((sum, request) => sum + secondsOf(request), 0);
  const claims = requests.filter(({ objectRef }) => objectRef?.resource === "nameclaims");
  return {
    of: `${tenants} tenants to Ready`,
    name: "requests in flight, on average",
    value: busy(requests) / wallSeconds,
    unit: `of ${callsAtATime}`,
    note: `${((1000 * busy(requests)) / requests.length).toFixed(1)} ms each in the API server; the ${claims.length} about NameClaims fill ${Math.round((100 * busy(claims)) / wallSeconds)} % of the wall time`,
  };
}

/** Different objects that were written, but for events and those that the bench itself made. */
function childrenOf(requests: readonly AuditedRequest[]): number {
  const notChildren = new Set(["events", "tenants", "sovereignregions"]);
  const written = requests.filter(
    ({ objectRef, ...request }) => isWrite(request) && !notChildren.has(objectRef?.resource ?? ""),
  );
  // A create names its object in the body only, which the log does not hold: each counts as one object.
  const created = written.filter(({ verb, responseStatus }) => verb === "create" && (responseStatus?.code ?? 0) < 300);
  const kinds = new Set(created.map(({ objectRef }) => objectRef?.resource));
  const applied = written.filter(
    ({ verb, objectRef }) =>
      verb === "patch" && objectRef?.subresource === undefined && !kinds.has(objectRef?.resource),
  );
  return created.length + new Set(applied.map(({ requestURI }) => requestURI.split("?")[0])).size;
}

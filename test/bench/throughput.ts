import { operatorUser } from "../support/installation.ts";
import { type AuditedRequest, isWork, isWrite, kindOfRequest, secondsOf } from "./audit-tail.ts";
import type { Figure } from "./figures.ts";
import type { Floor } from "./floor.ts";
import { tenantManifest } from "./objects.ts";
import type { MeasuredOperator } from "./operator-process.ts";
import { memoryOf } from "./processes.ts";
import { tally } from "./statistics.ts";
import { allReady, callsAtATime, inFlight, type World } from "./world.ts";

/** Reconciled objects of one tenant of the bench: the Tenant and its two modules. */
const reconciled = 3;

export interface Throughput {
  readonly figures: Figure[];
  readonly requests: readonly (readonly string[])[];
  readonly reconciles: readonly (readonly string[])[];
}

/** All tenants at once, from nothing to Ready, against the floor of the same run. */
export async function tenantsToReady(
  world: World,
  run: { readonly tenants: number; readonly floor: Floor; readonly operator: MeasuredOperator },
): Promise<Throughput> {
  const { tenants, floor, operator } = run;
  await operator.settled();
  world.audit.read();
  const before = await operator.counts();
  const meter = world.meter(operator);
  const started = Date.now();
  const manifests = Array.from({ length: tenants }, (_, index) => tenantManifest(index));
  await inFlight(manifests, (manifest) => world.admin.create(manifest));
  const wallSeconds = ((await allReady(world.tenants, tenants, 900_000)) - started) / 1000;
  const cpu = meter.text();
  await operator.settled();
  const cpuSeconds = meter.seconds().get("operator") ?? 0;
  const requests = world.audit.read().filter((request) => isWork(request) && request.user.username === operatorUser);
  const after = await operator.counts();
  const title = `${tenants} tenants to Ready`;
  const figures = figuresOf(title, { tenants, floor, requests, wallSeconds, cpu, cpuSeconds });
  const { residentMB, peakMB } = memoryOf(operator.pid);
  figures.push({
    of: title,
    name: "memory of the operator",
    value: residentMB,
    unit: "MB",
    goal: { atMost: 120, about: "at 1,000 tenants" },
    note: `peak ${Math.round(peakMB)} MB`,
  });
  const perTenant = (count: number): string => (count / tenants).toFixed(2);
  const counted = [...tally(requests.map(kindOfRequest))].map(([kind, count]) => [
    kind,
    String(count),
    perTenant(count),
  ]);
  const reconciles = [...after.reconciles]
    .map(([key, count]) => [key, count - (before.reconciles.get(key) ?? 0)] as const)
    .filter(([, count]) => count > 0)
    .map(([key, count]) => [key, String(count), perTenant(count)]);
  return {
    figures,
    requests: [["request", "count", "per tenant"], ...counted],
    reconciles: [["reconciles", "count", "per tenant"], ...reconciles],
  };
}

function figuresOf(
  title: string,
  seen: {
    readonly tenants: number;
    readonly floor: Floor;
    readonly requests: readonly AuditedRequest[];
    readonly wallSeconds: number;
    readonly cpu: string;
    readonly cpuSeconds: number;
  },
): Figure[] {
  const { tenants, floor, requests, wallSeconds, cpuSeconds } = seen;
  const writes = requests.filter(isWrite);
  const reads = requests.length - writes.length;
  const rate = writes.length / wallSeconds;
  const children = childrenOf(requests) / tenants;
  const busy = requests.reduce((sum, request) => sum + secondsOf(request), 0);
  const claims = requests.filter(({ objectRef }) => objectRef?.resource === "nameclaims");
  return [
    { of: title, name: "wall time", value: wallSeconds, unit: "s", note: seen.cpu },
    {
      of: title,
      name: "rate",
      value: tenants / wallSeconds,
      unit: "tenants/s",
      goal: { atLeast: 1000 / 150, about: "at 1,000 tenants" },
    },
    {
      of: title,
      name: "writes, of the floor",
      value: (100 * rate) / floor.writesPerSecond,
      unit: "%",
      goal: { atLeast: 60 },
      note: `${rate.toFixed(0)} of ${floor.writesPerSecond.toFixed(0)} writes/s`,
    },
    {
      of: title,
      name: "requests in flight, on average",
      value: busy / wallSeconds,
      unit: `of ${callsAtATime}`,
      note: `${((1000 * busy) / requests.length).toFixed(1)} ms each in the API server; ${claims.length} about NameClaims, one at a time, fill ${Math.round((100 * claims.reduce((sum, request) => sum + secondsOf(request), 0)) / wallSeconds)} % of the wall time`,
    },
    {
      of: title,
      name: "writes per tenant",
      value: writes.length / tenants,
      unit: "",
      goal: { atMost: children + 3 * reconciled, about: `${children.toFixed(1)} children + 3 per reconciled object` },
    },
    {
      of: title,
      name: "uncached reads per tenant",
      value: reads / tenants,
      unit: "",
      goal: { atMost: 2 * reconciled, about: "2 per reconciled object" },
    },
    {
      of: title,
      name: "CPU of the operator, for 1,000 tenants",
      value: (1000 * cpuSeconds) / tenants,
      unit: "s",
      goal: { atMost: 20 },
    },
  ];
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

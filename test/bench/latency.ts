import { becomes } from "../servers/server-process.ts";
import { operatorUser } from "../support/installation.ts";
import { type AuditedRequest, secondsOf } from "./audit-tail.ts";
import type { Figure } from "./figures.ts";
import { tenantName } from "./objects.ts";
import type { MeasuredOperator } from "./operator-process.ts";
import { median, quantile } from "./statistics.ts";
import type { World } from "./world.ts";

export const samples = 50;

interface Sample {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly writeMs: number;
}

/** From the answer to a change of a Tenant's tier to the answer to the quotas and limits that follow from it; one tenant at a time, at rest. */
export async function eventToApplied(world: World, operator: MeasuredOperator, tenants: number): Promise<Figure[]> {
  await operator.settled();
  world.audit.read();
  const meter = world.meter(operator);
  const taken: Sample[] = [];
  for (let index = 0; index < Math.min(samples, tenants); index += 1) {
    taken.push(await sample(world, tenantName(index)));
    await operator.settled(300);
  }
  const title = `a changed tier, ${tenants} tenants at rest, ${taken.length} samples`;
  const first = taken.map(({ firstMs }) => firstMs);
  const last = taken.map(({ lastMs }) => lastMs);
  const write = median(taken.map(({ writeMs }) => writeMs));
  const floor = `one such write takes the API server ${write.toFixed(1)} ms`;
  return [
    { of: title, name: "event → first child applied, median", value: median(first), unit: "ms", note: floor },
    {
      of: title,
      name: "event → first child applied, p99",
      value: quantile(first, 0.99),
      unit: "ms",
      goal: { atMost: 100 },
      others: meter.others(),
    },
    { of: title, name: "event → all four children applied, median", value: median(last), unit: "ms" },
    {
      of: title,
      name: "event → all four children applied, p99",
      value: quantile(last, 0.99),
      unit: "ms",
      goal: { atMost: 100 },
      others: meter.others(),
    },
  ];
}

/** Quota and limits of the two namespaces in which containers run. */
const childrenOfTier = 4;

async function sample(world: World, name: string): Promise<Sample> {
  const seen: AuditedRequest[] = [];
  await world.admin.patch({ apiVersion: "socle.dev/v1alpha1", kind: "Tenant", name }, [
    { op: "replace", path: "/spec/tier", value: "Standard" },
  ]);
  const changeOf = () =>
    seen.find(
      ({ verb, objectRef }) =>
        verb === "patch" &&
        objectRef?.resource === "tenants" &&
        objectRef.subresource === undefined &&
        objectRef.name === name,
    );
  const children = () =>
    seen.filter(
      ({ user, verb, objectRef }) =>
        user.username === operatorUser &&
        verb === "patch" &&
        objectRef?.namespace?.startsWith(`t-${name}-`) === true &&
        ["resourcequotas", "limitranges"].includes(objectRef.resource ?? ""),
    );
  const done = (): boolean => {
    seen.push(...world.audit.read());
    return changeOf() !== undefined && children().length >= childrenOfTier;
  };
  if (!(await becomes(done, 30_000, 20)))
    throw new Error(`The new tier of ${name} led to ${children().length} of ${childrenOfTier} writes within 30 s.`);
  const began = Date.parse(changeOf()?.stageTimestamp ?? "");
  const ends = children().map(({ stageTimestamp }) => Date.parse(stageTimestamp) - began);
  return { firstMs: Math.min(...ends), lastMs: Math.max(...ends), writeMs: 1000 * median(children().map(secondsOf)) };
}

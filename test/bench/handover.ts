import { setTimeout as pause } from "node:timers/promises";
import { becomes } from "../servers/server-process.ts";
import { type AuditedRequest, isWrite } from "./audit-tail.ts";
import type { Figure } from "./figures.ts";
import { tenantName } from "./objects.ts";
import type { MeasuredOperator } from "./operator-process.ts";
import { median } from "./statistics.ts";
import type { World } from "./world.ts";

interface Handover {
  readonly leaseMs: number;
  readonly workMs: number;
}

const leaseSeconds = 15;
const limits = { SIGTERM: 2, SIGKILL: leaseSeconds + 2 } as const;

/**
 * Two operators, of which the active one ends; a Tenant changes at that moment, so that there is something to write. Times run from
 * the signal to the other's write of the lease, and to its first write of anything else.
 */
export async function handovers(
  world: World,
  active: MeasuredOperator,
  times: Readonly<Record<"SIGTERM" | "SIGKILL", number>>,
): Promise<{ readonly figures: Figure[]; readonly operator: MeasuredOperator }> {
  const figures: Figure[] = [];
  const meter = world.meter(active);
  let current = active;
  let number = 0;
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const taken: Handover[] = [];
    for (let count = 0; count < times[signal]; count += 1) {
      number += 1;
      const mark = `standby-${number}`;
      const standby = await world.startOperator(mark);
      await standby.says("Caches are synced");
      await current.settled(1_000);
      taken.push(await handOver(world, { active: current, signal, mark, tenant: tenantName(number) }));
      await standby.says("This process is the active operator");
      current = standby;
    }
    const title = `hand-over after ${signal}, ${taken.length} samples`;
    figures.push(
      {
        of: title,
        name: "signal → the other holds the lease, median",
        value: median(taken.map(({ leaseMs }) => leaseMs)) / 1000,
        unit: "s",
      },
      {
        of: title,
        name: "signal → the other's first write, median",
        value: median(taken.map(({ workMs }) => workMs)) / 1000,
        unit: "s",
        goal: { atMost: limits[signal] },
        others: meter.others(),
      },
    );
  }
  return { figures, operator: current };
}

async function handOver(
  world: World,
  at: {
    readonly active: MeasuredOperator;
    readonly signal: NodeJS.Signals;
    readonly mark: string;
    readonly tenant: string;
  },
): Promise<Handover> {
  // Not at once after its start: the moments at which the other asks for the lease are spread.
  await pause(Math.random() * 2_000);
  world.audit.read();
  const signalled = Date.now();
  at.active.kill(at.signal);
  await pause(50);
  await world.admin.patch({ apiVersion: "socle.dev/v1alpha1", kind: "Tenant", name: at.tenant }, [
    { op: "replace", path: "/spec/seats", value: 41 },
  ]);
  const seen: AuditedRequest[] = [];
  const writes = (lease: boolean) =>
    seen.filter(
      (request) =>
        isWrite(request) &&
        request.user.groups?.includes(at.mark) === true &&
        (request.responseStatus?.code ?? 0) < 300 &&
        (request.objectRef?.resource === "leases") === lease,
    );
  const done = (): boolean => {
    seen.push(...world.audit.read());
    return writes(false).length > 0;
  };
  if (!(await becomes(done, 90_000, 50))) throw new Error(`Nobody took over within 90 s of ${at.signal}.`);
  const after = (request: AuditedRequest | undefined): number =>
    Date.parse(request?.requestReceivedTimestamp ?? "") - signalled;
  return { leaseMs: after(writes(true)[0]), workMs: after(writes(false)[0]) };
}

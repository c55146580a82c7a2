import { setTimeout as pause } from "node:timers/promises";
import { operatorUser } from "../support/installation.ts";
import { isWork, isWrite } from "./audit-tail.ts";
import type { Figure } from "./figures.ts";
import type { MeasuredOperator } from "./operator-process.ts";
import type { World } from "./world.ts";

export const restSeconds = 30;

/** What the operator does when there is nothing to do. */
export async function atRest(world: World, operator: MeasuredOperator, tenants: number): Promise<Figure[]> {
  await operator.settled();
  // What was sent before the last reconcile ended is on record a moment later.
  await pause(500);
  world.audit.read();
  const meter = world.meter(operator);
  await pause(restSeconds * 1000);
  const sent = world.audit.read().filter((request) => isWork(request) && request.user.username === operatorUser);
  const cpu = meter.seconds().get("operator") ?? 0;
  const title = `${tenants} tenants at rest for ${restSeconds} s`;
  return [
    {
      of: title,
      name: "requests besides watches and the lease",
      value: sent.length,
      unit: "",
      goal: { atMost: 0 },
      ...(sent.length === 0
        ? {}
        : {
            note: sent
              .map(({ verb, requestURI }) => `${verb} ${requestURI}`)
              .slice(0, 3)
              .join(", "),
          }),
    },
    {
      of: title,
      name: "CPU of the operator",
      others: meter.others(),
      value: (100 * cpu) / restSeconds,
      unit: "% of a core",
      goal: { atMost: 1 },
    },
  ];
}

/** A restarted operator over everything that exists, against the lists that it cannot do without. */
export async function coldStart(
  world: World,
  run: { readonly operator: MeasuredOperator; readonly tenants: number },
): Promise<{ readonly operator: MeasuredOperator; readonly figures: Figure[] }> {
  const { tenants } = run;
  const floorSeconds = await listFloor(world);
  await run.operator.stop();
  await pause(500);
  world.audit.read();
  const meter = world.meter();
  const operator = await world.startOperator("operator-a");
  const synced = (await operator.says("Caches are synced")) - operator.startedAt;
  await operator.says("This process is the active operator");
  const settled = (await operator.settled()) - operator.startedAt;
  const requests = world.audit.read().filter((request) => isWork(request) && request.user.username === operatorUser);
  const writes = requests.filter(isWrite);
  const counts = await operator.counts();
  const title = `cold start over ${tenants} tenants`;
  const figures: Figure[] = [
    {
      of: title,
      name: "process start to caches synced",
      value: synced / 1000,
      others: meter.others(),
      unit: "s",
      goal: { atMost: floorSeconds + 3, about: "floor of the lists + 3 s" },
      note: `the lists alone take ${floorSeconds.toFixed(2)} s`,
    },
    {
      of: title,
      name: "process start to the last reconcile",
      value: settled / 1000,
      unit: "s",
      note: `${counts.total} reconciles, ${requests.length - writes.length} reads`,
    },
    {
      of: title,
      name: "writes",
      value: writes.length,
      unit: "",
      goal: { atMost: 0 },
      ...(writes.length === 0
        ? {}
        : {
            note: writes
              .map(({ verb, requestURI }) => `${verb} ${requestURI.split("?")[0] ?? ""}`)
              .slice(0, 3)
              .join(", "),
          }),
    },
  ];
  return { operator, figures };
}

/** Seconds for listing, all at once, everything that the operator watches. */
async function listFloor({ operatorUser: kube }: World): Promise<number> {
  const ours = "app.kubernetes.io/managed-by=socle,socle.dev/tenant";
  const socle = ["Tenant", "SovereignRegion", "ModuleDeployment", "NameClaim"].map(
    (kind) => ["socle.dev/v1alpha1", kind] as const,
  );
  const children = [
    ["v1", "ResourceQuota"],
    ["v1", "LimitRange"],
    ["networking.k8s.io/v1", "NetworkPolicy"],
    ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  ] as const;
  const started = performance.now();
  await Promise.all([
    ...socle.map(([apiVersion, kind]) => kube.list({ apiVersion, kind })),
    ...children.map(([apiVersion, kind]) => kube.list({ apiVersion, kind }, { labelSelector: ours })),
    kube.list({ apiVersion: "v1", kind: "Namespace" }, { labelSelector: "socle.dev/tenant" }),
  ]);
  return (performance.now() - started) / 1000;
}

import type { Evaluation, Surroundings } from "../check.ts";
import { labelsSchema, type Labels, selectorSchema, selects } from "../reachability/label-selector.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, type SeenValue, Unknown } from "../seen.ts";

export const leastReplicas = 2;
export const leastZones = 2;
const zoneKey = "topology.kubernetes.io/zone";

const replicas: FieldRead = { path: "spec.replicas", whenAbsent: { default: 1 }, violations: [0, 1] };
const podLabels: FieldRead = { path: "spec.template.metadata.labels", whenAbsent: "fail", violations: [{ app: "b" }] };
const spread: FieldRead = {
  path: "spec.template.spec.topologySpreadConstraints",
  whenAbsent: { default: [] },
  violations: [
    [],
    [{ topologyKey: "kubernetes.io/hostname", maxSkew: 1, labelSelector: { matchLabels: { app: "a" } } }],
    [{ topologyKey: zoneKey, maxSkew: 2, labelSelector: { matchLabels: { app: "a" } } }],
    [{ topologyKey: zoneKey, maxSkew: 1, labelSelector: { matchLabels: { app: "b" } } }],
    [{ topologyKey: zoneKey, maxSkew: 1 }],
  ],
};
const workload = (kind: "Deployment" | "StatefulSet"): Read => ({
  apiVersion: "apps/v1",
  kind,
  scope: "tenant",
  fields: [replicas, podLabels, spread],
});

const budgets: Read = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  scope: "tenant",
  fields: [
    { path: "spec.selector", whenAbsent: { default: null }, violations: [null, { matchLabels: { app: "b" } }] },
    { path: "spec.maxUnavailable", whenAbsent: { default: null }, violations: [2, "100%"] },
    { path: "spec.minAvailable", whenAbsent: { default: null }, violations: [0, "0%"] },
  ],
};

/** CloudNativePG spreads and protects its instances itself. https://cloudnative-pg.io/documentation/current/scheduling/ */
const clusters: Read = {
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  scope: "tenant",
  fields: [
    { path: "spec.instances", whenAbsent: { default: 1 }, violations: [1] },
    { path: "spec.enablePDB", whenAbsent: { default: true }, violations: [false] },
    { path: "spec.affinity.enablePodAntiAffinity", whenAbsent: { default: true }, violations: [false] },
    {
      path: "spec.affinity.topologyKey",
      whenAbsent: { default: "kubernetes.io/hostname" },
      violations: ["kubernetes.io/hostname"],
    },
  ],
};

/** Each videobridge is a StatefulSet of one pod by design: the next one takes its conferences, and their number is a setting of the module. */
const isOneOfMany = (name: string): boolean => /^jitsi-bridge-\d+$/.test(name);

function countIn({ field, value }: SeenValue): number {
  if (typeof value !== "number") throw new Unknown(field, `${field} is no number.`);
  return value;
}

/** What both kinds of label fields have in common: the shape is known, or nothing is. */
function labelsIn({ field, value }: SeenValue): Labels {
  const labels = labelsSchema.safeParse(value);
  if (!labels.success) throw new Unknown(field, `${field} are no labels.`);
  return labels.data;
}

/** A selector that is not there selects no pod, and an empty one all of them. */
function selectsPods(selector: unknown, labels: Labels): boolean {
  if (selector === undefined || selector === null) return false;
  const parsed = selectorSchema.safeParse(selector);
  return parsed.success && selects(parsed.data, labels);
}

/** Keeps the pods from all being in one zone, as far as zones have room: a preference still lets them run when a zone is lost. */
function spreadsOverZones(constraint: unknown, labels: Labels, count: number): boolean {
  if (typeof constraint !== "object" || constraint === null) return false;
  const { topologyKey, maxSkew, labelSelector } = constraint as Readonly<Record<string, unknown>>;
  return (
    topologyKey === zoneKey && typeof maxSkew === "number" && maxSkew < count && selectsPods(labelSelector, labels)
  );
}

/** Of a bound of a PodDisruptionBudget, rounded up as the server does. https://kubernetes.io/docs/tasks/run-application/configure-pdb/ */
function podsOf(bound: unknown, count: number): number | undefined {
  if (typeof bound === "number") return bound;
  const percent = typeof bound === "string" ? /^(\d+)%$/.exec(bound)?.[1] : undefined;
  return percent === undefined ? undefined : Math.ceil((Number(percent) * count) / 100);
}

/** Does the budget keep at least one of the pods running while nodes are drained? */
function keepsOne(budget: Seen, labels: Labels, count: number): boolean {
  if (!selectsPods(budget.one("spec.selector").value, labels)) return false;
  const [most, least] = [budget.one("spec.maxUnavailable").value, budget.one("spec.minAvailable").value];
  const kept = [
    ...(most === null ? [] : [count - (podsOf(most, count) ?? count)]),
    ...(least === null ? [] : [podsOf(least, count) ?? 0]),
  ];
  return kept.length > 0 && kept.every((pods) => pods >= 1);
}

function judgeWorkload(object: Seen, { within }: Surroundings): readonly Problem[] {
  const wanted = object.one(replicas.path);
  const count = countIn(wanted);
  const labels = labelsIn(object.one(podLabels.path));
  const { field, value: constraints } = object.one(spread.path);
  if (!Array.isArray(constraints)) throw new Unknown(field, `${field} is no list.`);
  const covered = within(object.namespace, "PodDisruptionBudget").some((budget) => keepsOne(budget, labels, count));
  return [
    ...tooFew({ field: wanted.field, count }),
    ...(constraints.some((one) => spreadsOverZones(one, labels, count))
      ? []
      : [{ field, observed: `${constraints.length} constraints`, message: unspread }]),
    ...(covered ? [] : [{ field: podLabels.path, observed: "no budget", message: unprotected }]),
  ];
}

const unspread = `Nothing spreads these pods over ${leastZones} zones; add a topologySpreadConstraint on ${zoneKey} that selects them.`;
const unprotected = "Draining nodes may stop all of these pods at once; add a PodDisruptionBudget that keeps one.";

const tooFew = ({ field, count }: { readonly field: string; readonly count: number }): readonly Problem[] =>
  count >= leastReplicas
    ? []
    : [{ field, observed: String(count), message: `The loss of one node stops it; run ${leastReplicas} at least.` }];

function judgeCluster(cluster: Seen): readonly Problem[] {
  const instances = cluster.one("spec.instances");
  const apart = cluster.one("spec.affinity.enablePodAntiAffinity");
  const key = cluster.one("spec.affinity.topologyKey");
  const budget = cluster.one("spec.enablePDB");
  const isSpread = apart.value === true && key.value === zoneKey;
  const observed = apart.value === true ? JSON.stringify(key.value) : "no anti-affinity";
  return [
    ...tooFew({ field: instances.field, count: countIn(instances) }),
    ...(isSpread
      ? []
      : [{ field: key.field, observed, message: `Instances may share a zone; set topologyKey ${zoneKey}.` }]),
    ...(budget.value === true ? [] : [{ field: budget.field, observed: "off", message: unprotected }]),
  ];
}

/** 17-02, requirement 17.4.a. https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ */
export const redundancy: Evaluation = {
  status: "implemented",
  subjects: [workload("Deployment"), workload("StatefulSet"), clusters],
  related: [budgets],
  concerns: ({ metadata }) => !isOneOfMany(metadata.name),
  judge: (object, surroundings) =>
    object.object.kind === "Cluster" ? judgeCluster(object) : judgeWorkload(object, surroundings),
};

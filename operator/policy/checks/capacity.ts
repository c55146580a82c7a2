import { names } from "../../../crds/group.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, type SeenValue, textOf, Unknown } from "../seen.ts";
import { containerLists, podOf, podReads } from "./pod-templates.ts";
import { entriesOf } from "./text-maps.ts";

const bounds = ["requests.cpu", "requests.memory", "limits.memory"] as const;

/** What the LimitRange would fill in counts only for the pod that is made; the rule asks it of who makes the pod. */
const boundsBelow = (path: string): FieldRead[] =>
  bounds.map((bound) => ({ path: `${path}.resources.${bound}`, whenAbsent: "fail", violations: ["0"] }));

const clusters: Read = {
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  scope: "tenant",
  fields: boundsBelow("spec"),
};
const tenantsNamespace: Read = {
  apiVersion: "v1",
  kind: "Namespace",
  scope: "cluster",
  fields: [{ path: `metadata.labels[${names.tenantLabel}]`, whenAbsent: "error", violations: [] }],
};
const quota: Read = {
  apiVersion: "v1",
  kind: "ResourceQuota",
  scope: "tenant",
  fields: [{ path: "spec.hard", whenAbsent: "fail", violations: [{}] }],
};
const limits: Read = {
  apiVersion: "v1",
  kind: "LimitRange",
  scope: "tenant",
  fields: [{ path: "spec.limits[].type", whenAbsent: "fail", violations: ["PersistentVolumeClaim"] }],
};

/** 5-04. https://kubernetes.io/docs/concepts/policy/resource-quotas/ and …/limit-range/ */
export const resourceBounds: Evaluation = {
  status: "implemented",
  subjects: [
    ...podReads((pod) => containerLists.flatMap((list) => boundsBelow(`${pod}.${list}`))),
    clusters,
    tenantsNamespace,
  ],
  related: [quota, limits],
  concerns: ({ kind, metadata }) => kind !== "Namespace" || metadata.labels?.[names.placeLabel] !== undefined,
  judge: (object, surroundings) => {
    const pod = podOf(object.object);
    if (pod !== undefined) return containerLists.flatMap((list) => unbounded(object, `${pod}.${list}`));
    return object.object.kind === "Namespace" ? openNamespace(object, surroundings) : unbounded(object, "spec");
  },
};

function unbounded(object: Seen, path: string): readonly Problem[] {
  return bounds
    .flatMap((bound) => object.each(`${path}.resources.${bound}`))
    .filter((amount) => isNothing(amount))
    .map(({ field, value }) => ({
      field,
      observed: String(value),
      message: `${field} reserves or limits nothing; give it an amount.`,
    }));
}

/** A quantity of Kubernetes that is zero; the server writes text, people numbers too. */
function isNothing({ field, value }: SeenValue): boolean {
  const amount = typeof value === "number" ? String(value) : value;
  const number =
    typeof amount === "string" ? /^(\d+(?:\.\d+)?)(?:[eE]\d+|[numkMGTPE]|[KMGTPE]i)?$/.exec(amount)?.[1] : undefined;
  if (number === undefined) throw new Unknown(field, `${field} is no quantity.`);
  return Number(number) === 0;
}

/** A namespace that takes no pods needs no bounds for them. */
function openNamespace(namespace: Seen, { within }: Surroundings): readonly Problem[] {
  textOf(namespace.one(`metadata.labels[${names.tenantLabel}]`));
  const here = (kind: string): readonly Seen[] => within(namespace.name, kind);
  const hard = here("ResourceQuota").flatMap((one) => entriesOf(one.one("spec.hard")));
  const hasLimits = here("LimitRange").some((one) =>
    one.texts("spec.limits[].type").some(({ value }) => value === "Container"),
  );
  const missing = (kind: string, remedy: string): Problem => ({
    field: "metadata.name",
    observed: `no ${kind}`,
    message: `Namespace ${namespace.name} has no ${kind} ${remedy}`,
  });
  if (hard.length === 0) return [missing("ResourceQuota", "that limits something; make one.")];
  const takesPods = !hard.some(([resource, { value }]) => resource === "pods" && value === "0");
  return takesPods && !hasLimits ? [missing("LimitRange", "for containers; make one.")] : [];
}

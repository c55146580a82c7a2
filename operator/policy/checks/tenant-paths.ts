import type { Manifest } from "../../../constructs/manifest.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import { connectivityLines } from "../reachability/connectivity.ts";
import { Reachability } from "../reachability/reachability.ts";
import { readWorld } from "../reachability/read-world.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { Unknown } from "../seen.ts";
import { oncePer } from "../surroundings.ts";
import { closedPolicies } from "./network-policies.ts";
import { tenantOfNamespace } from "./tenant-namespace.ts";

/** What a template says of who its pods are to a NetworkPolicy. */
function templateFields(template: string): readonly FieldRead[] {
  return [
    { path: `${template}.metadata.labels`, whenAbsent: { default: {} }, violations: [] },
    { path: `${template}.spec.containers`, whenAbsent: "error", violations: [] },
    { path: `${template}.spec.hostNetwork`, whenAbsent: { default: false }, violations: [true] },
  ];
}

const workload = (apiVersion: string, kind: string, fields: readonly FieldRead[]): Read => ({
  apiVersion,
  kind,
  scope: "tenant",
  fields,
});
const workloads: readonly Read[] = [
  workload("apps/v1", "Deployment", templateFields("spec.template")),
  workload("apps/v1", "StatefulSet", templateFields("spec.template")),
  workload("batch/v1", "Job", templateFields("spec.template")),
  workload("batch/v1", "CronJob", templateFields("spec.jobTemplate.spec.template")),
  workload("postgresql.cnpg.io/v1", "Cluster", [
    { path: "spec.inheritedMetadata.labels", whenAbsent: { default: {} }, violations: [] },
  ]),
];
const namespaces: Read = {
  apiVersion: "v1",
  kind: "Namespace",
  scope: "tenant",
  fields: [{ path: "metadata.labels", whenAbsent: { default: {} }, violations: [] }],
};

/** By namespace, the first way of each to or from another tenant. */
type Ways = ReadonlyMap<string, string>;

/**
 * 9-35. Of what NetworkPolicies leave open between workloads, whoever made them. Policies of other makers are not read: where the network has its own kinds,
 * they can open more.
 */
export const tenantPaths: Evaluation = {
  status: "implemented",
  subjects: [namespaces],
  related: [closedPolicies, ...workloads],
  concerns: ({ metadata }) => tenantOfNamespace(metadata.name) !== undefined,
  judge: ({ name }, surroundings) => {
    const way = waysBetweenTenants(surroundings).get(name);
    const problems = onNodes(name, surroundings);
    if (way === undefined) return problems;
    const message =
      "A pod here and one of another tenant may talk; take the rule that lets them out of the NetworkPolicies.";
    return [...problems, { field: "metadata.name", observed: way, message }];
  },
};

const waysBetweenTenants = oncePer(({ of }): Ways => {
  const objects: Manifest[] = [namespaces, closedPolicies, ...workloads].flatMap(({ kind }) =>
    of(kind).map(({ object }) => object),
  );
  const { world, problems } = readWorld(objects.map((object) => ({ place: "cluster", object })));
  const [problem] = problems;
  if (problem !== undefined) throw new Unknown("metadata.name", problem);
  const tenants = [...world.namespaces.keys()].flatMap((name): [string, string][] => {
    const tenant = tenantOfNamespace(name);
    return tenant === undefined ? [] : [[name, tenant]];
  });
  const ways = new Map<string, string>();
  for (const flow of new Reachability(world).crossings(new Map(tenants))) {
    const [line = ""] = connectivityLines([flow]);
    for (const end of [flow.from, flow.to])
      if ("namespace" in end && !ways.has(end.namespace)) ways.set(end.namespace, line);
  }
  return ways;
});

/** No NetworkPolicy holds a pod in the network of its node. */
function onNodes(namespace: string, { within }: Surroundings): readonly Problem[] {
  return workloads.flatMap(({ kind, fields }) => {
    const path = fields.find((field) => field.path.endsWith(".hostNetwork"))?.path;
    const here = path === undefined ? [] : within(namespace, kind);
    return here.flatMap((one): Problem[] => {
      if (path === undefined || one.one(path).value === false) return [];
      const message = `${kind} ${one.name} runs in the network of its node, where nothing keeps it from other tenants; set hostNetwork to false.`;
      return [{ field: "metadata.name", observed: `${kind} ${one.name}`, message }];
    });
  });
}

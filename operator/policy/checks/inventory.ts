import { apiVersion, names } from "../../../crds/group.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, Unknown, wordsOf } from "../seen.ts";
import { isNumSpotFacts, known, numSpotFacts, requireFact } from "./numspot-facts.ts";

const tenantLabel = `metadata.labels[${names.tenantLabel}]`;
const retainedLabel = `metadata.labels[${names.retainedLabel}]`;
const dataClassLabel = `metadata.labels[${names.dataClassLabel}]`;

/** What is kept, what runs and what is published: the rest hangs on one of them. */
const assets = [
  ["v1", "PersistentVolumeClaim"],
  ["v1", "Service"],
  ["apps/v1", "Deployment"],
  ["apps/v1", "StatefulSet"],
  ["networking.k8s.io/v1", "Ingress"],
] as const;

const namespaceWith = (fields: readonly FieldRead[]): Read => ({
  apiVersion: "v1",
  kind: "Namespace",
  scope: "cluster",
  required: true,
  fields,
});

function namespaceOf(asset: Seen, named: Surroundings["named"]): Seen {
  const found = named("Namespace", asset.namespace ?? "");
  if (found === undefined) throw new Unknown("metadata.namespace", `Namespace ${asset.namespace ?? ""} is not here.`);
  return found;
}

const buckets = "facts.buckets";

/** 8-01. What lies in Kubernetes bears a label; a bucket has the name of its tenant before a hyphen. */
export const ownedAssets: Evaluation = {
  status: "implemented",
  subjects: [
    ...assets.map(
      ([version, kind]): Read => ({
        apiVersion: version,
        kind,
        scope: "tenant",
        fields: [{ path: tenantLabel, whenAbsent: "fail", violations: ["other", ""] }],
      }),
    ),
    numSpotFacts([known(buckets, [["nobodys-drive"]])]),
  ],
  related: [
    namespaceWith([
      { path: tenantLabel, whenAbsent: "error", violations: ["other"] },
      // What waits for the return of its tenant has an owner and no Tenant.
      { path: retainedLabel, whenAbsent: { default: "false" }, violations: [] },
    ]),
    { apiVersion, kind: "Tenant", scope: "cluster", fields: [] },
  ],
  judge: (asset, { named, of }) => {
    if (isNumSpotFacts(asset.object)) return strayBuckets(asset, of);
    const { field, value: owner } = asset.text(tenantLabel);
    const namespace = namespaceOf(asset, named);
    const expected = namespace.text(tenantLabel).value;
    const isRetained = namespace.text(retainedLabel).value === "true";
    const problem = (message: string): Problem => ({ field, observed: owner, message });
    if (owner !== expected)
      return [
        problem(`It is labelled for tenant ${owner} in a namespace of ${expected}; label it ${expected}, or move it.`),
      ];
    if (isRetained || named("Tenant", owner) !== undefined) return [];
    return [problem(`There is no Tenant ${owner}; create it, or remove what nobody answers for.`)];
  },
};

function strayBuckets(facts: Seen, of: Surroundings["of"]): readonly Problem[] {
  requireFact(facts, buckets);
  const seen = facts.one(buckets);
  const retained = of("Namespace")
    .filter((namespace) => namespace.text(retainedLabel).value === "true")
    .map((namespace) => namespace.text(tenantLabel).value);
  const owners = [...of("Tenant").map(({ name }) => name), ...retained];
  return wordsOf(seen).flatMap((bucket, index): Problem[] => {
    if (owners.some((owner) => bucket.startsWith(`${owner}-`))) return [];
    const message = `Bucket ${bucket} is of no tenant; say whose it is by an exception, or remove what nobody answers for.`;
    return [{ field: `${seen.field}[${index}]`, observed: bucket, message }];
  });
}

/** From the least to the most protected. */
const ranks = ["Internal", "Personal", "Sensitive", "Health"];

/** 8-05. The mark is that of the most protected class of data that the tenant declares. */
export const markedData: Evaluation = {
  status: "implemented",
  subjects: [
    namespaceWith([
      { path: tenantLabel, whenAbsent: "error", violations: [] },
      { path: dataClassLabel, whenAbsent: "fail", violations: ["Internal", "Health", ""] },
    ]),
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      scope: "tenant",
      fields: [
        { path: tenantLabel, whenAbsent: "error", violations: [] },
        { path: dataClassLabel, whenAbsent: "fail", violations: ["Internal", "Health", ""] },
      ],
    },
  ],
  related: [
    {
      apiVersion,
      kind: "Tenant",
      scope: "cluster",
      required: true,
      fields: [{ path: "spec.compliance.dataClasses", whenAbsent: "fail", violations: [[], ["Internal"], ["Health"]] }],
    },
  ],
  concerns: ({ kind, metadata }) => kind !== "Namespace" || metadata.labels?.[names.placeLabel] !== undefined,
  judge: (marked, { named }) => {
    const owner = marked.text(tenantLabel);
    const tenant = named("Tenant", owner.value);
    if (tenant === undefined) throw new Unknown(owner.field, `Tenant ${owner.value} is not here.`);
    const declared = tenant.one("spec.compliance.dataClasses");
    const classes = wordsOf(declared);
    if (classes.some((one) => !ranks.includes(one))) throw new Unknown(declared.field, "A class of data is not known.");
    const highest = ranks.findLast((one) => classes.includes(one)) ?? "";
    const { field, value: mark } = marked.text(dataClassLabel);
    if (highest !== "" && mark === highest) return [];
    const message = `Tenant ${owner.value} declares ${highest === "" ? "no class of data" : highest}; declare it, and label what holds its data with it.`;
    return [{ field, observed: mark, message }];
  },
};

import { apiVersion, names } from "../../../crds/group.ts";
import type { Manifest } from "../../../constructs/manifest.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, type SeenText, textOf, Unknown } from "../seen.ts";
import { tenantLabel } from "./tenant-region.ts";

/** Calendar days between the notice and the erasure, by requirement 19.4.a. */
export const noticeDays = 21;
const dayMs = 86_400_000;

const deletionAsked: FieldRead = {
  path: "metadata.deletionTimestamp",
  whenAbsent: { default: null },
  violations: ["2026-05-21T23:59:59Z"],
};
const namespaces: Read = { apiVersion: "v1", kind: "Namespace", scope: "tenant", fields: [tenantLabel, deletionAsked] };
const tenants: Read = {
  apiVersion,
  kind: "Tenant",
  scope: "cluster",
  fields: [
    { path: "spec.lifecycle.deletionPolicy", whenAbsent: { default: "Retain" }, violations: ["Retain"] },
    { path: "spec.lifecycle.erasureNoticeSentAt", whenAbsent: "fail", violations: ["2026-06-01T00:00:00Z"] },
  ],
};

/** Admission keeps names that begin so for the namespaces of tenants. */
const isOfTenant = ({ metadata }: Manifest): boolean => metadata.name.startsWith("t-");

function moment({ field, value }: SeenText): number {
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new Unknown(field, `${field} is no time.`);
  return time;
}

/** 19-13, requirement 19.4.a. Whoever asked for the deletion, and by whatever way: a namespace takes the data along. */
export const erasureNotice: Evaluation = {
  status: "implemented",
  subjects: [namespaces],
  related: [tenants],
  concerns: isOfTenant,
  judge: (namespace, { named }) => {
    const owner = namespace.text(tenantLabel.path).value;
    const asked = namespace.one(deletionAsked.path);
    if (asked.value === null) return [];
    const began = moment(textOf(asked));
    const tenant = named("Tenant", owner);
    if (tenant === undefined) return [early(asked.field, `Tenant ${owner} is not here, so nobody gave notice`)];
    if (tenant.text("spec.lifecycle.deletionPolicy").value !== "Delete")
      return [early(asked.field, `Tenant ${owner} keeps its data`)];
    const due = moment(tenant.text("spec.lifecycle.erasureNoticeSentAt")) + noticeDays * dayMs;
    return began >= due ? [] : [early(asked.field, `The notice runs until ${new Date(due).toISOString()}`)];
  },
};

const early = (field: string, why: string): Problem => ({
  field,
  observed: "being deleted",
  message: `${why}; save the volumes before the namespace is gone, and find who deleted it.`,
});

const owned: FieldRead = { ...tenantLabel, violations: ["gone"] };
/** What tells of a tenant, and whose it is. */
const traces: readonly Read[] = [
  {
    apiVersion: "v1",
    kind: "Namespace",
    scope: "tenant",
    fields: [owned, { path: `metadata.labels[${names.retainedLabel}]`, whenAbsent: { default: "" }, violations: [] }],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    scope: "tenant",
    fields: [owned, { path: "roleRef.name", whenAbsent: "error", violations: [] }],
  },
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress", scope: "tenant", fields: [owned] },
  { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", scope: "tenant", fields: [owned] },
  {
    apiVersion,
    kind: "NameClaim",
    scope: "cluster",
    fields: [
      { path: "spec.holder.name", whenAbsent: "error", violations: [] },
      { path: "spec.state", whenAbsent: { default: "Held" }, violations: [] },
    ],
  },
];

/** Whose the trace is, and whether it may stay without its tenant. */
function traceOf(object: Seen): { readonly owner: SeenText; readonly mayStay: boolean } {
  const { kind } = object.object;
  if (kind === "NameClaim")
    return { owner: object.text("spec.holder.name"), mayStay: object.text("spec.state").value !== "Held" };
  const owner = object.text(tenantLabel.path);
  if (kind === "Namespace")
    return { owner, mayStay: object.text(`metadata.labels[${names.retainedLabel}]`).value === "true" };
  // The operator's own right stays for the return of the tenant, in namespaces that are kept.
  return { owner, mayStay: kind === "RoleBinding" && object.text("roleRef.name").value === names.operatorInTenantRole };
}

/** 19-16, requirement 19.4.b. Names in DNS, and accounts of the provider and of registries, are no objects of the cluster. */
export const leftovers: Evaluation = {
  status: "implemented",
  subjects: traces,
  related: [{ apiVersion, kind: "Tenant", scope: "cluster", required: true, fields: [] }],
  concerns: ({ kind, metadata }) => kind === "NameClaim" || metadata.labels?.[names.managedByLabel] === names.managedBy,
  judge: judgeTrace,
};

function judgeTrace(object: Seen, { named }: Surroundings): readonly Problem[] {
  const { owner, mayStay } = traceOf(object);
  if (mayStay || named("Tenant", owner.value) !== undefined) return [];
  const message = `Tenant ${owner.value} is gone, and this is left of it; delete it, or bring the tenant back.`;
  return [{ field: owner.field, observed: owner.value, message }];
}

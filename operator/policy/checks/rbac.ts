import { z } from "zod";
import type { Manifest } from "../../../constructs/manifest.ts";
import type { Surroundings } from "../check.ts";
import { labelsSchema, selects, selectorSchema } from "../reachability/label-selector.ts";
import type { FieldRead, Read } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";

export const rbacVersion = "rbac.authorization.k8s.io/v1";

const list = z.array(z.string());
const ruleSchema = z.object({
  verbs: list,
  apiGroups: list.default([]),
  resources: list.default([]),
  resourceNames: list.default([]),
  nonResourceURLs: list.default([]),
});

/** One entry of `rules` of a Role or ClusterRole. */
export type Rule = Readonly<z.output<typeof ruleSchema>>;

/** To whom a binding gives its role. */
export interface Subject {
  readonly field: string;
  readonly kind: string;
  readonly name: string;
  /** Of a ServiceAccount; empty otherwise. */
  readonly namespace: string;
}

/** Lists of rules that must not pass. */
interface RuleViolations {
  readonly role?: readonly unknown[];
  readonly clusterRole?: readonly unknown[];
}

/** Roles and what they grant. A role without rules grants nothing. */
export function roles({ role = [], clusterRole = [] }: RuleViolations = {}): readonly Read[] {
  const rules = (violations: readonly unknown[]): FieldRead => ({
    path: "rules",
    whenAbsent: { default: [] },
    violations,
  });
  const aggregation: readonly FieldRead[] = [
    { path: "aggregationRule.clusterRoleSelectors", whenAbsent: { default: [] }, violations: [] },
    { path: "metadata.labels", whenAbsent: { default: {} }, violations: [] },
  ];
  return [
    { apiVersion: rbacVersion, kind: "Role", scope: "platform", fields: [rules(role)] },
    {
      apiVersion: rbacVersion,
      kind: "ClusterRole",
      scope: "cluster",
      required: true,
      fields: [rules(clusterRole), ...aggregation],
    },
  ];
}

/** Which role a binding gives. */
export const roleRef: readonly FieldRead[] = ["roleRef.kind", "roleRef.name"].map((path) => ({
  path,
  whenAbsent: "error",
  violations: [],
}));

type SubjectKey = "kind" | "name" | "namespace";

/** Whom a binding names, with values that must not pass. */
export function subjectFields(
  violations: Partial<Readonly<Record<SubjectKey, readonly unknown[]>>>,
): readonly FieldRead[] {
  const absent: Readonly<Record<SubjectKey, FieldRead["whenAbsent"]>> = {
    kind: "error",
    name: "error",
    namespace: { default: "" },
  };
  return (["kind", "name", "namespace"] as const).map((key) => ({
    path: `subjects[].${key}`,
    whenAbsent: absent[key],
    violations: violations[key] ?? [],
  }));
}

/** Bindings of the whole cluster. */
export function clusterRoleBindings(fields: readonly FieldRead[]): Read {
  return { apiVersion: rbacVersion, kind: "ClusterRoleBinding", scope: "cluster", fields };
}

export function roleBindings(scope: "tenant" | "platform", fields: readonly FieldRead[]): Read {
  return { apiVersion: rbacVersion, kind: "RoleBinding", scope, fields };
}

export function subjectsOf(binding: Seen): readonly Subject[] {
  const [names, namespaces] = ["subjects[].name", "subjects[].namespace"].map((path) => binding.texts(path));
  return binding.texts("subjects[].kind").map(({ field, value: kind }, index) => ({
    field: field.replace(/\.kind$/, ".name"),
    kind,
    name: names?.[index]?.value ?? "",
    namespace: namespaces?.[index]?.value ?? "",
  }));
}

/** What a binding grants: the rules of its role, with those that the role is made of. @throws Unknown where the role is not there. */
export function rulesOf(binding: Seen, { of, named, within }: Surroundings): readonly Rule[] {
  const { field, value: kind } = binding.text("roleRef.kind");
  const { value: name } = binding.text("roleRef.name");
  const inCluster = kind === "ClusterRole";
  const role = inCluster ? named(kind, name) : within(binding.namespace, kind).find((one) => one.name === name);
  if (role === undefined)
    throw new Unknown(
      field,
      `${kind} ${name} is not there, so what it grants is not known; add it, or delete the binding.`,
    );
  return inCluster ? aggregatedRules(role, of("ClusterRole"), new Set()) : ownRules(role);
}

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles: whoever adds a role with those labels adds to this one. */
function aggregatedRules(role: Seen, all: readonly Seen[], visited: Set<string>): readonly Rule[] {
  visited.add(role.name);
  const { field, value } = role.one("aggregationRule.clusterRoleSelectors");
  const selectors = read(z.array(selectorSchema), { field, value });
  const parts = selectors.length === 0 ? [] : all.filter((one) => isSelected(one, selectors));
  return [
    ...ownRules(role),
    ...parts.flatMap((part) => (visited.has(part.name) ? [] : aggregatedRules(part, all, visited))),
  ];
}

function isSelected(role: Seen, selectors: readonly z.output<typeof selectorSchema>[]): boolean {
  const labels = read(labelsSchema, role.one("metadata.labels"));
  return selectors.some((selector) => selects(selector, labels));
}

function ownRules(role: Seen): readonly Rule[] {
  return read(z.array(ruleSchema), role.one("rules"));
}

function read<Value>(
  schema: z.ZodType<Value>,
  { field, value }: { readonly field: string; readonly value: unknown },
): Value {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Unknown(field, `${field} is of no shape that is known.`);
  return parsed.data;
}

/** What may be done to objects of which kinds. */
export interface Right {
  readonly verbs: readonly string[];
  readonly group: string;
  /** Plural, with the subresource: `serviceaccounts/token`. */
  readonly resources: readonly string[];
}

/** Does this rule grant a part of that right? */
export function allows(rule: Rule, { verbs, group, resources }: Right): boolean {
  const has = (granted: readonly string[], wanted: readonly string[]): boolean =>
    granted.includes("*") || wanted.some((one) => granted.includes(one));
  const anywhere = resources.flatMap((resource) => {
    const [, subresource] = resource.split("/");
    return subresource === undefined ? [resource] : [resource, `*/${subresource}`];
  });
  return has(rule.verbs, verbs) && has(rule.apiGroups, [group]) && has(rule.resources, anywhere);
}

const shippedLabel = "kubernetes.io/bootstrapping";
/** Roles that Kubernetes gives to everybody. */
const everybodysRoles = [
  "system:basic-user",
  "system:discovery",
  "system:public-info-viewer",
  "system:service-account-issuer-discovery",
];
const boundSchema = z.object({
  roleRef: z.object({ name: z.string() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })).optional(),
});

/**
 * A binding that Kubernetes makes by itself, for its own components. The label alone does not make it one: whoever adds a subject to such a binding, or
 * borrows the label, is judged like everybody.
 */
export function isShipped(binding: Manifest): boolean {
  const bound = boundSchema.safeParse(binding);
  if (binding.metadata.labels?.[shippedLabel] !== "rbac-defaults" || !bound.success) return false;
  const role = bound.data.roleRef.name;
  return (bound.data.subjects ?? []).every(({ kind, name, namespace }) => {
    if (kind === "ServiceAccount") return namespace === "kube-system";
    if (kind === "User") return name.startsWith("system:kube-");
    if (role === "cluster-admin") return name === "system:masters";
    return name === "system:monitoring" || everybodysRoles.includes(role);
  });
}

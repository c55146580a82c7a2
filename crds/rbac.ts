import { group, names } from "./group.ts";
import { kinds } from "./kinds.ts";

/** Where a right is held. Rights in tenant namespaces come from RoleBindings that onboarding makes. */
export type AccessScope = "cluster" | "tenant" | "operatorNamespace" | "identityNamespace";

/** One right of the operator, declared beside the code that needs it. */
export interface AccessRule {
  readonly scope: AccessScope;
  readonly apiGroup: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  /** Why; shown in docs/reference/rbac.md. */
  readonly why: string;
}

/** Who the operator is. */
export type OperatorSubject =
  | { readonly kind: "ServiceAccount"; readonly name: string; readonly namespace: string }
  | { readonly kind: "User"; readonly name: string };

export interface RbacOptions {
  /** Default: ServiceAccount `socle` in the operator's namespace. A User where the operator runs outside of the cluster. */
  readonly subject?: OperatorSubject;
}

/** One entry of `rules` of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

type Right = Omit<AccessRule, "scope">;

/** The roles of which the operator may make RoleBindings: what it holds in tenants' namespaces and what people hold there. */
export const bindableRoles: readonly string[] = [
  names.operatorInTenantRole,
  names.tenantAdminRole,
  names.identityAdminRole,
  names.auditorRole,
];

const forbiddenVerbs: Readonly<Record<string, string>> = {
  "*": "name each verb",
  escalate: "it would let the operator write roles with rights that it does not hold",
  impersonate: "it would let the operator act as anybody",
  bind: "it is added here, on the named roles only",
};

const rbacGroup = "rbac.authorization.k8s.io";
const read = ["get", "list", "watch"];
const verbOrder = [...read, "create", "update", "patch", "delete", "deletecollection"];

/**
 * The operator's roles and bindings and the roles of people, as plain JSON. Rules are merged and sorted: any order of the same
 * rules gives the same bytes.
 *
 * @throws Error, naming the rule, on `*`, `escalate`, `impersonate`, `bind`, on Secrets across the cluster, on an empty list, and
 * on a verb that no resourceName can limit.
 */
export function rbacManifests(rules: readonly AccessRule[], options: RbacOptions = {}): object[] {
  for (const rule of rules) refuseDangerous(rule);
  const subject = options.subject ?? { kind: "ServiceAccount", name: "socle", namespace: names.operatorNamespace };
  const held = (scope: AccessScope): PolicyRule[] => mergedRules(rules.filter((rule) => rule.scope === scope));
  const cluster = [...held("cluster"), ...mergedRules([bindRight])];
  return [
    ...roleWithBinding({ role: names.operatorRole, binding: "cluster", rules: cluster }, subject),
    ...namespaced(
      names.operatorNamespace,
      { binding: "operator-namespace", rules: held("operatorNamespace") },
      subject,
    ),
    ...namespaced(
      names.identityNamespace,
      { binding: "identity-namespace", rules: held("identityNamespace") },
      subject,
    ),
    clusterRole(names.operatorInTenantRole, held("tenant"), "tenant"),
    clusterRole(names.tenantAdminRole, mergedRules([...homeReading, ...tenantAdminRights])),
    clusterRole(names.identityAdminRole, mergedRules([...homeReading, ...identityAdminRights])),
    clusterRole(names.auditorRole, mergedRules([...homeReading, ...auditorRights])),
    clusterRole(names.securityOfficerRole, mergedRules(securityOfficerRights)),
    aggregated("view", mergedRules(viewRights)),
    aggregated("admin", mergedRules(adminRights)),
  ];
}

/** The fewest rules that say the same: one per group, names and verbs; sorted. */
export function mergedRules(rights: readonly Right[]): PolicyRule[] {
  const verbsOf = new Map<string, { right: Right; resource: string; verbs: Set<string> }>();
  for (const right of rights) {
    for (const resource of right.resources) {
      const key = JSON.stringify([right.apiGroup, sorted(right.resourceNames), resource]);
      const entry = verbsOf.get(key) ?? { right, resource, verbs: new Set<string>() };
      for (const verb of right.verbs) entry.verbs.add(verb);
      verbsOf.set(key, entry);
    }
  }
  const merged = new Map<string, { right: Right; resources: string[]; verbs: string[] }>();
  for (const { right, resource, verbs } of verbsOf.values()) {
    const ordered = [...verbs].sort(byVerb);
    const key = JSON.stringify([right.apiGroup, sorted(right.resourceNames), ordered]);
    const entry = merged.get(key) ?? { right, resources: [], verbs: ordered };
    entry.resources.push(resource);
    merged.set(key, entry);
  }
  return [...merged.values()].map(policyRule).sort(byText);
}

function policyRule(entry: { right: Right; resources: readonly string[]; verbs: readonly string[] }): PolicyRule {
  const { right, resources, verbs } = entry;
  const named = sorted(right.resourceNames);
  return {
    apiGroups: [right.apiGroup],
    resources: sorted(resources),
    ...(named.length === 0 ? {} : { resourceNames: named }),
    verbs,
  };
}

function sorted(values: readonly string[] = []): string[] {
  return [...new Set(values)].sort();
}

function byText(left: PolicyRule, right: PolicyRule): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

function byVerb(left: string, right: string): number {
  const rank = (verb: string): number => (verbOrder.includes(verb) ? verbOrder.indexOf(verb) : verbOrder.length);
  return rank(left) - rank(right) || (left < right ? -1 : 1);
}

function refuseDangerous(rule: AccessRule): void {
  const where = `The right "${rule.why}" (${rule.scope}, ${rule.resources.join(", ")})`;
  if (rule.resources.length === 0 || rule.verbs.length === 0) throw new Error(`${where} has no resource or no verb.`);
  for (const verb of rule.verbs) {
    const remedy = forbiddenVerbs[verb];
    if (remedy !== undefined) throw new Error(`${where} asks for the verb ${verb}: ${remedy}.`);
  }
  if (rule.apiGroup === "*" || rule.resources.some((resource) => resource.includes("*"))) {
    throw new Error(`${where} asks for *: name each group and resource.`);
  }
  const secrets = rule.apiGroup === "" && rule.resources.some((resource) => resource.split("/")[0] === "secrets");
  if (rule.scope === "cluster" && secrets) {
    throw new Error(`${where} reaches Secrets across the cluster: declare it with scope tenant or operatorNamespace.`);
  }
  if (rule.resourceNames !== undefined) refuseVainNames(rule, where);
}

/** RBAC grants nothing, or not what was meant, where the name is not part of the request. */
function refuseVainNames(rule: AccessRule, where: string): void {
  if (rule.resourceNames?.length === 0) throw new Error(`${where} has an empty list of names, which would mean all.`);
  const vain = rule.verbs.find((verb) => verb === "create" || verb === "deletecollection");
  if (vain !== undefined)
    throw new Error(`${where} limits ${vain} to names, which RBAC cannot: a rule of its own without names.`);
}

const bindRight: Right = {
  apiGroup: rbacGroup,
  resources: ["clusterroles"],
  resourceNames: bindableRoles,
  verbs: ["bind"],
  why: "binds its own rights and those of a ministry's administrators in the namespaces that it makes",
};

/** What everybody whom a ministry names sees in its home namespace. Never Secrets. */
const homeReading: readonly Right[] = [
  {
    apiGroup: group,
    resources: kinds.filter((meta) => meta.scope === "Namespaced").map((meta) => meta.plural),
    verbs: read,
    why: "follows the suite of the ministry",
  },
  {
    apiGroup: "",
    resources: ["configmaps"],
    resourceNames: ["socle-tenant"],
    verbs: read,
    why: "reads the state of the Tenant, which itself is cluster-scoped",
  },
  { apiGroup: "openreports.io", resources: ["reports"], verbs: read, why: "reads what the checks found" },
  { apiGroup: "events.k8s.io", resources: ["events"], verbs: read, why: "reads what happened" },
  { apiGroup: "", resources: ["events"], verbs: read, why: "reads what happened, through kubectl describe" },
];

const tenantAdminRights: readonly Right[] = [
  {
    apiGroup: group,
    resources: ["moduledeployments"],
    verbs: ["update", "patch"],
    why: "tunes modules; an admission policy holds it to the open fields",
  },
  { apiGroup: group, resources: ["policyexceptions"], verbs: ["create"], why: "asks for exceptions" },
];

const identityAdminRights: readonly Right[] = [
  {
    apiGroup: group,
    resources: ["tenantidentityproviders"],
    verbs: ["create", "update", "patch", "delete"],
    why: "connects identity providers",
  },
  {
    // No patch: its response carries the whole Secret, so an empty patch would be a read.
    apiGroup: "",
    resources: ["secrets"],
    verbs: ["create", "update"],
    why: "hands in the client secrets of identity providers, blind",
  },
];

const auditorRights: readonly Right[] = [
  { apiGroup: "", resources: ["resourcequotas", "limitranges"], verbs: read, why: "checks the quota" },
  { apiGroup: "networking.k8s.io", resources: ["networkpolicies"], verbs: read, why: "checks the isolation" },
  { apiGroup: rbacGroup, resources: ["rolebindings"], verbs: read, why: "checks who holds which role" },
];

/** Of the platform's security group, which no manifest of ours binds: who answers for exceptions is the platform's to say. */
const securityOfficerRights: readonly Right[] = [
  {
    apiGroup: group,
    resources: kinds.map((meta) => meta.plural),
    verbs: read,
    why: "sees what exceptions and attestations are about",
  },
  {
    apiGroup: group,
    resources: ["policyexceptions"],
    // By a patch of one field; an admission policy holds the approval to the verb and to the person's own name.
    verbs: ["patch", "approve"],
    why: "approves exceptions that others ask for",
  },
  {
    apiGroup: group,
    resources: ["attestations"],
    verbs: ["create", "update", "patch"],
    why: "attests in person, and ends what is no longer so",
  },
];

/** Added to the built-in roles view, edit and admin of the cluster: who may look at everything may look at ours. */
const viewRights: readonly Right[] = [
  {
    apiGroup: group,
    resources: kinds.map((meta) => meta.plural),
    verbs: read,
    why: "sees what the suites are made of",
  },
];

/** Added to the built-in role admin: what the platform writes, and nothing that the operator or the security group writes. */
const adminRights: readonly Right[] = [
  {
    apiGroup: group,
    resources: ["sovereignregions", "tenants", "tenantidentityproviders"],
    verbs: ["create", "update", "patch", "delete"],
    why: "describes regions and tenants",
  },
  { apiGroup: group, resources: ["moduledeployments"], verbs: ["update", "patch"], why: "tunes modules" },
  { apiGroup: group, resources: ["policyexceptions"], verbs: ["create", "delete"], why: "asks for exceptions" },
];

interface RoleContent {
  readonly binding: string;
  readonly rules: readonly PolicyRule[];
}

function labels(binding?: string): Record<string, string> {
  return {
    [names.managedByLabel]: names.managedBy,
    [names.partOfLabel]: names.partOf,
    ...(binding === undefined ? {} : { [names.bindingLabel]: binding }),
  };
}

function clusterRole(name: string, rules: readonly PolicyRule[], binding?: string): object {
  return { apiVersion: `${rbacGroup}/v1`, kind: "ClusterRole", metadata: { name, labels: labels(binding) }, rules };
}

/** Labelled so that the API server adds its rules to the built-in role of that name, and to those above it. */
function aggregated(role: "view" | "admin", rules: readonly PolicyRule[]): object {
  const into = role === "view" ? ["view", "edit", "admin"] : ["admin"];
  const aggregation = into.map((name): [string, string] => [`${rbacGroup}/aggregate-to-${name}`, "true"]);
  return {
    apiVersion: `${rbacGroup}/v1`,
    kind: "ClusterRole",
    metadata: { name: `socle:aggregate-to-${role}`, labels: { ...labels(), ...Object.fromEntries(aggregation) } },
    rules,
  };
}

function rbacSubject(subject: OperatorSubject): object {
  return subject.kind === "User" ? { apiGroup: rbacGroup, ...subject } : subject;
}

function roleWithBinding(content: RoleContent & { readonly role: string }, subject: OperatorSubject): object[] {
  const { role, binding, rules } = content;
  return [
    clusterRole(role, rules, binding),
    {
      apiVersion: `${rbacGroup}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: role, labels: labels(binding) },
      roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: role },
      subjects: [rbacSubject(subject)],
    },
  ];
}

/** Role and RoleBinding of the operator in one of its own namespaces; nothing if it needs no right there. */
function namespaced(namespace: string, content: RoleContent, subject: OperatorSubject): object[] {
  if (content.rules.length === 0) return [];
  const metadata = { name: names.operatorRole, namespace, labels: labels(content.binding) };
  return [
    { apiVersion: `${rbacGroup}/v1`, kind: "Role", metadata, rules: content.rules },
    {
      apiVersion: `${rbacGroup}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: rbacGroup, kind: "Role", name: names.operatorRole },
      subjects: [rbacSubject(subject)],
    },
  ];
}

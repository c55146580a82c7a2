import { z } from "zod";
import type { Manifest } from "../../constructs/manifest.ts";
import { isShipped, rbacVersion } from "../policy/checks/rbac.ts";

/** A role that somebody holds, and where. */
export interface Holding {
  /** `Group minagri-admins`. */
  readonly who: string;
  /** `ClusterRole socle:tenant-admin`. */
  readonly role: string;
  /** A namespace, or `*`: the whole cluster. */
  readonly where: string;
  /** The binding that gives it. */
  readonly by: string;
}

/** Who may do what with one resource of one place. */
export interface ResourceAccess {
  readonly where: string;
  /** `secrets`, `deployments.apps`, or a path of the API server. */
  readonly resource: string;
  readonly holders: readonly { readonly who: string; readonly verbs: readonly string[]; readonly by: string }[];
}

/** Rights by Kubernetes, read from both sides. */
export interface AccessReport {
  readonly byPerson: readonly Holding[];
  readonly byResource: readonly ResourceAccess[];
  /** Roles that somebody holds and whose rules could not be read. */
  readonly unknownRoles: readonly string[];
  /** Bindings whose form is not understood. */
  readonly malformed: readonly string[];
}

const bindingSchema = z.object({
  roleRef: z.object({ kind: z.string(), name: z.string() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })).default([]),
});
const list = z.array(z.string()).default([]);
const ruleSchema = z.object({
  verbs: list,
  apiGroups: list,
  resources: list,
  resourceNames: list,
  nonResourceURLs: list,
});
const rulesSchema = z.array(ruleSchema).nullish();
type Rule = z.output<typeof ruleSchema>;

/** Holdings in these namespaces and in the whole cluster, without those that Kubernetes itself ships. Pure. */
export function accessOf(objects: readonly Manifest[], namespaces: readonly string[]): AccessReport {
  const bindings = objects.filter((object) => isBinding(object, namespaces) && !isShipped(object));
  const read = bindings.map((object) => ({ object, parsed: bindingSchema.safeParse(object) }));
  const rules = rulesByRole(objects);
  const holdings = read.flatMap(({ object: { kind, metadata }, parsed }) =>
    (parsed.data?.subjects ?? []).map(
      ({ kind: subjectKind, namespace, name }): Holding => ({
        who: `${subjectKind} ${namespace === undefined ? "" : `${namespace}/`}${name}`,
        role: `${parsed.data?.roleRef.kind ?? ""} ${parsed.data?.roleRef.name ?? ""}`,
        where: metadata.namespace ?? "*",
        by: `${kind} ${metadata.name}`,
      }),
    ),
  );
  const unknown = holdings.filter((holding) => rulesOf(holding, rules) === undefined).map(({ role }) => role);
  return {
    byPerson: holdings.toSorted(by(({ who, where, role }) => `${who}\n${where}\n${role}`)),
    byResource: byResource(holdings, rules),
    unknownRoles: [...new Set(unknown)].sort(),
    malformed: read
      .filter(({ parsed }) => !parsed.success)
      .map(({ object: { kind, metadata } }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`),
  };
}

function isBinding({ apiVersion, kind, metadata }: Manifest, namespaces: readonly string[]): boolean {
  if (apiVersion !== rbacVersion) return false;
  return kind === "ClusterRoleBinding" || (kind === "RoleBinding" && namespaces.includes(metadata.namespace ?? ""));
}

/** By `ClusterRole name` and `Role namespace/name`. */
function rulesByRole(objects: readonly Manifest[]): ReadonlyMap<string, readonly Rule[]> {
  const roles = objects.filter(
    ({ apiVersion, kind }) => apiVersion === rbacVersion && (kind === "Role" || kind === "ClusterRole"),
  );
  return new Map(
    roles.flatMap((role) => {
      const parsed = rulesSchema.safeParse(role["rules"]);
      const { namespace, name } = role.metadata;
      const key = role.kind === "Role" ? `Role ${namespace ?? ""}/${name}` : `ClusterRole ${name}`;
      return parsed.success ? [[key, parsed.data ?? []] as const] : [];
    }),
  );
}

function rulesOf({ role, where }: Holding, rules: ReadonlyMap<string, readonly Rule[]>): readonly Rule[] | undefined {
  return rules.get(role.startsWith("Role ") ? `Role ${where}/${role.slice("Role ".length)}` : role);
}

function byResource(
  holdings: readonly Holding[],
  rules: ReadonlyMap<string, readonly Rule[]>,
): readonly ResourceAccess[] {
  const grants = holdings.flatMap((holding) =>
    (rulesOf(holding, rules) ?? []).flatMap((rule) =>
      resourcesOf(rule).map((resource) => ({ ...holding, resource, verbs: rule.verbs })),
    ),
  );
  const groups = Map.groupBy(grants, ({ where, resource }) => JSON.stringify([where, resource]));
  return [...groups.values()]
    .flatMap((group): ResourceAccess[] => {
      const [first] = group;
      if (first === undefined) return [];
      const holders = Map.groupBy(group, ({ who, by: binding }) => JSON.stringify([who, binding]));
      return [{ where: first.where, resource: first.resource, holders: [...holders.values()].flatMap(merged) }];
    })
    .toSorted(by(({ where, resource }) => `${where}\n${resource}`));
}

type Grant = Holding & { readonly verbs: readonly string[] };

/** Several rules of one role may speak of one resource. */
function merged(grants: readonly Grant[]): ResourceAccess["holders"] {
  const [first] = grants;
  if (first === undefined) return [];
  return [{ who: first.who, by: first.by, verbs: [...new Set(grants.flatMap(({ verbs }) => verbs))].sort() }];
}

/** A right to one object by name is told with that name, so that it does not look like a right to all. */
function resourcesOf({ apiGroups, resources, resourceNames, nonResourceURLs }: Rule): readonly string[] {
  const named = resourceNames.length === 0 ? "" : ` (${resourceNames.join(", ")})`;
  const ofGroups = apiGroups.flatMap((group) =>
    resources.map((resource) => `${resource}${group === "" ? "" : `.${group}`}${named}`),
  );
  return [...ofGroups, ...nonResourceURLs];
}

function by<Row>(key: (row: Row) => string): (left: Row, right: Row) => number {
  return (left, right) => (key(left) < key(right) ? -1 : key(left) > key(right) ? 1 : 0);
}

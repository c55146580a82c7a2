import { apiVersion, names } from "../../../crds/group.ts";
import type { Evaluation } from "../check.ts";
import type { Problem } from "../read.ts";
import { clusterRoleBindings, isShipped, roleBindings, roleRef, subjectFields, subjectsOf } from "./rbac.ts";
import { tenantAdministrators, tenantsOf } from "./tenant-subjects.ts";
import { homeNamespace, tenantOfNamespace } from "./tenant-namespace.ts";

/** Words of names that several people use. */
export const genericWords: readonly string[] = [
  ...["admin", "administrator", "administrateur", "root", "superuser", "operator", "ops", "devops", "support"],
  ...["kubernetes", "kube", "cluster", "system", "service", "shared", "team", "test", "user", "break", "glass"],
];
/** First name and family name, at least. */
export const nameParts = 2;

/** The name without who vouches for it and where: `oidc:marie.durand@meteo.example` is marie and durand. */
function wordsOf(user: string): readonly string[] {
  const local = user.split(/[#:/]/).at(-1)?.split("@")[0] ?? "";
  return local.toLowerCase().match(/\p{L}+/gu) ?? [];
}

function isNamed(user: string): boolean {
  const words = wordsOf(user);
  return words.length >= nameParts && !words.some((word) => genericWords.includes(word));
}

const generic = subjectFields({ name: ["admin", "root@meteo.example", "kubernetes-admin", "oidc:ops", "marie"] });

/** 9-02. Names that start with `system:` are components of Kubernetes; people are known by the accounts of the directory. */
export const namedAccounts: Evaluation = {
  status: "implemented",
  subjects: [roleBindings("platform", generic), clusterRoleBindings(generic)],
  concerns: (binding) => !isShipped(binding),
  judge: (binding) =>
    subjectsOf(binding)
      .filter(({ kind, name }) => kind === "User" && !name.startsWith("system:") && !isNamed(name))
      .map(({ field, name }) => ({
        field,
        observed: name,
        message: `User ${name} is not the account of one person, such as first.last; bind the account of each, or a group.`,
      })),
};

const tenantRoles: Readonly<Record<string, string>> = {
  TenantAdmin: names.tenantAdminRole,
  IdentityAdmin: names.identityAdminRole,
  Auditor: names.auditorRole,
};
const administrators = ["kind", "name", "role"].map((key) => `spec.administrators[].${key}`);

/** 9-04. Each of the three roles has a group, and what binds them is there. */
export const differentiatedRoles: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion,
      kind: "Tenant",
      scope: "cluster",
      fields: administrators.map((path) => ({
        path,
        whenAbsent: "error",
        violations: [path.endsWith("role") ? "TenantAdmin" : path.endsWith("kind") ? "User" : "nobody-bound"],
      })),
    },
  ],
  related: [roleBindings("tenant", [...roleRef, ...subjectFields({ kind: ["User"], name: ["other-group"] })])],
  judge: (tenant, { within }) => {
    const [kinds = [], named = [], given = []] = administrators.map((path) => tenant.texts(path));
    const bound = within(homeNamespace(tenant.name), "RoleBinding").flatMap((binding) => {
      const role = `${binding.text("roleRef.kind").value} ${binding.text("roleRef.name").value}`;
      return subjectsOf(binding).map(({ kind, name }) => `${role} ${kind} ${name}`);
    });
    return Object.entries(tenantRoles).flatMap(([role, clusterRole]): Problem[] => {
      const groups = named.filter((_, at) => kinds[at]?.value === "Group" && given[at]?.value === role);
      if (groups.some(({ value }) => bound.includes(`ClusterRole ${clusterRole} Group ${value}`))) return [];
      const observed = groups.length === 0 ? `no group has role ${role}` : `no group is bound to ${clusterRole}`;
      const message = `Role ${role} needs a group of its own: name one in spec.administrators, and see that the operator binds it.`;
      return [{ field: "spec.administrators", observed, message }];
    });
  },
};

/** Roles that one subject may not hold together: who checks does not act. */
export const incompatibleRoles: readonly string[] = [
  `${names.auditorRole} ${names.tenantAdminRole}`,
  `${names.auditorRole} ${names.identityAdminRole}`,
];

const areIncompatible = (left: string, right: string): boolean =>
  incompatibleRoles.some((pair) => pair === `${left} ${right}` || pair === `${right} ${left}`);

/** 9-13. Of subjects that are bound; who is in which group, the directory alone knows. */
export const incompatibleRights: Evaluation = {
  status: "implemented",
  subjects: [roleBindings("tenant", [...roleRef, ...subjectFields({ name: ["meteo-admins"] })])],
  concerns: ({ metadata }) => tenantOfNamespace(metadata.namespace) !== undefined,
  judge: (binding, { within }) => {
    const { value: role } = binding.text("roleRef.name");
    binding.text("roleRef.kind");
    const others = within(binding.namespace, "RoleBinding").filter((other) =>
      areIncompatible(role, other.text("roleRef.name").value),
    );
    return subjectsOf(binding).flatMap(({ field, kind, name }) =>
      others
        .filter((other) => subjectsOf(other).some((one) => one.kind === kind && one.name === name))
        .map((other) => ({
          field,
          observed: `${kind} ${name}`,
          message: `${kind} ${name} holds ${role} and, by ${other.name}, ${other.text("roleRef.name").value}; keep one of them.`,
        })),
    );
  },
};

const reachesOut = { name: ["meteo-admins", "system:authenticated", "system:serviceaccounts:t-meteo-apps"] };

/** 9-33. Of the cluster; that no tenant has an account in the provider's space, only the provider's API tells. */
export const rightsOutside: Evaluation = {
  status: "implemented",
  subjects: [clusterRoleBindings(subjectFields(reachesOut)), roleBindings("platform", subjectFields(reachesOut))],
  related: [tenantAdministrators(["platform-operators"])],
  concerns: (binding) => !isShipped(binding),
  judge: (binding, surroundings) => {
    const own = tenantOfNamespace(binding.namespace);
    return subjectsOf(binding).flatMap((subject): Problem[] => {
      const { field, kind, name } = subject;
      const tenants = tenantsOf(subject, surroundings);
      if (tenants.length === 0 || (own !== undefined && tenants.includes(own))) return [];
      const who = tenants.includes("*") ? "everybody" : `tenant ${tenants.join(", ")}`;
      const where = binding.namespace === undefined ? "in the whole cluster" : `in ${binding.namespace}`;
      const message = `${kind} ${name} is of ${who} and holds rights ${where}; take it out of the binding.`;
      return [{ field, observed: `${kind} ${name}`, message }];
    });
  },
};

/** 9-40. Support has no consent that could be read yet, so nobody of the platform may hold a right here but the operator. */
export const rightsInside: Evaluation = {
  status: "implemented",
  subjects: [
    roleBindings(
      "tenant",
      subjectFields({ kind: ["User"], name: ["platform-support", "agri-admins", "system:masters"] }),
    ),
  ],
  related: [tenantAdministrators(["others"])],
  concerns: ({ metadata }) => tenantOfNamespace(metadata.namespace) !== undefined,
  judge: (binding, surroundings) => {
    const tenant = tenantOfNamespace(binding.namespace) ?? "";
    return subjectsOf(binding).flatMap((subject): Problem[] => {
      const { field, kind, name, namespace } = subject;
      if (kind === "ServiceAccount" && namespace === names.operatorNamespace && name === "socle") return [];
      if (tenantsOf(subject, surroundings).includes(tenant)) return [];
      const observed = `${kind} ${name}`;
      const message = `${observed} holds rights in ${binding.namespace ?? ""} and tenant ${tenant} did not name it; delete the binding, or have the tenant name it in spec.administrators.`;
      return [{ field, observed, message }];
    });
  },
};

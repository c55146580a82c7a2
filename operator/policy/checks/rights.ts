import { names } from "../../../crds/group.ts";
import type { Evaluation } from "../check.ts";
import type { Problem } from "../read.ts";
import type { Seen } from "../seen.ts";
import { tenantAdministrators, tenantsOf } from "./tenant-subjects.ts";
import { tenantOfNamespace } from "./tenant-namespace.ts";
import {
  allows,
  clusterRoleBindings,
  isShipped,
  type Right,
  roleBindings,
  roleRef,
  roles,
  type Rule,
  rulesOf,
  type Subject,
  subjectFields,
  subjectsOf,
} from "./rbac.ts";

const roleText = (binding: Seen): string =>
  `${binding.text("roleRef.kind").value} ${binding.text("roleRef.name").value}`;
const everything: Rule = {
  verbs: ["*"],
  apiGroups: ["*"],
  resources: ["*"],
  resourceNames: [],
  nonResourceURLs: [],
};

const wild = [
  [{ verbs: ["*"], apiGroups: [""], resources: ["pods"] }],
  [{ verbs: ["get"], apiGroups: ["*"], resources: ["pods"] }],
  [{ verbs: ["get"], apiGroups: [""], resources: ["*"] }],
  [{ verbs: ["get"], apiGroups: [""], resources: ["pods/*"] }],
];

/** 9-05. https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege: `*` grants what is not invented yet. */
export const wildcards: Evaluation = {
  status: "implemented",
  subjects: [roleBindings("tenant", roleRef)],
  related: roles({ role: wild, clusterRole: wild }),
  concerns: ({ metadata }) => tenantOfNamespace(metadata.namespace) !== undefined,
  judge: (binding, surroundings) =>
    rulesOf(binding, surroundings)
      .filter(({ verbs, apiGroups, resources }) =>
        [...verbs, ...apiGroups, ...resources].some((one) => one.includes("*")),
      )
      .map((rule) => ({
        field: "roleRef",
        observed: roleText(binding),
        message: `${roleText(binding)} grants ${ruleText(rule)}; name each verb, group and resource.`,
      })),
};

function ruleText({ verbs, apiGroups, resources }: Rule): string {
  return `${verbs.join(", ")} on ${resources.join(", ")} of ${apiGroups.map((one) => (one === "" ? "core" : one)).join(", ")}`;
}

interface Dangerous {
  readonly name: string;
  readonly right: Right;
  /** Where no RoleBinding grants it: what it is about has no namespace. */
  readonly clusterOnly?: true;
}

/** https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks */
const dangerous: readonly Dangerous[] = [
  {
    name: "bind",
    right: { verbs: ["bind"], group: "rbac.authorization.k8s.io", resources: ["roles", "clusterroles"] },
  },
  {
    name: "escalate",
    right: { verbs: ["escalate"], group: "rbac.authorization.k8s.io", resources: ["roles", "clusterroles"] },
  },
  {
    name: "impersonate",
    right: { verbs: ["impersonate"], group: "", resources: ["users", "groups", "serviceaccounts"] },
  },
  {
    name: "impersonate",
    right: { verbs: ["impersonate"], group: "authentication.k8s.io", resources: ["uids", "userextras"] },
    clusterOnly: true,
  },
  { name: "tokens", right: { verbs: ["create"], group: "", resources: ["serviceaccounts/token"] } },
  {
    name: "nodes-proxy",
    right: { verbs: ["get", "create"], group: "", resources: ["nodes/proxy"] },
    clusterOnly: true,
  },
  {
    name: "certificates",
    right: {
      verbs: ["update", "patch"],
      group: "certificates.k8s.io",
      resources: ["certificatesigningrequests/approval"],
    },
    clusterOnly: true,
  },
  {
    name: "webhooks",
    right: {
      verbs: ["create", "update", "patch"],
      group: "admissionregistration.k8s.io",
      resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
    },
    clusterOnly: true,
  },
];

/** Who of the platform may hold which of them, as `namespace/service-account right`. The operator binds the roles of tenants' people, by name. */
export const platformRights: readonly string[] = [
  `${names.operatorNamespace}/socle bind`,
  "cert-manager/cert-manager tokens",
  "cert-manager/cert-manager-cainjector webhooks",
  "cnpg-system/cnpg-manager webhooks",
];

const isOfThePlatform = ({ kind, namespace, name }: Subject, right: string): boolean =>
  kind === "ServiceAccount" && platformRights.includes(`${namespace}/${name} ${right}`);

const somebodyElse = subjectFields({ kind: ["User", "Group"], name: ["other"], namespace: ["elsewhere"] });
/** Each of them as the rules of a role. */
const granting = (some: readonly Dangerous[]) => [
  [everything],
  ...some.map(({ right: { verbs, group, resources } }) => [{ verbs, apiGroups: [group], resources }]),
];

/** 9-06. Rights that lead to all others. */
export const escalation: Evaluation = {
  status: "implemented",
  subjects: [
    clusterRoleBindings([...roleRef, ...somebodyElse]),
    roleBindings("platform", [...roleRef, ...somebodyElse]),
  ],
  related: roles({
    role: granting(dangerous.filter(({ name, clusterOnly }) => name !== "tokens" && clusterOnly !== true)),
    clusterRole: granting(dangerous.filter(({ name }) => name !== "bind")),
  }),
  concerns: (binding) => !isShipped(binding),
  judge: (binding, surroundings) => {
    const rules = rulesOf(binding, surroundings);
    const subjects = subjectsOf(binding);
    const held = dangerous.filter(
      ({ right, clusterOnly }) =>
        !(clusterOnly && binding.object.kind === "RoleBinding") && rules.some((rule) => allows(rule, right)),
    );
    return [...new Set(held.map(({ name }) => name))].flatMap((right) =>
      subjects
        .filter((subject) => !isOfThePlatform(subject, right))
        .map(({ field, kind, name }) => ({
          field,
          observed: `${kind} ${name}`,
          message: `${roleText(binding)} gives ${kind} ${name} the right ${right}, which leads to all others; take it out of the role or the subject out of the binding.`,
        })),
    );
  },
};

/** Who may be everything, in an emergency. */
export const breakGlassGroups: readonly string[] = ["socle:break-glass"];
const masters = "system:masters";

const isBreakGlass = ({ kind, name }: Subject): boolean => kind === "Group" && breakGlassGroups.includes(name);
const notBreakGlass = subjectFields({
  kind: ["User", "ServiceAccount"],
  name: ["platform-operators", masters],
});

/** 9-07. https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege: system:masters passes by every check of rights. */
export const clusterAdmin: Evaluation = {
  status: "implemented",
  subjects: [
    clusterRoleBindings([...roleRef, ...notBreakGlass]),
    roleBindings("platform", [...roleRef, ...notBreakGlass]),
  ],
  related: roles(),
  concerns: (binding) => !isShipped(binding),
  judge: (binding, surroundings) => {
    const isAll = rulesOf(binding, surroundings).some(
      ({ verbs, apiGroups, resources }) => verbs.includes("*") && apiGroups.includes("*") && resources.includes("*"),
    );
    return subjectsOf(binding).flatMap((subject): Problem[] => {
      const { field, kind, name } = subject;
      const observed = `${kind} ${name}`;
      if (kind === "Group" && name === masters)
        return [{ field, observed, message: `Nothing limits ${masters}; bind a group of the directory instead.` }];
      if (!isAll || isBreakGlass(subject)) return [];
      const message = `${roleText(binding)} lets ${observed} do everything; bind ${breakGlassGroups.join(" or ")} to it and nobody else.`;
      return [{ field, observed, message }];
    });
  },
};

const strangers = ["system:anonymous", "system:unauthenticated"];
/** What Kubernetes itself tells everybody: whether it is there, and in which version. */
export const publicPaths: readonly string[] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
const known = subjectFields({ name: strangers });

function isPublic({ verbs, resources, nonResourceURLs }: Rule): boolean {
  return (
    resources.length === 0 &&
    verbs.every((verb) => verb === "get") &&
    nonResourceURLs.every((path) => publicPaths.includes(path))
  );
}

/** 9-08. What Kubernetes ships is judged too, since it leaves in place what others add to it. */
export const anonymous: Evaluation = {
  status: "implemented",
  subjects: [clusterRoleBindings([...roleRef, ...known]), roleBindings("platform", [...roleRef, ...known])],
  related: roles(),
  judge: (binding, surroundings) => {
    const unknown = subjectsOf(binding).filter(({ name }) => strangers.includes(name));
    if (rulesOf(binding, surroundings).every(isPublic)) return [];
    return unknown.map(({ field, kind, name }) => ({
      field,
      observed: `${kind} ${name}`,
      message: `${roleText(binding)} is given to whoever comes without a name; take ${name} out of the binding.`,
    }));
  },
};

/** Roles that read Secrets in tenants' namespaces: the operator's alone. */
export const secretReaders: readonly string[] = [names.operatorInTenantRole];
const secretReading: Right = { verbs: ["get", "list", "watch"], group: "", resources: ["secrets"] };

/** 9-09. https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets. What a pod's own account reads by name, it was made for. */
export const secrets: Evaluation = {
  status: "implemented",
  subjects: [
    roleBindings("tenant", [
      ...roleRef,
      ...subjectFields({ kind: ["User", "Group"], namespace: ["t-other-data", "kube-system"] }),
    ]),
    clusterRoleBindings([...roleRef, ...subjectFields({ namespace: ["t-meteo-apps"] })]),
  ],
  related: [
    tenantAdministrators([]),
    ...roles({ role: [[{ verbs: ["list"], apiGroups: [""], resources: ["secrets"] }], [everything]] }),
  ],
  concerns: (binding) =>
    binding.kind === "RoleBinding" ? tenantOfNamespace(binding.metadata.namespace) !== undefined : !isShipped(binding),
  judge: (binding, surroundings) => {
    const reading = rulesOf(binding, surroundings).filter((rule) => allows(rule, secretReading));
    const subjects = subjectsOf(binding);
    const isListed =
      binding.text("roleRef.kind").value === "ClusterRole" &&
      secretReaders.includes(binding.text("roleRef.name").value);
    const inCluster = binding.object.kind === "ClusterRoleBinding";
    const named = reading.every(({ resourceNames }) => resourceNames.length > 0);
    const excused = ({ kind, namespace }: Subject): boolean =>
      isListed || (named && kind === "ServiceAccount" && namespace === binding.namespace);
    const concerned = inCluster
      ? subjects.filter((subject) => tenantsOf(subject, surroundings).length > 0)
      : subjects.filter((subject) => !excused(subject));
    if (reading.length === 0) return [];
    return concerned.map(({ field, kind, name }) => ({
      field,
      observed: `${kind} ${name}`,
      message: `${roleText(binding)} lets ${kind} ${name} read Secrets; grant the names that it needs to its own service account, or nothing.`,
    }));
  },
};

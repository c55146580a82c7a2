import { names } from "../crds/group.ts";
import type { AccessRule, AccessScope } from "../crds/rbac.ts";
import { page, table } from "./markdown.ts";

const scopes: Readonly<Record<AccessScope, string>> = {
  cluster: "In the whole cluster",
  operatorNamespace: `In its own namespace, ${names.operatorNamespace}`,
  identityNamespace: `In the namespace of Keycloak, ${names.identityNamespace}`,
  tenant: "In the namespaces of tenants, through RoleBindings that onboarding makes",
};

/** docs/reference/rbac.md: every right of the operator, with the reason for it. Pure. */
export function rbacPage(access: readonly AccessRule[]): string {
  const blocks = (Object.keys(scopes) as AccessScope[]).flatMap((scope) => {
    const held = access.filter((rule) => rule.scope === scope);
    return held.length === 0
      ? []
      : [`## ${scopes[scope]}`, table(["Group", "Resources", "Verbs", "Why"], held.map(rightRow))];
  });
  return page([
    "# Rights of the operator",
    "What the operator may do, and why. Its roles are generated from the same list; it holds no right on Secrets across the cluster.",
    ...blocks,
  ]);
}

function rightRow(rule: AccessRule): string[] {
  const named = rule.resourceNames === undefined ? "" : ` (only ${rule.resourceNames.join(", ")})`;
  return [
    rule.apiGroup === "" ? "core" : rule.apiGroup,
    `${rule.resources.join(", ")}${named}`,
    rule.verbs.join(", "),
    rule.why,
  ];
}

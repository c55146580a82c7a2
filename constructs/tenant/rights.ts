import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { labels } from "../labels.ts";
import { namespaceName, placesOf } from "../names.ts";
import type { OperatorSubject, TenantIsolationInput, TenantRole } from "./tenant-input.ts";

const rbac = "rbac.authorization.k8s.io";

/** The role of a binding never changes (the API server forbids it), so each role has a binding of a fixed name. */
const clusterRoles: Readonly<Record<TenantRole, string>> = {
  TenantAdmin: names.tenantAdminRole,
  IdentityAdmin: names.identityAdminRole,
  Auditor: names.auditorRole,
};

/** Who may do what: people in the home namespace only, the operator in every one. */
export class TenantRights extends Construct {
  constructor(scope: Construct, id: string, input: TenantIsolationInput) {
    super(scope, id);
    const tenant = input.name;
    const bindingLabels = labels({ tenant, component: "rights" });
    for (const place of placesOf(input)) {
      new k8s.KubeRoleBinding(this, `${place}-operator`, {
        metadata: {
          name: bindingName(names.operatorInTenantRole),
          namespace: namespaceName(tenant, place),
          labels: bindingLabels,
        },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: names.operatorInTenantRole },
        subjects: [operator(input.operatorSubject)],
      });
    }
    for (const [role, clusterRole] of Object.entries(clusterRoles)) {
      const people = input.administrators.filter((administrator) => administrator.role === role);
      if (people.length === 0) continue;
      new k8s.KubeRoleBinding(this, role, {
        metadata: { name: bindingName(clusterRole), namespace: namespaceName(tenant, "home"), labels: bindingLabels },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: clusterRole },
        subjects: people.map(({ kind, name }) => ({ apiGroup: rbac, kind, name })),
      });
    }
  }
}

/** `socle:tenant-admin` → `socle-tenant-admin`: a colon is legal in the names of RBAC objects and breaks shells and file names. */
function bindingName(clusterRole: string): string {
  return clusterRole.replace(":", "-");
}

function operator(subject: OperatorSubject): k8s.Subject {
  if (subject.kind === "User") return { apiGroup: rbac, kind: "User", name: subject.name };
  return {
    kind: "ServiceAccount",
    name: subject.name,
    ...(subject.namespace === undefined ? {} : { namespace: subject.namespace }),
  };
}

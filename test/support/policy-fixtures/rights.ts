import type { Fixtures } from "./fixture.ts";
import {
  account,
  aggregatedRole,
  clusterRole,
  clusterRoleBinding,
  group,
  labelledAsShipped,
  role,
  roleBinding,
  user,
} from "./rbac.ts";

const podsOnly = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] };
const everything = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] };
const labels = { "meteo.example/aggregate": "yes" };
const tenant = {
  apiVersion: "socle.dev/v1alpha1",
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { administrators: [{ kind: "Group", name: "meteo-admins", role: "TenantAdmin" }] },
};
/** Some role of the cluster, which no binding here gives. */
const others = [clusterRole("others")];
const agents = group("meteo-agents");

export const rights: Fixtures = {
  "9-05": [
    {
      subject: roleBinding("t-meteo-apps", "Role reader", agents),
      related: [role("t-meteo-apps", "reader", podsOnly)],
      beside: others,
      rows: [
        {
          that: "names a role of another namespace",
          subject: roleBinding("t-meteo-data", "Role reader", agents),
          result: "error",
        },
      ],
    },
    {
      subject: roleBinding("t-meteo-apps", "ClusterRole reader", agents),
      related: aggregatedRole("reader", labels, podsOnly),
      rows: [
        {
          that: "names a role that is not there",
          subject: roleBinding("t-meteo", "ClusterRole gone", agents),
          result: "error",
        },
      ],
    },
  ],
  "9-06": [
    {
      subject: clusterRoleBinding("ClusterRole operator", account("socle-system", "socle")),
      related: aggregatedRole("operator", labels, {
        verbs: ["bind"],
        apiGroups: ["rbac.authorization.k8s.io"],
        resources: ["clusterroles"],
        resourceNames: ["socle:auditor"],
      }),
      rows: [
        {
          that: "gives it to a person too",
          subject: clusterRoleBinding("ClusterRole operator", account("socle-system", "socle"), user("marie.durand")),
          result: "fail",
        },
        {
          that: "gives it to a namesake in another namespace",
          subject: clusterRoleBinding("ClusterRole operator", account("elsewhere", "socle")),
          result: "fail",
        },
        {
          that: "is labelled as one that Kubernetes makes and names a person",
          subject: labelledAsShipped(clusterRoleBinding("ClusterRole operator", user("marie.durand"))),
          result: "fail",
        },
      ],
    },
    {
      subject: roleBinding("cert-manager", "Role tokens", account("cert-manager", "cert-manager")),
      related: [
        role("cert-manager", "tokens", {
          verbs: ["create"],
          apiGroups: [""],
          resources: ["serviceaccounts/token"],
          resourceNames: ["cert-manager"],
        }),
      ],
      beside: others,
    },
  ],
  "9-07": [
    {
      subject: clusterRoleBinding("ClusterRole whole", group("socle:break-glass")),
      related: aggregatedRole("whole", labels, everything),
      rows: [
        {
          that: "is of a service account",
          subject: clusterRoleBinding("ClusterRole whole", account("kube-system", "addon")),
          result: "fail",
        },
        {
          that: "gives everything in one namespace",
          subject: roleBinding("socle-system", "ClusterRole whole", user("marie.durand")),
          result: "fail",
        },
        {
          that: "gives everybody everything under the label of Kubernetes",
          subject: labelledAsShipped(clusterRoleBinding("ClusterRole whole", group("system:authenticated"))),
          result: "fail",
        },
      ],
    },
  ],
  "9-08": [
    {
      subject: clusterRoleBinding("ClusterRole reader", group("auditors")),
      related: aggregatedRole("reader", labels, podsOnly),
    },
  ],
  "9-09": [
    {
      subject: roleBinding("t-meteo-data", "Role database", account("t-meteo-data", "database")),
      related: [
        role("t-meteo-data", "database", {
          verbs: ["get", "watch"],
          apiGroups: [""],
          resources: ["secrets"],
          resourceNames: ["database-app"],
        }),
      ],
      beside: [...others, tenant],
      rows: [
        {
          that: "gives the names to a group as well",
          subject: roleBinding("t-meteo-data", "Role database", agents),
          result: "fail",
        },
      ],
    },
    {
      subject: clusterRoleBinding("ClusterRole secrets", account("vault", "reader")),
      related: [...aggregatedRole("secrets", labels, { ...podsOnly, resources: ["secrets"] }), tenant],
      rows: [
        {
          that: "is of a tenant's administrators",
          subject: clusterRoleBinding("ClusterRole secrets", group("meteo-admins")),
          result: "fail",
        },
        {
          that: "is of everybody",
          subject: clusterRoleBinding("ClusterRole secrets", group("system:authenticated")),
          result: "fail",
        },
      ],
    },
  ],
};

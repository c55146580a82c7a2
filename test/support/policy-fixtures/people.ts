import type { Fixtures } from "./fixture.ts";
import { account, clusterRoleBinding, group, roleBinding, user } from "./rbac.ts";

const tenant = (...administrators: readonly (readonly [kind: string, name: string, role: string])[]) => ({
  apiVersion: "socle.dev/v1alpha1",
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { administrators: administrators.map(([kind, name, role]) => ({ kind, name, role })) },
});
const admins = ["Group", "meteo-admins", "TenantAdmin"] as const;
const identity = ["Group", "meteo-identity", "IdentityAdmin"] as const;
const audit = ["Group", "meteo-audit", "Auditor"] as const;
const home = (role: string, name: string) => roleBinding("t-meteo", `ClusterRole socle:${role}`, group(name));

export const people: Fixtures = {
  "9-02": {
    subject: roleBinding("socle-system", "ClusterRole view", user("oidc:marie.durand@meteo.example")),
    rows: [
      { that: "is a group", subject: clusterRoleBinding("ClusterRole view", group("admin")), result: "pass" },
      { that: "has accents", subject: clusterRoleBinding("ClusterRole view", user("zoé.lefèvre")), result: "pass" },
      {
        that: "names a component of Kubernetes",
        subject: clusterRoleBinding("ClusterRole view", user("system:kube-scheduler")),
        result: "pass",
      },
      { that: "is shared", subject: clusterRoleBinding("ClusterRole view", user("break-glass-1")), result: "fail" },
    ],
  },
  "9-04": {
    subject: tenant(admins, identity, audit),
    related: [
      home("tenant-admin", "meteo-admins"),
      home("identity-admin", "meteo-identity"),
      home("auditor", "meteo-audit"),
    ],
    rows: [
      { that: "has no auditors", subject: tenant(admins, identity), result: "fail" },
      {
        that: "has an auditor who is one person",
        subject: tenant(admins, identity, ["User", "marie.durand", "Auditor"]),
        result: "fail",
      },
      {
        that: "has a person for emergencies beside the groups",
        subject: tenant(admins, identity, audit, ["User", "marie.durand", "TenantAdmin"]),
        result: "pass",
      },
    ],
  },
  "9-13": {
    subject: home("auditor", "meteo-audit"),
    related: [
      home("tenant-admin", "meteo-admins"),
      roleBinding("t-agri", "ClusterRole socle:tenant-admin", group("meteo-audit")),
    ],
    rows: [
      {
        that: "gives two roles that go together to one group",
        subject: home("identity-admin", "meteo-admins"),
        result: "pass",
      },
    ],
  },
  "9-33": [
    {
      subject: clusterRoleBinding("ClusterRole view", group("platform-operators")),
      related: [tenant(admins)],
      rows: [
        {
          that: "is of an account in a tenant's namespace",
          subject: clusterRoleBinding("ClusterRole view", account("t-meteo-apps", "default")),
          result: "fail",
        },
        {
          that: "lets administrators of a tenant into the platform",
          subject: roleBinding("socle-system", "ClusterRole view", group("meteo-admins")),
          result: "fail",
        },
        {
          that: "lets administrators of a tenant in at another's",
          subject: roleBinding("t-agri", "ClusterRole view", group("meteo-admins")),
          result: "fail",
        },
        { that: "lets them in at home", subject: home("tenant-admin", "meteo-admins"), result: "pass" },
      ],
    },
  ],
  "9-40": {
    subject: home("tenant-admin", "meteo-admins"),
    related: [tenant(admins)],
    rows: [
      {
        that: "is the operator's",
        subject: roleBinding("t-meteo-apps", "ClusterRole operator", account("socle-system", "socle")),
        result: "pass",
      },
      {
        that: "is of an account of the same tenant",
        subject: roleBinding("t-meteo-data", "Role postgresql", account("t-meteo-data", "postgresql")),
        result: "pass",
      },
      {
        that: "is of another account of the platform",
        subject: roleBinding("t-meteo-data", "ClusterRole view", account("monitoring", "collector")),
        result: "fail",
      },
      {
        that: "is of everybody",
        subject: roleBinding("t-meteo", "ClusterRole view", group("system:authenticated")),
        result: "fail",
      },
    ],
  },
};

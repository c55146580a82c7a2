import { apiVersion, names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const tenant = (contacts: readonly object[]) => ({
  apiVersion,
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { organization: { contacts } },
});
const dpo = { role: "DPO", email: "dpo@meteo.example" };
const officer = { role: "SecurityOfficer", email: "rssi@meteo.example" };
const technical = { role: "Technical", email: "ops@meteo.example" };

const binding = (name: string, role: string, subjects: readonly object[]) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name, namespace: "t-meteo" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
  subjects,
});
const group = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name });

const exception = (spec: object) => ({
  apiVersion,
  kind: "PolicyException",
  metadata: { name: "cache-password", namespace: "t-meteo" },
  spec,
});

export const duties: Fixtures = {
  "6-01": {
    subject: tenant([dpo, officer, technical]),
    rows: [
      { that: "names no technical contact", subject: tenant([dpo, officer]), result: "pass" },
      { that: "names nobody", subject: tenant([]), result: "fail" },
      {
        that: "names the technical contact in other letters",
        subject: tenant([dpo, { role: "SecurityOfficer", email: "Ops@Meteo.example" }, technical]),
        result: "fail",
      },
      {
        that: "names a second officer beside the technical contact",
        subject: tenant([dpo, { role: "SecurityOfficer", email: "ops@meteo.example" }, officer, technical]),
        result: "pass",
      },
    ],
  },
  "6-03": {
    subject: binding("socle-auditor", names.auditorRole, [group("meteo-audit")]),
    related: [binding("socle-tenant-admin", names.tenantAdminRole, [group("meteo-admins")])],
    rows: [
      {
        that: "gives a user the name of a group",
        subject: binding("socle-auditor", names.auditorRole, [{ ...group("meteo-admins"), kind: "User" }]),
        result: "pass",
      },
      {
        that: "lets administrators look after identities too",
        subject: binding("socle-identity-admin", names.identityAdminRole, [group("meteo-admins")]),
        result: "pass",
      },
      {
        that: "is a second binding of auditors",
        subject: binding("more-auditors", names.auditorRole, [group("others"), group("meteo-admins")]),
        result: "fail",
      },
      { that: "binds nobody", subject: binding("socle-auditor", names.auditorRole, []), result: "pass" },
    ],
  },
  "6-04": {
    subject: exception({ requestedBy: "camille", approvedBy: "alex" }),
    rows: [{ that: "waits for approval", subject: exception({ requestedBy: "camille" }), result: "pass" }],
  },
};

import type { Manifest } from "../../../constructs/manifest.ts";
import { gatewayApi } from "../../../constructs/public-route.ts";
import { apiVersion, names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const labelsOf = (tenant: string) => ({ [names.tenantLabel]: tenant, [names.managedByLabel]: names.managedBy });
const tenant: Manifest = {
  apiVersion,
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { lifecycle: { deletionPolicy: "Delete", erasureNoticeSentAt: "2026-05-01T00:00:00Z" } },
};
const namespace = (owner: string, metadata: object = {}): Manifest => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "t-meteo-data", labels: labelsOf(owner), ...metadata },
});
const deletedAt = (deletionTimestamp: string) => ({ deletionTimestamp });
const binding = (owner: string, role: string): Manifest => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "people", namespace: "t-meteo", labels: labelsOf(owner) },
  roleRef: { kind: "ClusterRole", name: role },
});
const route = (route: Pick<Manifest, "apiVersion" | "kind">, owner: string): Manifest => ({
  ...route,
  metadata: { name: "drive", namespace: "t-meteo-apps", labels: labelsOf(owner) },
});
const ingress = { apiVersion: "networking.k8s.io/v1", kind: "Ingress" };
const httpRoute = { apiVersion: gatewayApi.apiVersion, kind: "HTTPRoute" };
const claim = (owner: string, state: string): Manifest => ({
  apiVersion,
  kind: "NameClaim",
  metadata: { name: "domain-1" },
  spec: { kind: "Domain", holder: { name: owner }, state },
});

export const erasure: Fixtures = {
  "19-13": {
    subject: namespace("meteo", deletedAt("2026-05-22T00:00:00Z")),
    related: [tenant],
    rows: [
      { that: "is not being deleted", subject: namespace("gone"), result: "pass" },
      {
        that: "goes with nobody to have given notice",
        subject: namespace("gone", deletedAt("2026-05-30T00:00:00Z")),
        result: "fail",
      },
      {
        that: "goes at no time that anybody can read",
        subject: namespace("meteo", deletedAt("soon")),
        result: "error",
      },
    ],
  },
  "19-16": {
    subject: binding("meteo", names.auditorRole),
    related: [tenant],
    rows: [
      { that: "gives people a right in what is gone", subject: binding("gone", names.auditorRole), result: "fail" },
      {
        that: "lets the operator wait for a return",
        subject: binding("gone", names.operatorInTenantRole),
        result: "pass",
      },
      { that: "is a namespace of nobody", subject: namespace("gone"), result: "fail" },
      {
        that: "is a namespace that is kept",
        subject: namespace("gone", { labels: { ...labelsOf("gone"), [names.retainedLabel]: "true" } }),
        result: "pass",
      },
      { that: "publishes what is gone", subject: route(ingress, "gone"), result: "fail" },
      { that: "publishes what is there by an Ingress", subject: route(ingress, "meteo"), result: "pass" },
      { that: "publishes what is there", subject: route(httpRoute, "meteo"), result: "pass" },
      { that: "publishes what is gone through a Gateway", subject: route(httpRoute, "gone"), result: "fail" },
      { that: "holds a name for nobody", subject: claim("gone", "Held"), result: "fail" },
      { that: "holds a name for a return", subject: claim("gone", "Retained"), result: "pass" },
      { that: "closes a name for ever", subject: claim("gone", "Tombstoned"), result: "pass" },
    ],
  },
};

import type { Manifest } from "../../../constructs/manifest.ts";
import type { Fixtures } from "./fixture.ts";

const namespace = (name: string): Manifest => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: {} } });
const labels = { app: "files" };
const pod = { metadata: { labels }, spec: { containers: [{ name: "files" }], hostNetwork: false } };
const workload = (namespace: string, kind: string, spec: object = { template: pod }): Manifest => ({
  apiVersion: kind.endsWith("Job") ? "batch/v1" : "apps/v1",
  kind,
  metadata: { name: kind.toLowerCase(), namespace },
  spec,
});
const policy = (namespace: string, rules: readonly object[], name = "policy"): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace },
  spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: rules, egress: rules },
});

export const tenantPaths: Fixtures = {
  "9-35": {
    subject: namespace("t-meteo-apps"),
    related: [
      policy("t-meteo-apps", []),
      workload("t-meteo-apps", "Deployment"),
      workload("t-meteo-apps", "StatefulSet"),
      workload("t-meteo-apps", "Job"),
      workload("t-meteo-apps", "CronJob", { jobTemplate: { spec: { template: pod } } }),
      {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        metadata: { name: "postgresql", namespace: "t-meteo-apps" },
        spec: { inheritedMetadata: { labels } },
      },
    ],
    // A tenant that shuts nobody out and is let in by nobody; and two that let each other in.
    beside: [
      ...["t-agri-apps", "t-agri-data", "t-culture-apps"].flatMap((name) => [
        policy(name, [{}]),
        workload(name, "Deployment"),
      ]),
      namespace("t-agri-apps"),
    ],
    rows: [
      { that: "is open to whoever lets it in", subject: namespace("t-culture-apps"), result: "fail" },
      { that: "has no pods", subject: namespace("t-culture-data"), result: "pass" },
    ],
  },
};

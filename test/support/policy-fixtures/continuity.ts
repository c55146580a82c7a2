import { cloudNativePg } from "../../../constructs/postgresql/cluster-input.ts";
import type { Fixtures } from "./fixture.ts";

const metadata = { name: "web-client", namespace: "t-meteo-apps" };
const constraint = {
  maxSkew: 1,
  topologyKey: "topology.kubernetes.io/zone",
  whenUnsatisfiable: "ScheduleAnyway",
  labelSelector: { matchLabels: { app: "a" } },
};
const workload = (kind: string, spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind,
  metadata,
  spec: {
    replicas: 2,
    template: { metadata: { labels: { app: "a" } }, spec: { topologySpreadConstraints: [constraint] } },
    ...spec,
  },
});
const budget = (namespace: string, spec: object) => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "web-client", namespace },
  spec: { selector: { matchLabels: { app: "a" } }, ...spec },
});
const cluster = (spec: object) => ({
  apiVersion: cloudNativePg.apiVersion,
  kind: "Cluster",
  metadata: { name: "postgresql", namespace: "t-meteo-data" },
  spec: { instances: 3, enablePDB: true, affinity: { topologyKey: "topology.kubernetes.io/zone" }, ...spec },
});

export const continuity: Fixtures = {
  "17-02": [
    {
      subject: workload("Deployment"),
      related: [budget("t-meteo-apps", { maxUnavailable: 1 })],
      rows: [
        { that: "is a StatefulSet", subject: workload("StatefulSet"), result: "pass" },
        { that: "runs three times", subject: workload("Deployment", { replicas: 3 }), result: "pass" },
        {
          that: "lies elsewhere than the budget",
          subject: { ...workload("Deployment"), metadata: { ...metadata, namespace: "t-meteo-office" } },
          result: "fail",
        },
      ],
    },
    {
      subject: workload("Deployment"),
      related: [budget("t-meteo-apps", { minAvailable: "50%" })],
    },
    {
      subject: workload("StatefulSet"),
      related: [{ ...budget("t-meteo-apps", { minAvailable: 1 }), spec: { selector: {}, minAvailable: 1 } }],
    },
    {
      subject: cluster({}),
      rows: [
        { that: "has one instance", subject: cluster({ instances: 1 }), result: "fail" },
        { that: "has two", subject: cluster({ instances: 2 }), result: "pass" },
      ],
    },
  ],
};

import { names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const metadata = { name: "drive", namespace: "t-meteo-apps", labels: { [names.tenantLabel]: "meteo" } };
const bounded = { requests: { cpu: "100m", memory: "1Gi" }, limits: { memory: "1Gi" } };
const pod = (resources: object) => ({
  containers: [{ name: "drive", resources }],
  initContainers: [{ name: "prepare", resources: bounded }],
});
const deployment = (resources: object) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata,
  spec: { template: { spec: pod(resources) } },
});
const namespace = (name: string) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { [names.tenantLabel]: "meteo", [names.placeLabel]: "apps" } },
});
const quota = (namespaceName: string, hard: object) => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "tenant", namespace: namespaceName },
  spec: { hard },
});
const limits = (namespaceName: string) => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name: "tenant", namespace: namespaceName },
  spec: { limits: [{ type: "Container" }] },
});
const node = (kubeletVersion: string) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "worker-1" },
  status: { nodeInfo: { kubeletVersion } },
});

export const operation: Fixtures = {
  "5-02": {
    subject: node("v1.34.2"),
    rows: [
      { that: "carries the mark of its distribution", subject: node("v1.35.0-numspot.1"), result: "pass" },
      { that: "is newer than this release", subject: node("v1.99.0"), result: "error" },
      { that: "is of another major version", subject: node("v2.34.0"), result: "error" },
    ],
  },
  "5-04": [
    {
      subject: deployment(bounded),
      rows: [
        {
          that: "states amounts as numbers",
          subject: deployment({ ...bounded, requests: { cpu: 1, memory: 1024 } }),
          result: "pass",
        },
        { that: "has no limit of memory", subject: deployment({ requests: bounded.requests }), result: "fail" },
        {
          that: "reserves no quantity",
          subject: deployment({ ...bounded, limits: { memory: "much" } }),
          result: "error",
        },
      ],
    },
    {
      subject: {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata,
        spec: { jobTemplate: { spec: { template: { spec: pod(bounded) } } } },
      },
    },
    { subject: { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", metadata, spec: { resources: bounded } } },
    {
      subject: namespace("t-meteo-apps"),
      related: [quota("t-meteo-apps", { "requests.cpu": "8" }), limits("t-meteo-apps")],
      rows: [
        {
          that: "takes no pods",
          subject: namespace("t-meteo"),
          related: [quota("t-meteo", { pods: "0" })],
          result: "pass",
        },
        {
          that: "is bounded by what lies in another namespace",
          subject: namespace("t-meteo-apps"),
          related: [quota("t-other-apps", { "requests.cpu": "8" }), limits("t-other-apps")],
          result: "fail",
        },
      ],
    },
  ],
};

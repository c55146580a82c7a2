import { describe, expect, it } from "vitest";
import { podsOf } from "./pods-of.ts";
import { podSecurityViolations } from "./violations.ts";

const pod = { metadata: { labels: { app: "a" } }, spec: { hostNetwork: true, containers: [{ name: "a" }] } };
const workload = (apiVersion: string, kind: string) => ({ apiVersion, kind, spec: { template: pod } });

describe("the pods of a manifest", () => {
  it.each([
    [{ apiVersion: "v1", kind: "Pod", ...pod }, "spec.hostNetwork"],
    [{ apiVersion: "v1", kind: "PodTemplate", template: pod }, "template.spec.hostNetwork"],
    [workload("v1", "ReplicationController"), "spec.template.spec.hostNetwork"],
    [workload("apps/v1", "Deployment"), "spec.template.spec.hostNetwork"],
    [workload("apps/v1", "ReplicaSet"), "spec.template.spec.hostNetwork"],
    [workload("apps/v1", "StatefulSet"), "spec.template.spec.hostNetwork"],
    [workload("apps/v1", "DaemonSet"), "spec.template.spec.hostNetwork"],
    [workload("argoproj.io/v1alpha1", "Rollout"), "spec.template.spec.hostNetwork"],
    [workload("batch/v1", "Job"), "spec.template.spec.hostNetwork"],
    [
      { apiVersion: "batch/v1", kind: "CronJob", spec: { jobTemplate: { spec: { template: pod } } } },
      "spec.jobTemplate.spec.template.spec.hostNetwork",
    ],
  ])("of $kind are found, and where they are", (manifest, field) => {
    const fields = podsOf(manifest).flatMap((placed) =>
      podSecurityViolations("baseline", placed.pod, placed.at).map((violation) => violation.field),
    );
    expect(fields).toEqual([field]);
  });

  it.each([
    ["a kind without pods", { apiVersion: "v1", kind: "ConfigMap", data: {} }],
    ["another's kind of that name, without a pod", { apiVersion: "apps.example/v1", kind: "Deployment", spec: {} }],
    ["a kind that is called like what every object has", { apiVersion: "v1", kind: "constructor" }],
    ["a text", "Deployment"],
    ["nothing", undefined],
    ["null", null],
  ])("are none in %s", (_, manifest) => {
    expect(podsOf(manifest)).toEqual([]);
  });

  it("are looked for where the group of a kind cannot be read", () => {
    expect(podsOf({ kind: "Deployment", spec: { template: pod } })).toHaveLength(1);
  });

  it.each([undefined, null, "text", { template: null }, { template: "text" }, { template: [] }])(
    "pass nothing where a workload has %j in place of its template",
    (spec) => {
      const [placed] = podsOf({ apiVersion: "apps/v1", kind: "Deployment", spec });
      const [violation] = podSecurityViolations("baseline", placed?.pod, placed?.at);
      expect(violation).toMatchObject({ control: "malformed", field: "spec.template" });
    },
  );
});

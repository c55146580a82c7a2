import { describe, expect, it } from "vitest";
import type { KubeObject } from "../kube/kube-api.ts";
import { rolloutFinding } from "./workload.ts";

const rollout = { apiVersion: "apps/v1", kind: "StatefulSet", namespace: "t-a-data", name: "postgresql" };
const metadata = { name: "postgresql", namespace: "t-a-data", uid: "u", resourceVersion: "1", generation: 2 };
const live = (status: object): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata,
  spec: { replicas: 1 },
  status,
});
const done = { observedGeneration: 2, replicas: 1, readyReplicas: 1, currentRevision: "b", updateRevision: "b" };

describe("a roll-out", () => {
  it.each([
    ["is not there yet", undefined, "False", "is being made"],
    ["was not looked at", { ...done, observedGeneration: 1 }, "False", "was not looked at yet"],
    ["has an old pod left", { ...done, currentRevision: "a" }, "False", "is rolling out"],
    ["has a pod that is not ready", { ...done, readyReplicas: 0 }, "False", "0 of 1 pods are ready; kubectl describe"],
    ["is complete", done, "True", "1 of 1 pods are ready"],
  ])("that %s", (_claim, status, expected, says) => {
    const finding = rolloutFinding({ rollout }, status === undefined ? [] : [live(status)]);
    expect(finding.status).toBe(expected);
    expect(finding.message).toContain(says);
  });
});

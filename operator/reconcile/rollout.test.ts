import { describe, expect, it } from "vitest";
import type { KubeObject } from "../kube/kube-api.ts";
import { rolloutFinding } from "./rollout.ts";

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
    const finding = rolloutFinding([rollout], status === undefined ? [] : [live(status)]);
    expect(finding.status).toBe(expected);
    expect(finding.message).toContain(says);
  });
});

describe("a roll-out of a StatefulSet with a Deployment beside it", () => {
  const others = [{ apiVersion: "apps/v1", kind: "Deployment", namespace: "t-a-apps", name: "web" }];
  const deployed = (status: object): KubeObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...metadata, name: "web", namespace: "t-a-apps" },
    spec: { replicas: 2 },
    status,
  });
  const all = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

  it.each([
    ["waits for it", undefined, "False", "Deployment t-a-apps/web is being made"],
    ["waits until it was looked at", { ...all, observedGeneration: 1 }, "False", "was not looked at yet"],
    ["waits for its new pods", { ...all, updatedReplicas: 1 }, "False", "is rolling out"],
    ["waits until its old pods are gone", { ...all, replicas: 3 }, "False", "is rolling out"],
    ["waits for all of them", { ...all, availableReplicas: 1 }, "False", "1 of 2 pods are available; kubectl describe"],
    ["is complete with both", all, "True", "2 of 2 pods are available"],
  ])("%s", (_claim, status, expected, says) => {
    const objects = [live(done), ...(status === undefined ? [] : [deployed(status)])];
    const finding = rolloutFinding([rollout, ...others], objects);
    expect(finding.status).toBe(expected);
    expect(finding.message).toContain(says);
  });

  it("speaks of the StatefulSet first", () => {
    const finding = rolloutFinding([rollout, ...others], [live({ ...done, readyReplicas: 0 })]);
    expect(finding.message).toContain("StatefulSet t-a-data/postgresql");
  });
});

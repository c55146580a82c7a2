import { describe, expect, it } from "vitest";
import type { ObjectRef } from "../../constructs/manifest.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { clusterFinding, declaredFinding, hibernated, sleepFinding } from "./postgres-cluster.ts";

const ref = (kind: string): ObjectRef => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind,
  namespace: "t-minagri-data",
  name: "postgresql",
});
function live(kind: string, status: object | undefined, spec: object = {}): KubeObject {
  const { name, namespace = "", ...type } = ref(kind);
  const metadata = { name, namespace, uid: "u", resourceVersion: "1", generation: 2 };
  return { ...type, metadata, spec, ...(status === undefined ? {} : { status }) };
}

const ready = { type: "Ready", status: "True" };
const healthy = {
  phase: "Cluster in healthy state",
  readyInstances: 2,
  image: "pg:18",
  currentPrimary: "postgresql-1",
  targetPrimary: "postgresql-1",
  conditions: [ready],
};
const cluster = (status: object | undefined) => live("Cluster", status, { instances: 2, imageName: "pg:18" });

describe("a Cluster", () => {
  it("is available when all instances are ready and it says so", () => {
    expect(clusterFinding(ref("Cluster"), [cluster(healthy)])).toMatchObject({ status: "True" });
  });

  it.each<[string, readonly KubeObject[], string]>([
    ["is not there", [], "is being made"],
    ["nobody looks after", [cluster(undefined)], "is the operator of CloudNativePG running?"],
    ["lacks an instance", [cluster({ ...healthy, readyInstances: 1 })], "1 of 2 instances are ready"],
    ["does not call itself Ready", [cluster({ ...healthy, conditions: [] })], "Cluster in healthy state"],
    ["runs another image", [cluster({ ...healthy, image: "pg:17" })], "2 of 2"],
    ["changes its primary", [cluster({ ...healthy, targetPrimary: "postgresql-2" })], "2 of 2"],
    [
      "was Ready before its last change",
      [cluster({ ...healthy, conditions: [{ ...ready, observedGeneration: 1 }] })],
      "2 of 2",
    ],
    [
      "says why it cannot go on",
      [cluster({ phase: "Unable to create required cluster objects", phaseReason: "no quota", conditions: [] })],
      "Unable to create required cluster objects: no quota",
    ],
  ])("that %s is not", (_claim, found, says) => {
    const finding = clusterFinding(ref("Cluster"), found);
    expect(finding).toMatchObject({ status: "False", reason: "Progressing" });
    expect(finding.message).toContain(says);
  });
});

describe("role and database that objects declare", () => {
  const refs = [ref("DatabaseRole"), ref("Database")];
  const applied = { applied: true, observedGeneration: 2 };
  const both = (role: object | undefined, database: object | undefined) => [
    live("DatabaseRole", role),
    live("Database", database),
  ];

  it("are there when both were carried out as they are now", () => {
    expect(declaredFinding(refs, both(applied, applied))).toMatchObject({ status: "True" });
  });

  it.each<[string, readonly KubeObject[]]>([
    ["is missing", [live("DatabaseRole", applied)]],
    ["was not looked at", both(applied, undefined)],
    ["was carried out as it was before", both({ applied: true, observedGeneration: 1 }, applied)],
    ["is not decided", both({ observedGeneration: 2, message: "not a primary" }, applied)],
  ])("are waited for while one %s", (_claim, found) => {
    expect(declaredFinding(refs, found)).toMatchObject({ status: "False", reason: "Progressing" });
  });

  it("are reported with the words of their operator when one was refused, on one line and not a long one", () => {
    const message = `role "minagri"\n does not exist ${"x".repeat(2_000)}`;
    const finding = declaredFinding(refs, both(applied, { applied: false, message }));
    expect(finding).toMatchObject({ status: "False", reason: "ProgressingWithRetry" });
    expect(finding.message).toContain(
      'Database t-minagri-data/postgresql was refused and is tried again: role "minagri" does',
    );
    expect(finding.message.length).toBeLessThan(400);
  });
});

describe("a Cluster that is put to sleep", () => {
  it("is the same Cluster with an annotation", () => {
    const manifest = { ...cluster(undefined) };
    expect(hibernated(manifest)).toEqual({
      ...manifest,
      metadata: { ...manifest.metadata, annotations: { "cnpg.io/hibernation": "on" } },
    });
  });

  it.each<[string, readonly KubeObject[], "True" | "False", string]>([
    [
      "sleeps when it says so",
      [cluster({ conditions: [{ type: "cnpg.io/hibernation", status: "True" }] })],
      "True",
      "sleeps",
    ],
    [
      "is waited for until then, with its words",
      [cluster({ conditions: [{ type: "cnpg.io/hibernation", status: "False", message: "Waiting for pods" }] })],
      "False",
      "Waiting for pods",
    ],
    ["is waited for until it is answered", [cluster(healthy)], "False", "has not answered"],
    ["need not sleep if it never was", [], "True", "There is no Cluster"],
  ])("%s", (_claim, found, status, says) => {
    const finding = sleepFinding(ref("Cluster"), found);
    expect(finding.status).toBe(status);
    expect(finding.message).toContain(says);
  });
});

import { describe, expect, it } from "vitest";
import type { KubeObject } from "../kube/kube-api.ts";
import { addFinalizer, finalizerState, removeFinalizer } from "./finalizer.ts";

const object = (finalizers: string[], deleting: boolean): KubeObject => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: {
    name: "x",
    uid: "u",
    resourceVersion: "7",
    finalizers,
    ...(deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  },
});

describe("finalizerState", () => {
  it.each([
    [[], false, "absent"],
    [["ours"], false, "present"],
    [["ours", "theirs"], true, "deleting"],
    [["theirs"], true, "released"],
  ] as const)("with %j and deleting=%s it is %s", (finalizers, deleting, state) => {
    expect(finalizerState(object([...finalizers], deleting), "ours")).toBe(state);
  });
});

describe("the patches", () => {
  it("keep the finalizers of others and test the version that was looked at", () => {
    expect(removeFinalizer(object(["a", "ours", "b"], true), "ours")).toEqual([
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      { op: "test", path: "/metadata/uid", value: "u" },
      { op: "add", path: "/metadata/finalizers", value: ["a", "b"] },
    ]);
    expect(addFinalizer(object(["a"], false), "ours").at(-1)).toEqual({
      op: "add",
      path: "/metadata/finalizers",
      value: ["a", "ours"],
    });
  });
});

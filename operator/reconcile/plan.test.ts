import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { sealed } from "./digest.ts";
import { planObjects } from "./plan.ts";

const manifest = (name: string, data: object = {}): Manifest =>
  sealed({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "n" }, data });
const live = (from: Manifest, more: Partial<KubeObject["metadata"]> = {}, rest: object = {}): KubeObject => ({
  ...from,
  ...rest,
  metadata: { ...from.metadata, uid: `uid-${from.metadata.name}`, resourceVersion: "1", ...more },
});
const summary = (steps: ReturnType<typeof planObjects>) =>
  steps.map((step) =>
    step.kind === "apply"
      ? `apply ${step.manifest.metadata.name}: ${step.why}`
      : `delete ${step.ref.name} ${step.uid}: ${step.why}`,
  );
const a = manifest("a", { x: "1" });
const b = manifest("b");

describe("planObjects", () => {
  it.each<[string, readonly Manifest[], readonly KubeObject[], string[]]>([
    ["nothing where all is as desired", [a, b], [live(a), live(b)], []],
    ["nothing where the server added fields", [a], [live(a, { generation: 3 }, { immutable: false })], []],
    ["an apply of what is missing", [a, b], [live(b)], ["apply a: missing"]],
    ["an apply of what somebody changed", [a], [live(a, {}, { data: { x: "2" } })], ["apply a: /data/x differs"]],
    [
      "an apply where we wanted something else last time",
      [a],
      [live(manifest("a", { x: "1", y: "2" }))],
      ["apply a: what we want has changed"],
    ],
    [
      "a delete, with the uid that was seen, of what is no longer wanted",
      [a],
      [live(a), live(b)],
      ["delete b uid-b: no longer wanted"],
    ],
    [
      "no second delete of what is going already",
      [a],
      [live(a), live(b, { deletionTimestamp: "2026-01-01T00:00:00Z" })],
      [],
    ],
    ["no delete at all where nothing is desired: it is how a bug looks", [], [live(a), live(b)], []],
    [
      "the object of the same name in another namespace as another",
      [a],
      [live(a), live(a, { namespace: "m" })],
      ["delete a uid-a: no longer wanted"],
    ],
  ])("holds %s", (_claim, desired, objects, steps) => {
    expect(summary(planObjects(desired, objects))).toEqual(steps);
  });
});

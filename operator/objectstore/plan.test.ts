import { describe, expect, it } from "vitest";
import type { BucketDesired, ObservedBucket } from "./object-store-api.ts";
import { ownerMark } from "./owner-mark.ts";
import { bucketPlan, eraseBucketPlan } from "./plan.ts";

const desired: BucketDesired = { bucket: "minagri-nextcloud", marker: '{"tenant":"minagri"}', versioned: true };
const ours: ObservedBucket = {
  readable: true,
  mark: ownerMark(desired.marker),
  empty: false,
  versioned: true,
  oldVersionsDays: undefined,
  hasLifecycle: true,
};
const plan = (observed: ObservedBucket | undefined, adopt = false, wanted = desired) =>
  bucketPlan({ desired: wanted, observed, adopt });
const kinds = (observed: ObservedBucket | undefined, adopt = false) => {
  const made = plan(observed, adopt);
  return made.kind === "plan" ? made.changes.map(({ kind }) => kind) : made.reason;
};

describe("the plan of a bucket", () => {
  it.each<[string, ObservedBucket | undefined, boolean, readonly string[] | string]>([
    ["is missing", undefined, false, ["createBucket"]],
    ["is ours", ours, false, []],
    ["was left by a killed process", { ...ours, mark: undefined, empty: true }, false, ["markBucket"]],
    [
      "was left without its versions",
      { ...ours, mark: undefined, empty: true, versioned: false },
      false,
      ["setVersioning", "markBucket"],
    ],
    ["somebody filled", { ...ours, mark: undefined }, false, "NotOwned"],
    ["somebody filled and is adopted", { ...ours, mark: undefined }, true, ["markBucket"]],
    ["bears another mark", { ...ours, mark: "other" }, true, "NotOwned"],
    ["bears another mark and is empty", { ...ours, mark: "other", empty: true }, true, "NotOwned"],
    ["nobody lets us look at", { ...ours, readable: false, mark: undefined }, true, "NotOwned"],
    ["lost its versions", { ...ours, versioned: false }, false, ["setVersioning"]],
  ])("for one that %s", (_what, observed, adopt, expected) => {
    expect(kinds(observed, adopt)).toEqual(expected);
  });

  it("calls nothing drift that was never ours", () => {
    expect(plan({ ...ours, mark: undefined, versioned: false }, true)).toMatchObject({ drift: [] });
    expect(plan({ ...ours, versioned: false })).toMatchObject({
      drift: ["bucket minagri-nextcloud: old versions are not kept"],
    });
  });

  it("says what the store lacks, and asks it for nothing of that", () => {
    const wanted = { ...desired, oldVersionsDays: 30 };
    expect(plan({ ...ours, hasLifecycle: false }, false, wanted)).toMatchObject({
      changes: [],
      lacks: expect.stringContaining("no lifecycle rules") as string,
    });
    expect(plan(ours, false, wanted)).toMatchObject({ changes: [{ kind: "setLifecycle", oldVersionsDays: 30 }] });
  });
});

describe("the erasure of a bucket", () => {
  it("touches one that bears our mark, and no other", () => {
    expect(eraseBucketPlan({ desired, observed: ours })).toMatchObject([{ kind: "deleteBucket" }]);
    for (const mark of [undefined, "other"])
      expect(eraseBucketPlan({ desired, observed: { ...ours, mark } })).toEqual([]);
    expect(eraseBucketPlan({ desired, observed: undefined })).toEqual([]);
  });
});

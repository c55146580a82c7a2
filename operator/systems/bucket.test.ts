import { describe, expect, it } from "vitest";
import { InMemoryObjectStore } from "../../test/support/in-memory-object-store-api.ts";
import { ownerMark } from "../objectstore/owner-mark.ts";
import { provideBucket } from "./bucket.ts";

const signal = new AbortController().signal;
const desired = { bucket: "minagri-drive", marker: "minagri", versioned: true, oldVersionsDays: 30 };
const mode = { adopt: false, correct: true, signal };

async function provided(store: InMemoryObjectStore, how = mode) {
  return await provideBucket({ desired, server: "s3.test", api: store.connect() }, how);
}

describe("the bucket of a module", () => {
  it("is made as a whole, whatever the drift policy, and calls nothing of that drift", async () => {
    const store = new InMemoryObjectStore();
    const reporting = { ...mode, correct: false };
    for (const _look of [1, 2])
      expect(await provided(store, reporting)).toMatchObject({ finding: { status: "True" }, drift: [] });
    expect(store.buckets.get(desired.bucket)).toMatchObject({ versioned: true, oldVersionsDays: 30 });
  });

  it("that a killed process left behind is completed, and calls nothing of that drift", async () => {
    const store = new InMemoryObjectStore();
    store.addBucket(desired.bucket, { versioned: true });
    expect(await provided(store, { ...mode, correct: false })).toMatchObject({ drift: [] });
    expect(store.buckets.get(desired.bucket)).toMatchObject({ oldVersionsDays: 30, mark: ownerMark(desired.marker) });
  });

  it("is put back when somebody changed it, or only reported", async () => {
    const store = new InMemoryObjectStore();
    await provided(store);
    const bucket = store.buckets.get(desired.bucket)!;
    bucket.versioned = false;
    expect(await provided(store, { ...mode, correct: false })).toMatchObject({
      corrected: false,
      drift: ["bucket minagri-drive: old versions are not kept"],
    });
    expect(bucket.versioned).toBe(false);
    expect(await provided(store)).toMatchObject({ corrected: true });
    expect(bucket.versioned).toBe(true);
  });

  it("says what the store cannot do, with every look", async () => {
    const store = new InMemoryObjectStore();
    store.hasLifecycle = false;
    expect((await provided(store)).finding.message).toContain("no lifecycle rules");
  });

  it("of somebody else is left alone", async () => {
    const store = new InMemoryObjectStore();
    store.addBucket(desired.bucket, { foreign: true });
    await expect(provided(store)).rejects.toMatchObject({ reason: "NotOwned" });
  });
});

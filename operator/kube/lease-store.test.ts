import { describe, expect, it } from "vitest";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import { ConflictError } from "../runtime/errors.ts";
import { KubeLeaseStore } from "./lease-store.ts";

const ref = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: "default", name: "socle-operator" };
const time = "2026-01-01T00:00:00.000000Z";

describe("KubeLeaseStore", () => {
  const stores = () => {
    const kube = new InMemoryKubeApi();
    const store = () => new KubeLeaseStore(kube, "default", "socle-operator");
    return { kube, one: store(), two: store() };
  };

  it("shows a lease that does not exist as one that nobody holds", async () => {
    expect(await stores().one.get()).toEqual({
      holder: "",
      renewTime: "",
      durationSeconds: 15,
      transitions: 0,
      version: undefined,
    });
  });

  it("writes what every other client of Leases reads", async () => {
    const { kube, one, two } = stores();
    const record = { ...(await one.get()), holder: "a", renewTime: time, transitions: 1 };
    const written = await one.put(record);
    expect((await kube.get(ref))?.["spec"]).toEqual({
      holderIdentity: "a",
      renewTime: time,
      acquireTime: time,
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
    });
    expect(await two.get()).toEqual(written);
  });

  it("lets one of two win, at the first write and at each that follows", async () => {
    const { one, two } = stores();
    for (const round of [1, 2]) {
      const seen = await one.get();
      expect((await two.get()).version).toBe(seen.version);
      await one.put({ ...seen, holder: `one-${round}`, renewTime: time });
      await expect(two.put({ ...seen, holder: "two", renewTime: time })).rejects.toBeInstanceOf(ConflictError);
      expect((await two.get()).holder).toBe(`one-${round}`);
    }
  });

  it("takes a lease that was deleted for a conflict, and makes it anew", async () => {
    const { kube, one } = stores();
    const held = await one.put({ ...(await one.get()), holder: "a", renewTime: time });
    await kube.delete(ref, { uid: (await kube.get(ref))?.metadata.uid ?? "" });
    await expect(one.put(held)).rejects.toBeInstanceOf(ConflictError);
    expect((await one.put({ ...(await one.get()), holder: "b", renewTime: time })).holder).toBe("b");
  });
});

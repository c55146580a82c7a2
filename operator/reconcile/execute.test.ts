import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { ConflictError } from "../runtime/errors.ts";
import { LocalCache } from "../runtime/object-cache.ts";
import { executePlan } from "./execute.ts";
import type { Step } from "./plan.ts";

const namespace = (name: string): Manifest => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
const apply = (name: string): Step => ({ kind: "apply", manifest: namespace(name), why: "missing" });
const remove = (name: string, uid: string): Step => ({
  kind: "delete",
  ref: { apiVersion: "v1", kind: "Namespace", name },
  uid,
  why: "no longer wanted",
});
const options = { fieldManager: "test", force: true };

function world() {
  const kube = new InMemoryKubeApi();
  const cache = new LocalCache<KubeObject>();
  const exists = (name: string) => kube.objects().some(({ metadata }) => metadata.name === name);
  return { kube, cache, exists, ports: { kube, cacheOf: () => cache } };
}

describe("executePlan", () => {
  it("applies and deletes, and shows what it wrote in the cache at once", async () => {
    const { kube, cache, exists, ports } = world();
    const { metadata } = await kube.create<KubeObject>(namespace("old"));
    await executePlan([apply("new"), remove("old", metadata.uid)], ports, options);
    expect([exists("new"), exists("old")]).toEqual([true, false]);
    expect(cache.list().map((object) => object.metadata.name)).toEqual(["new"]);
  });

  it("stops at the first failure", async () => {
    const { kube, exists, ports } = world();
    await kube.create(namespace("newcomer"));
    const steps = [apply("first"), remove("newcomer", "uid of the one before"), apply("last")];
    await expect(executePlan(steps, ports, options)).rejects.toBeInstanceOf(ConflictError);
    expect(["first", "newcomer", "last"].map(exists)).toEqual([true, true, false]);
  });

  it("can be run again", async () => {
    const { kube, ports } = world();
    await executePlan([apply("a")], ports, options);
    const before = kube.objects();
    await executePlan([apply("a"), remove("gone", "u")], ports, options);
    expect(kube.objects()).toEqual(before);
  });
});

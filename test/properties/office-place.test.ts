import { describe, expect, it } from "vitest";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { InMemoryWorld } from "../support/in-memory-world.ts";
import { change, onboard, platformWorld, play } from "../support/in-memory-stories.ts";

const office = "t-minagri-office";

const namespaces = (world: InMemoryWorld): string[] =>
  world.kube
    .objects()
    .filter(({ kind, metadata }) => kind === "Namespace" && metadata.name.startsWith("t-"))
    .map(({ metadata }) => metadata.name)
    .toSorted();

async function wish(world: InMemoryWorld, modules: Tenant["spec"]["modules"]): Promise<void> {
  await play(world, [change((spec) => ({ ...spec, modules }))]);
}

/** A tenant that has an online office beside its database. */
async function withOffice(): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, [onboard([{ module: "PostgreSQL" }, { module: "Collabora" }])]);
  return world;
}

describe("the namespace of the online office", () => {
  it("is made for a tenant that has one, and for no other", async () => {
    const world = await withOffice();
    expect(namespaces(world)).toEqual(["t-minagri", "t-minagri-apps", "t-minagri-data", office]);
    const without = await platformWorld();
    await play(without, [onboard([{ module: "PostgreSQL" }])]);
    expect(namespaces(without)).toEqual(["t-minagri", "t-minagri-apps", "t-minagri-data"]);
  });

  it("goes after the module, and every other namespace stays with all that is in it", async () => {
    const world = await withOffice();
    const others = () =>
      world.kube
        .objects()
        .filter(({ metadata }) => ["t-minagri-apps", "t-minagri-data"].includes(metadata.namespace ?? ""));
    const before = others();
    await wish(world, [{ module: "PostgreSQL" }]);
    expect(namespaces(world)).toEqual(["t-minagri", "t-minagri-apps", "t-minagri-data"]);
    expect(others()).toEqual(before);
    expect(world.kube.objects().filter(({ metadata }) => metadata.namespace === office)).toEqual([]);
  });

  it("comes back with the module", async () => {
    const world = await withOffice();
    await wish(world, [{ module: "PostgreSQL" }]);
    await wish(world, [{ module: "PostgreSQL" }, { module: "Collabora" }]);
    expect(namespaces(world)).toContain(office);
  });

  it("stays, isolated, where somebody keeps data in it", async () => {
    const world = await withOffice();
    await world.kube.create({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "files", namespace: office },
    });
    await wish(world, [{ module: "PostgreSQL" }]);
    const left = world.kube.objects().filter(({ metadata }) => metadata.namespace === office);
    expect(left.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
      expect.arrayContaining(["NetworkPolicy default-deny", "PersistentVolumeClaim files"]),
    );
  });
});

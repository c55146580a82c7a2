import { describe, expect, it } from "vitest";
import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import { type ModuleName, moduleNames } from "../../crds/v1alpha1/modules.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { driverOf } from "../../operator/modules/registry.ts";
import { equip, giveBucketKey, handIn } from "../support/equipped-region.ts";
import { type Act, change, onboard, platformWorld } from "../support/in-memory-stories.ts";
import { hourMs, type InMemoryWorld } from "../support/in-memory-world.ts";

/** Every module that this version can make: one that is added to the registry is told of here without another line. */
const made = moduleNames.filter((module) => driverOf(module) !== undefined);
const needs = (module: ModuleName): readonly ModuleName[] => {
  const direct = driverOf(module)?.requires({ module }) ?? [];
  return [...new Set([...direct, ...direct.flatMap(needs)])];
};

/** The documents of an online office are files of Nextcloud. */
const keepsNothing: readonly ModuleName[] = ["Collabora"];

type Modules = Tenant["spec"]["modules"];
const entitled = { enterpriseTokenSecretRef: { name: "bought", key: "token" } };
const entry = (module: ModuleName): Modules[number] =>
  module === "OpenProject" ? { module, openProject: entitled } : { module };
const wish = (...modules: readonly ModuleName[]): Act => change((spec) => ({ ...spec, modules: modules.map(entry) }));

/** What applications answer is told elsewhere: here they answer nothing, so the operator asks them again and again, and is left at that. */
async function calm(world: InMemoryWorld, ms = 0): Promise<void> {
  world.now += ms;
  await world.looks(200);
}

async function act(world: InMemoryWorld, ...acts: readonly Act[]): Promise<void> {
  for (const one of acts) {
    await one(world);
    await calm(world);
  }
}

const modulesOf = (world: InMemoryWorld): readonly string[] =>
  world.kube
    .objects()
    .filter(({ kind }) => kind === "ModuleDeployment")
    .map((object) => (object as unknown as ModuleDeployment).spec.module)
    .sort();
const names = (world: InMemoryWorld, kind: string): readonly string[] =>
  world.kube
    .objects()
    .filter((object) => object.kind === kind && object.metadata.labels?.["socle.dev/tenant"] === "minagri")
    .map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`);
const external = async (world: InMemoryWorld, module: ModuleName) => {
  const ref = { apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: module.toLowerCase() };
  return (await world.kube.get<ModuleDeployment & KubeObject>(ref))?.status?.external ?? [];
};

/** Data of every kind that a module may have. */
function data(world: InMemoryWorld) {
  return {
    databases: [...world.postgres.databases.keys()].sort(),
    buckets: [...world.objectStore.buckets.keys()].sort(),
    contexts: [...world.appSuite.contexts.keys()].sort(),
    realms: [...world.realms].sort(),
    volumes: [...names(world, "PersistentVolumeClaim")].sort(),
    secrets: [...names(world, "Secret")].sort(),
  };
}

async function livingWith(module: ModuleName): Promise<InMemoryWorld> {
  const world = await platformWorld();
  const token: Act = (at) => handIn(at, { name: "bought", namespace: "t-minagri" }, { token: "bought for years" });
  await act(world, equip, ...made.map((one) => giveBucketKey(one.toLowerCase())), onboard([entry(module)]), token);
  // What people handed in is not watched.
  await calm(world, 5 * 60_000);
  return world;
}

describe.each(made)("module %s", (module) => {
  it("brings what it needs, which stays while it is needed and goes after it", async () => {
    const world = await livingWith(module);
    const all = [module, ...needs(module)].sort();
    expect(modulesOf(world)).toEqual(all);
    await calm(world, 7 * hourMs);
    expect(modulesOf(world)).toEqual(all);
    // Something else that is listed takes its place; what only it needed goes, and what the other needs stays.
    const other = module === "Keycloak" ? "PostgreSQL" : "Keycloak";
    await act(world, wish(other));
    expect(modulesOf(world)).toEqual([other, ...needs(other)].sort());
    expect(world.sins).toEqual([]);
  });

  it("that is removed keeps its data, and tells where that is", async () => {
    const world = await livingWith(module);
    const before = data(world);
    const kept = await external(world, module);
    const other = module === "Keycloak" ? "PostgreSQL" : "Keycloak";
    await act(world, wish(other));
    const after = data(world);
    for (const [kind, list] of Object.entries(before))
      expect(after[kind as keyof typeof after], kind).toEqual(expect.arrayContaining(list));
    const notes = world.events.filter(
      ({ action, regarding }) => action === "Retain" && regarding.name === module.toLowerCase(),
    );
    expect(notes.map(({ note }) => note).join()).toMatch(
      keepsNothing.includes(module) ? /^$/ : new RegExp(`^Kept for the return of ${module}: `),
    );
    for (const { name, server } of kept) expect(notes[0]?.note).toContain(`${name} on ${server}`);
  });

  it("finds its data again when it comes back", async () => {
    const world = await livingWith(module);
    const before = data(world);
    const other = module === "Keycloak" ? "PostgreSQL" : "Keycloak";
    await act(world, wish(other), wish(module));
    const after = data(world);
    for (const [kind, list] of Object.entries(before))
      expect(after[kind as keyof typeof after], kind).toEqual(expect.arrayContaining(list));
    expect(modulesOf(world)).toEqual([module, ...needs(module)].sort());
    expect(world.sins).toEqual([]);
  });
});

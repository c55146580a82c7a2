import { describe, expect, it } from "vitest";
import type { ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { type ModuleName, moduleNames } from "../../crds/v1alpha1/modules.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { moduleClosure } from "../../operator/modules/closure.ts";
import { driverOf } from "../../operator/modules/registry.ts";
import { equip, giveBucketKey } from "../support/equipped-region.ts";
import { fc, runs } from "../support/fast-check.ts";
import { type Act, change, onboard, platformWorld, remove } from "../support/in-memory-stories.ts";
import { type Fault, hourMs, type InMemoryWorld } from "../support/in-memory-world.ts";

type Modules = Tenant["spec"]["modules"];
const tenantRef: ObjectRef = { apiVersion, kind: "Tenant", name: "minagri" };
const tenantOf = (world: InMemoryWorld): Promise<(Tenant & KubeObject) | undefined> => world.kube.get(tenantRef);

/** What somebody does, and how many looks the operator has before the next thing is done: mostly too few. */
interface Move {
  readonly what:
    | { readonly kind: "onboard" | "wish"; readonly modules: Modules }
    | { readonly kind: "remove" | "rename" | "restart" }
    | { readonly kind: "wait"; readonly hours: number }
    | { readonly kind: "delete a child"; readonly nth: number };
  readonly looks: number;
}

const patience = fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 60 }), fc.constant(1_000));

/** A story of a tenant that has some of those modules. */
function storyOf(pool: readonly ModuleName[]): fc.Arbitrary<Move[]> {
  const modules = fc.subarray([...pool], { minLength: 1 }).map((names): Modules => names.map((module) => ({ module })));
  const begin: fc.Arbitrary<Move> = fc.record({
    what: fc.record({ kind: fc.constant("onboard" as const), modules }),
    looks: patience,
  });
  const move: fc.Arbitrary<Move> = fc.record({
    what: fc.oneof(
      fc.record({ kind: fc.constant("onboard" as const), modules }),
      fc.record({ kind: fc.constant("wish" as const), modules }),
      fc.record({ kind: fc.constantFrom("remove" as const, "rename" as const, "restart" as const) }),
      fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant("delete a child" as const), nth: fc.nat({ max: 100 }) }),
    ),
    looks: patience,
  });
  return fc.tuple(begin, fc.array(move, { minLength: 1, maxLength: 10 })).map(([first, rest]) => [first, ...rest]);
}

const fault = fc.constantFrom<Fault>("killed before", "killed after", "refused", "answer lost", "conflict");
interface Failure {
  /** Calls after the failure before. */
  readonly after: number;
  readonly fault: Fault;
}
const faults: fc.Arbitrary<Failure[]> = fc.array(fc.record({ after: fc.integer({ min: 1, max: 80 }), fault }), {
  maxLength: 8,
});
/** Every module that this version can make. */
const made = moduleNames.filter((module) => driverOf(module) !== undefined);

/** Children that hold nothing: whoever may delete in a tenant's namespaces deletes one. */
const emptyKinds = new Set(["NetworkPolicy", "ResourceQuota", "LimitRange", "RoleBinding", "Role", "ServiceAccount"]);
const deleteChild =
  (nth: number): Act =>
  async (world) => {
    const children = world.kube.objects().filter(({ kind, metadata }) => {
      return emptyKinds.has(kind) && metadata.namespace?.startsWith("t-minagri") === true;
    });
    const child = children[nth % Math.max(1, children.length)];
    if (child === undefined) return;
    const { apiVersion: version, kind, metadata } = child;
    const { name, namespace = "", uid } = metadata;
    await world.kube.delete({ apiVersion: version, kind, name, namespace }, { uid });
  };

/** As a person finds the world: who is there cannot be made, who is not there cannot be changed. */
async function make({ what }: Move, world: InMemoryWorld): Promise<void> {
  const tenant = await tenantOf(world);
  if (what.kind === "restart") world.restart();
  else if (what.kind === "wait") world.now += what.hours * hourMs;
  else if (what.kind === "delete a child") await deleteChild(what.nth)(world);
  else if (what.kind === "onboard") await (tenant === undefined ? onboard(what.modules)(world) : undefined);
  else if (tenant === undefined) return;
  else if (what.kind === "wish") await change((spec) => ({ ...spec, modules: what.modules }))(world);
  else if (what.kind === "rename") await change((spec) => ({ ...spec, displayName: "Autre ministère" }))(world);
  else if (tenant.metadata.deletionTimestamp === undefined) await remove(world);
}

/** So many looks, and no more. */
async function looks(world: InMemoryWorld, most: number): Promise<void> {
  await world.settle(most).catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.startsWith("Never rests")) throw error;
  });
}

const isData = (name: string): boolean => /^(?:realm|database|role|context|PersistentVolumeClaim|Secret) /.test(name);

/** The story, with failures from its first call to its last, and what the operator makes of it once nothing fails any more. */
async function lived(world: InMemoryWorld, moves: readonly Move[], failures: readonly Failure[]): Promise<void> {
  let at = -1;
  const byIndex = new Map(failures.map(({ after, fault: one }) => [(at += after), one]));
  world.setFaults((index) => byIndex.get(index));
  for (const one of moves) {
    await make(one, world);
    await looks(world, one.looks);
  }
  world.setFaults(() => undefined);
  world.now += 7 * hourMs;
  await looks(world, 1_000);
}

/** The tenant is as its last wish has it, or gone; and nothing was lost on the way. */
async function expectWish(world: InMemoryWorld): Promise<void> {
  expect(world.sins).toEqual([]);
  expect([...world.gone.keys()].filter(isData)).toEqual([]);
  const tenant = await tenantOf(world);
  expect(tenant?.metadata.deletionTimestamp).toBe(undefined);
  const modules = world.kube
    .objects()
    .filter(({ kind, metadata }) => kind === "ModuleDeployment" && metadata.namespace === "t-minagri");
  expect(modules.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toEqual([]);
  const wanted = tenant === undefined ? [] : moduleClosure(tenant).map(({ module }) => module.toLowerCase());
  expect(modules.map(({ metadata }) => metadata.name).sort()).toEqual(wanted.sort());
}

describe("Whatever people do, however fast, and whatever fails meanwhile", () => {
  it("no data goes that nobody asked to erase, and the last wish comes true", async () => {
    await fc.assert(
      fc.asyncProperty(storyOf(["PostgreSQL", "Keycloak"]), faults, async (moves, failures) => {
        const world = await platformWorld();
        await world.settle();
        await lived(world, moves, failures);
        await expectWish(world);
        const ready = (await tenantOf(world))?.status?.conditions?.find(({ type }) => type === "Ready");
        expect(ready?.status ?? "True", ready?.message).toBe("True");
      }),
      { numRuns: runs(60) },
    );
  });

  it("modules that need each other come and go as the last wish has them", async () => {
    await fc.assert(
      fc.asyncProperty(storyOf(made), faults, async (moves, failures) => {
        const world = await platformWorld();
        await equip(world);
        for (const module of made) await giveBucketKey(module.toLowerCase())(world);
        await world.settle();
        await lived(world, moves, failures);
        await expectWish(world);
      }),
      { numRuns: runs(20) },
    );
  });
});

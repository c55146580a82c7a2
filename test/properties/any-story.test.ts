import { describe, expect, it } from "vitest";
import type { ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { type ModuleName, moduleNames } from "../../crds/v1alpha1/modules.ts";
import type { NameClaim } from "../../crds/v1alpha1/name-claim.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { moduleClosure } from "../../operator/modules/closure.ts";
import { driverOf } from "../../operator/modules/registry.ts";
import { equip, giveBucketKey } from "../support/equipped-region.ts";
import { fc, runs } from "../support/fast-check.ts";
import { type Act, change, noticeOfErasure, onboard, platformWorld, remove } from "../support/in-memory-stories.ts";
import { type Failure, failuresInTurn, faultsAt } from "../support/failures-in-turn.ts";
import { hourMs, type InMemoryWorld } from "../support/in-memory-world.ts";

type Modules = Tenant["spec"]["modules"];
const tenantRef: ObjectRef = { apiVersion, kind: "Tenant", name: "minagri" };
const tenantOf = (world: InMemoryWorld): Promise<(Tenant & KubeObject) | undefined> => world.kube.get(tenantRef);

/** What somebody does, and how many looks the operator has before the next thing is done: mostly too few. */
interface Move {
  readonly what:
    | { readonly kind: "onboard" | "wish"; readonly modules: Modules }
    | { readonly kind: "remove" | "rename" | "restart" | "give notice" | "take notice back" }
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
      fc.record({ kind: fc.constantFrom("give notice" as const, "take notice back" as const) }),
      fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant("delete a child" as const), nth: fc.nat({ max: 100 }) }),
    ),
    looks: patience,
  });
  return fc.tuple(begin, fc.array(move, { minLength: 1, maxLength: 10 })).map(([first, rest]) => [first, ...rest]);
}

const failures = failuresInTurn({ longestPause: 80, maxLength: 8 });
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

/** One that was erased is served to nobody again. */
function freeDomain(world: InMemoryWorld): string {
  const claims = world.kube.objects().filter(({ kind }) => kind === "NameClaim") as unknown as readonly NameClaim[];
  const past = claims.filter(({ spec }) => spec.kind === "Domain" && spec.state === "Tombstoned").length;
  return `ministere${past === 0 ? "" : past}.suite.example`;
}

/** As a person finds the world: who is there cannot be made, who is not there cannot be changed. */
async function make({ what }: Move, world: InMemoryWorld): Promise<void> {
  const tenant = await tenantOf(world);
  if (what.kind === "restart") world.restart();
  else if (what.kind === "wait") world.now += what.hours * hourMs;
  else if (what.kind === "delete a child") await deleteChild(what.nth)(world);
  else if (what.kind === "onboard")
    await (tenant === undefined ? onboard(what.modules, freeDomain(world))(world) : undefined);
  else if (tenant === undefined) return;
  else if (what.kind === "wish") await change((spec) => ({ ...spec, modules: what.modules }))(world);
  else if (what.kind === "rename") await change((spec) => ({ ...spec, displayName: "Autre ministère" }))(world);
  else if (what.kind === "give notice") await noticeOfErasure(world);
  else if (what.kind === "take notice back") await takeNoticeBack(world);
  else if (tenant.metadata.deletionTimestamp === undefined) await remove(world);
}

const takeNoticeBack = change(({ lifecycle, modules, ...spec }) => ({
  ...spec,
  modules: modules.map((entry) => ({ ...entry, deletionPolicy: "Retain" as const })),
  lifecycle: { deletionProtection: lifecycle.deletionProtection, deletionPolicy: "Retain" },
}));

const isData = (name: string): boolean => /^(?:realm|database|role|context|PersistentVolumeClaim|Secret) /.test(name);
/** How often data of each name went. */
const lossesIn = ({ gone }: InMemoryWorld): readonly string[] =>
  [...gone].filter(([name]) => isData(name)).map(([name, times]) => `${name} for the ${times}. time`);

/** Whether the tenant asks to be erased and its notice has ended (SecNumCloud 3.2, requirement 19.4.a). */
function isDue(tenant: Tenant | undefined, now: number): boolean {
  const { deletionPolicy, erasureNoticeSentAt = "" } = tenant?.spec.lifecycle ?? {};
  return deletionPolicy === "Delete" && Date.parse(erasureNoticeSentAt) + 21 * 24 * hourMs <= now;
}

/** The story, with failures from its first call to its last, and what the operator makes of it once nothing fails any more. Returns the data that went though nobody asked for that. */
async function lived(world: InMemoryWorld, moves: readonly Move[], list: readonly Failure[]): Promise<string[]> {
  world.setFaults(faultsAt(list));
  const lost: string[] = [];
  const look = async (most: number): Promise<void> => {
    const [tenant, before] = [await tenantOf(world), new Set(lossesIn(world))];
    await world.looks(most);
    if (!isDue(tenant, world.now)) lost.push(...lossesIn(world).filter((loss) => !before.has(loss)));
  };
  for (const one of moves) {
    await make(one, world);
    await look(one.looks);
  }
  world.setFaults(() => undefined);
  world.now += 7 * hourMs;
  await look(1_000);
  return lost;
}

/** The tenant is as its last wish has it, or gone. */
async function expectWish(world: InMemoryWorld): Promise<void> {
  expect(world.sins).toEqual([]);
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
      fc.asyncProperty(storyOf(["PostgreSQL", "Keycloak"]), failures, async (moves, list) => {
        const world = await platformWorld();
        await world.settle();
        expect(await lived(world, moves, list)).toEqual([]);
        await expectWish(world);
        const tenant = await tenantOf(world);
        const ready = tenant?.status?.conditions?.find(({ type }) => type === "Ready");
        expect(ready?.status, ready?.message).toBe(tenant === undefined ? undefined : "True");
      }),
      { numRuns: runs(60) },
    );
  });

  it("modules that need each other come and go as the last wish has them", async () => {
    await fc.assert(
      fc.asyncProperty(storyOf(made), failures, async (moves, list) => {
        const world = await platformWorld();
        await equip(world);
        for (const module of made) await giveBucketKey(module.toLowerCase())(world);
        await world.settle();
        expect(await lived(world, moves, list)).toEqual([]);
        await expectWish(world);
      }),
      { numRuns: runs(20) },
    );
  });
});

import { describe, expect, it } from "vitest";
import { refOf } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { type Act, change, hours, onboard, platformWorld, play, remove } from "../support/in-memory-stories.ts";
import type { InMemoryWorld } from "../support/in-memory-world.ts";

const both: Tenant["spec"]["modules"] = [{ module: "PostgreSQL" }, { module: "Keycloak" }];

async function after(...acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  return world;
}

const tenantOf = (world: InMemoryWorld): Tenant | undefined =>
  world.kube.objects().find(({ kind }) => kind === "Tenant") as unknown as Tenant | undefined;
const modulesOf = (world: InMemoryWorld): readonly KubeObject[] =>
  world.kube.objects().filter(({ kind }) => kind === "ModuleDeployment");

describe("A proof that a tenant requires and that ends", () => {
  const region = { apiVersion, kind: "SovereignRegion", name: "region" };
  const proof =
    (validFrom: string, validUntil: string): Act =>
    ({ kube }) =>
      void kube.edit<SovereignRegion & KubeObject>(region, (live) => ({
        ...live,
        spec: {
          ...live.spec,
          qualifications: [
            {
              scheme: "SecNumCloud",
              reference: "decision",
              holder: "Provider",
              scope: ["IaaS"],
              validFrom,
              validUntil,
              evidenceURI: "https://evidence.example/a.pdf",
              verification: "Verified",
              verifiedBy: "security@platform.example",
            },
          ],
        },
      }));
  const requires = change((spec) => ({
    ...spec,
    compliance: { ...spec.compliance, requiredQualifications: ["SecNumCloud"] },
  }));
  const admitted = (world: InMemoryWorld): unknown =>
    tenantOf(world)?.status?.conditions?.find(({ type }) => type === "RegionAdmitted");
  const days = (count: number): readonly Act[] => Array.from({ length: count * 4 }, () => hours(6));

  it("is noticed on the day, though nobody writes anything: the tenant once said True until the resync", async () => {
    const world = await after(proof("2026-01-01", "2026-03-03"), onboard(both), requires);
    expect(admitted(world)).toMatchObject({ status: "True" });
    await play(world, days(2));
    expect(admitted(world)).toMatchObject({ status: "True" });
    await play(world, days(1));
    expect(admitted(world)).toMatchObject({ status: "False", reason: "NotQualified" });
    expect(tenantOf(world)?.status?.conditions?.[0]).toMatchObject({ type: "Ready", status: "False" });
  });

  it("counts on its first day, as soon", async () => {
    const world = await after(proof("2026-03-02", "2026-12-31"), onboard(both), requires);
    expect(admitted(world)).toMatchObject({ status: "False", reason: "NotQualified" });
    await play(world, days(1));
    expect(admitted(world)).toMatchObject({ status: "True" });
  });

  it("holds back who returns to what was kept: nothing of theirs starts", async () => {
    const world = await after(proof("2026-01-01", "2026-12-31"), onboard(both), requires, remove);
    await play(world, [proof("2026-01-01", "2026-02-01"), onboard(both, undefined, ["SecNumCloud"]), hours(6)]);
    expect(admitted(world)).toMatchObject({ status: "False", reason: "NotQualified" });
    expect(modulesOf(world)).toEqual([]);
  });

  it("takes nothing of the isolation of who lives there: a policy that somebody deletes comes back", async () => {
    const world = await after(proof("2026-01-01", "2026-03-01"), onboard(both), requires);
    await play(world, days(1));
    expect(admitted(world)).toMatchObject({ status: "False" });
    const policies = (): KubeObject[] => world.kube.objects().filter(({ kind }) => kind === "NetworkPolicy");
    const before = policies().length;
    const [first] = policies();
    await world.kube.delete(refOf(first as KubeObject), { uid: first?.metadata.uid ?? "" });
    expect(policies()).toHaveLength(before - 1);
    await world.settle();
    expect(policies()).toHaveLength(before);
  });
});

import { describe, expect, it } from "vitest";
import { apiVersion } from "../../crds/group.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { TransientError } from "../../operator/runtime/errors.ts";
import { handIn } from "../support/equipped-region.ts";
import { platformWorld } from "../support/in-memory-stories.ts";
import type { InMemoryWorld } from "../support/in-memory-world.ts";
import { soundSpace } from "../support/numspot-worlds.ts";

const region = { apiVersion, kind: "SovereignRegion", name: "region" };
const at = { name: "numspot", namespace: "socle-system" };
const hourMs = 3_600_000;

async function onNumSpot(): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await handIn(world, at, { clientID: "account", clientSecret: "secret of the account" });
  world.kube.edit<SovereignRegion & KubeObject>(region, (live) => ({
    ...live,
    spec: {
      ...live.spec,
      provider: {
        type: "NumSpot",
        regionCode: "eu-west-2",
        spaceID: world.numSpot.space,
        clusterID: soundSpace.clusters[0]!.id,
        apiURL: "https://api.eu-west-2.numspot.com",
        credentialsSecretRef: { name: at.name },
      },
    },
  }));
  await world.settle();
  return world;
}

const providerOf = (world: InMemoryWorld): unknown =>
  (world.kube.objects().find(({ kind }) => kind === region.kind) as unknown as SovereignRegion).status?.provider;

describe("a region on NumSpot", () => {
  it("says which version and zones its provider tells, without asking more often than every six hours", async () => {
    const world = await onNumSpot();
    expect(providerOf(world)).toEqual({ kubernetesVersion: "1.34.2", zones: soundSpace.zones });
    for (let hour = 1; hour <= 23; hour += 1) await world.pass(hourMs);
    const times = Map.groupBy(world.numSpot.asked, (question) => question);
    expect([...times.values()].map((of) => of.length)).toEqual(Array.from({ length: 8 }, () => 4));
    expect(world.sins).toEqual([]);
  });

  it("is as ready without an answer as with one, and an event says what is not known", async () => {
    const world = await onNumSpot();
    for (const question of ["zones", "clusters"])
      world.numSpot.failing.set(question, new TransientError("ProviderUnreachable", "NumSpot does not answer."));
    world.restart();
    await world.settle();
    const { status } = world.kube.objects().find(({ kind }) => kind === region.kind) as unknown as SovereignRegion;
    expect(status?.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "True" });
    expect(status).not.toHaveProperty("provider");
    expect(world.events.filter(({ action }) => action === "AskProvider")).toMatchObject([
      { reason: "ProviderUnreachable", note: "Not known of this region: clusters, zones. NumSpot does not answer." },
    ]);
  });
});

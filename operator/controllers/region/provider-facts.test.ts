import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import { InMemoryNumSpotApi } from "../../../test/support/in-memory-numspot-api.ts";
import { InMemoryObjectStore } from "../../../test/support/in-memory-object-store-api.ts";
import { liveRegion } from "../../../test/support/live-objects.ts";
import { soundSpace } from "../../../test/support/numspot-worlds.ts";
import { askEveryMs } from "../../numspot/facts.ts";
import type { NumSpotApi } from "../../numspot/numspot-api.ts";
import type { EventFact } from "../../reconcile/event-recorder.ts";
import { TransientError, WaitingError } from "../../runtime/errors.ts";
import type { Logger } from "../../runtime/reconciler.ts";
import { ProviderFacts } from "./provider-facts.ts";

const space = "22222222-2222-4222-8222-222222222222";
const provider = {
  type: "NumSpot",
  regionCode: "test",
  spaceID: space,
  clusterID: soundSpace.clusters[0]!.id,
  apiURL: "https://api.test.numspot.com",
  credentialsSecretRef: { name: "numspot" },
};
const objectStore = { url: "https://s3.test", region: "test", credentialsSecretRef: { name: "store" } };
const region = (metadata: object = {}, storage: object = { objectStore }): SovereignRegion =>
  liveRegion({ metadata, spec: { provider, storage: { className: "encrypted", ...storage } } });
const quiet = () => undefined;
const log: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => log };

function world(connect: () => NumSpotApi | undefined) {
  const clock = { at: Date.parse("2026-06-01T08:00:00Z"), now: () => clock.at };
  const told: (readonly [string, Manifest | undefined])[] = [];
  const events: EventFact[] = [];
  const store = new InMemoryObjectStore();
  store.addBucket("minagri-drive");
  const facts = new ProviderFacts({
    systems: { numSpot: connect, objectStore: () => store.connect() },
    clock,
    events: { record: (event) => events.push(event) },
    onFacts: (name, manifest) => told.push([name, manifest]),
  });
  const stop = new AbortController();
  const look = (at: SovereignRegion = region()) => facts.observe(at, { log, signal: stop.signal });
  return { clock, told, events, store, facts, look, stop };
}

describe("what a provider knows of a region", () => {
  it("becomes one object, and the version and the zones of the status", async () => {
    const { told, look, facts, events } = world(() => new InMemoryNumSpotApi(space));
    await look();
    expect(told).toMatchObject([
      [
        "region",
        {
          apiVersion: "facts.socle.dev/v1alpha1",
          kind: "NumSpotFacts",
          metadata: { name: "region" },
          observedAt: "2026-06-01T08:00:00.000Z",
          facts: { clusters: soundSpace.clusters, buckets: ["minagri-drive"] },
          failures: [],
        },
      ],
    ]);
    expect(facts.seen("region")).toEqual({ kubernetesVersion: "1.34.2", zones: ["eu-west-2a", "eu-west-2b"] });
    expect(events).toEqual([]);
  });

  it("says that there is no bucket where the region names no object store", async () => {
    const { told, look } = world(() => new InMemoryNumSpotApi(space));
    await look(region({}, {}));
    expect(told).toMatchObject([["region", { facts: { buckets: [] }, failures: [] }]]);
  });

  it("is asked for once in six hours, however often the region is looked at", async () => {
    const api = new InMemoryNumSpotApi(space);
    const { clock, look, told } = world(() => api);
    for (let minute = 0; minute < 6 * 60; minute += 5) {
      await look();
      clock.at += 5 * 60_000;
    }
    expect(new Set(api.asked).size).toBe(api.asked.length);
    await look();
    expect(api.asked.filter((one) => one === "clusters")).toHaveLength(2);
    expect(told).toHaveLength(2);
  });

  it("is not asked for again before its time where it failed; a Warning says what is not known", async () => {
    const api = new InMemoryNumSpotApi(space);
    api.failing.set("clusters", new TransientError("PermissionMissing", "NumSpot: the account lacks a right."));
    const { clock, look, told, events, facts } = world(() => api);
    await look();
    clock.at += askEveryMs - 1;
    await look();
    expect(api.asked.filter((one) => one === "clusters")).toHaveLength(1);
    expect(told).toMatchObject([["region", { failures: [{ fact: "clusters", reason: "PermissionMissing" }] }]]);
    expect(told[0]?.[1]?.["facts"]).not.toHaveProperty("clusters");
    expect(events).toMatchObject([
      {
        type: "Warning",
        reason: "PermissionMissing",
        note: "Not known of this region: clusters. NumSpot: the account lacks a right.",
      },
    ]);
    expect(facts.seen("region")).toEqual({ zones: ["eu-west-2a", "eu-west-2b"] });
  });

  it("is asked for at once where a person requests it, or another account is to ask", async () => {
    const apis = [new InMemoryNumSpotApi(space), new InMemoryNumSpotApi(space)];
    let at = 0;
    const { look } = world(() => apis[at]);
    await look();
    await look(region({ annotations: { [names.reconcileRequestedAt]: "now" } }));
    expect(apis[0]?.asked.filter((one) => one === "zones")).toHaveLength(2);
    at = 1;
    await look(region({ annotations: { [names.reconcileRequestedAt]: "now" } }));
    expect(apis[1]?.asked.filter((one) => one === "zones")).toHaveLength(1);
  });

  it("is unknown as a whole while the account is missing, which is said once, and known as soon as it is there", async () => {
    const apis: NumSpotApi[] = [];
    const { look, told, events } = world(() => {
      const [api] = apis;
      if (api === undefined) throw new WaitingError("DependencyMissing", "Secret socle-system/numspot is missing.");
      return api;
    });
    await look();
    await look();
    expect(events).toMatchObject([{ reason: "DependencyMissing" }]);
    expect(told).toMatchObject([["region", { facts: {} }]]);
    apis.push(new InMemoryNumSpotApi(space));
    await look();
    expect(told[1]).toMatchObject(["region", { failures: [] }]);
  });

  it("ends with the region, and with its API", async () => {
    let api: NumSpotApi | undefined = new InMemoryNumSpotApi(space);
    const { look, told, facts } = world(() => api);
    await look();
    api = undefined;
    await look();
    await look();
    facts.forget("region");
    expect(told.slice(1)).toEqual([["region", undefined]]);
    expect(facts.seen("region")).toBeUndefined();
  });

  it("is not believed where the process ends in the middle of the question", async () => {
    const api = new InMemoryNumSpotApi(space);
    const { look, told, stop } = world(() => api);
    stop.abort();
    await look();
    expect(told).toEqual([]);
  });
});

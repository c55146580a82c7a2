import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import {
  bucket as bucketOfProvider,
  claim,
  cluster,
  inZone,
  module,
  numSpotRegion,
  region,
  tenant,
  told as facts,
  zonal,
} from "../../../test/support/policy-fixtures/places.ts";
import type { Store } from "./store.ts";
import { storesOf } from "./stores.ts";

const bound = claim({ volumeName: "pv-1", storageClassName: "plain" });
const bucket = module({ kind: "Bucket", name: "meteo-files", server: "objects.suite.example" });
const home = [tenant(), region()];
const summary = (stores: readonly Store[]) =>
  stores.map(({ kind, name, country, zones, proof }) => [kind, name, country, zones.join(" "), proof]);
const told = (...objects: readonly Manifest[]) => summary(storesOf([...home, ...objects]));

describe("the stores of tenants", () => {
  it("are their volumes, and what their modules keep elsewhere, each with what told where it lies", () => {
    expect(storesOf([...home, bound, inZone, bucket])).toEqual([
      {
        kind: "Volume",
        name: "files",
        namespace: "t-meteo-apps",
        tenant: "meteo",
        module: "Nextcloud",
        region: "eu-west-2",
        zones: ["eu-west-2a"],
        country: "FR",
        proof: "Topology",
        from: { object: { apiVersion: "v1", kind: "PersistentVolume", name: "pv-1" }, field: "spec.nodeAffinity" },
      },
      {
        kind: "Bucket",
        name: "meteo-files",
        tenant: "meteo",
        module: "Nextcloud",
        region: "eu-west-2",
        zones: [],
        country: "FR",
        proof: "Declared",
        from: {
          object: { apiVersion: "socle.dev/v1alpha1", kind: "SovereignRegion", name: "cloudgouv" },
          field: "spec.storage.objectStore.url",
        },
      },
    ]);
  });

  it("count a database cluster once: by its volumes, or before there are any by its class", () => {
    const own = claim({ volumeName: "pv-1" }, { namespace: "t-meteo-data", name: "postgresql-1" });
    expect(told(cluster, zonal)).toEqual([["Volume", "postgresql", "FR", "eu-west-2a eu-west-2b", "Topology"]]);
    expect(told(cluster, zonal, own, inZone)).toEqual([["Volume", "postgresql-1", "FR", "eu-west-2a", "Topology"]]);
  });

  it("have no country where their zones are none of the region's", () => {
    const moved = region({ zones: ["eu-west-2b"] });
    expect(summary(storesOf([tenant(), moved, bound, inZone]))).toEqual([
      ["Volume", "files", undefined, "eu-west-2a", "Topology"],
    ]);
  });

  it("are Unknown, with the remedy, where nothing tells where they lie", () => {
    const elsewhere = module({
      kind: "Bucket",
      name: "meteo",
      server: "https://user:hunter2@objects.elsewhere.example/key",
    });
    const [store] = storesOf([...home, elsewhere]);
    expect(store).toMatchObject({ proof: "Unknown", zones: [], from: { field: "status.external[0].server" } });
    expect(store?.missing).toContain("objects.elsewhere.example");
    expect(JSON.stringify(store)).not.toContain("hunter2");
    expect(summary(storesOf([bound]))).toEqual([["Volume", "files", undefined, "", "Unknown"]]);
  });

  it("lie where the provider says, if the hosts of that region say so", () => {
    const given = [tenant(), numSpotRegion(), facts, module(bucketOfProvider), claim({})];
    expect(
      storesOf(given).map(({ name, country, proof, from: { object, field } }) => [
        name,
        country,
        proof,
        object.kind,
        field,
      ]),
    ).toEqual([
      ["files", "FR", "ProviderAnswer", "NumSpotFacts", "facts.clusters[0].id"],
      ["meteo", "FR", "ProviderAnswer", "NumSpotFacts", "facts.buckets"],
    ]);
  });

  it("are those of tenants alone", () => {
    expect(told(claim({}, { labels: {}, namespace: "socle-system" }))).toEqual([]);
  });

  it("leave out nothing that is not to be understood", () => {
    expect(storesOf([...home, claim({}, { labels: {} }), module({ name: "meteo" })])).toMatchObject([
      { kind: "Unknown", name: "files", namespace: "t-meteo-apps", tenant: "meteo", proof: "Unknown" },
      { kind: "Unknown", name: "nextcloud", tenant: "meteo", from: { field: "status.external[0].kind" } },
    ]);
  });
});

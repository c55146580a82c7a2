import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { bridgePlaces } from "./media.ts";

const media = (index: number, more: object): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: `jitsi-bridge-${index}-media`, namespace: "t-meteo-apps" },
  ...more,
});
const bridge = (index: number, replicas: number, status: object): Manifest => {
  const metadata = { name: `jitsi-bridge-${index}`, namespace: "t-meteo-apps", generation: 2 };
  return { apiVersion: "apps/v1", kind: "StatefulSet", metadata, spec: { replicas }, status };
};
const balanced = (index: number, ip: string) => media(index, { status: { loadBalancer: { ingress: [{ ip }] } } });

describe("where clients reach the bridges", () => {
  it.each<[string, Parameters<typeof bridgePlaces>[1], Manifest[], readonly [number, readonly string[], boolean]]>([
    ["nothing known yet", { exposure: "LoadBalancer" }, [], [10_000, [], false]],
    [
      "the load balancer's address",
      { exposure: "LoadBalancer" },
      [balanced(0, "203.0.113.7")],
      [10_000, ["203.0.113.7"], true],
    ],
    [
      "a load balancer that only has a name",
      { exposure: "LoadBalancer" },
      [media(0, { status: { loadBalancer: { ingress: [{ hostname: "lb.example" }] } } })],
      [10_000, [], false],
    ],
    [
      "the addresses that the region says",
      { exposure: "LoadBalancer", addresses: ["198.51.100.1"] },
      [balanced(0, "203.0.113.7")],
      [10_000, ["198.51.100.1"], true],
    ],
    ["a port that no node has opened yet", { exposure: "NodePort" }, [media(0, { spec: {} })], [10_000, [], false]],
    [
      "the port of the nodes",
      { exposure: "NodePort", addresses: ["198.51.100.1"] },
      [media(0, { spec: { ports: [{ nodePort: 31_000 }] } })],
      [31_000, ["198.51.100.1"], true],
    ],
  ])("%s", (_what, wish, live, [port, addresses, known]) => {
    expect(bridgePlaces(1, wish, live)).toEqual([{ index: 0, port, addresses, known, retires: false }]);
  });

  it("gives each bridge a port of its own", () => {
    const ports = bridgePlaces(32, { exposure: "LoadBalancer" }, []).map(({ port }) => port);
    expect(ports).toEqual(Array.from({ length: 32 }, (_, index) => 10_000 + index));
  });

  it.each<[string, Manifest, boolean]>([
    ["still runs", bridge(3, 1, { observedGeneration: 2, replicas: 1 }), true],
    ["says farewell", bridge(3, 0, { observedGeneration: 2, replicas: 1 }), true],
    ["was told, and nobody looked yet", bridge(3, 0, { observedGeneration: 1 }), true],
    ["is gone", bridge(3, 0, { observedGeneration: 2, replicas: 0 }), false],
    ["is one of the wanted", bridge(1, 1, { observedGeneration: 2, replicas: 1 }), false],
  ])("a bridge beyond the wanted ones that %s keeps its way: %s", (_what, live, stays) => {
    const retiring = bridgePlaces(2, { exposure: "LoadBalancer" }, [live]).filter(({ retires }) => retires);
    expect(retiring.map(({ index }) => index)).toEqual(stays ? [3] : []);
  });

  it("takes nothing else for a bridge", () => {
    const other = { ...bridge(9, 1, {}), metadata: { name: "jitsi-bridge-9-media", namespace: "n" } };
    expect(bridgePlaces(1, { exposure: "NodePort" }, [other]).length).toBe(1);
  });
});

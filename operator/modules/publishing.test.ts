import { describe, expect, it } from "vitest";
import { liveRegion } from "../../test/support/live-objects.ts";
import { publishingGap, publishingOf } from "./publishing.ts";

const region = (ingress: object) =>
  liveRegion({ spec: { ingress: { from: { cidrs: ["192.0.2.0/24"] }, ...ingress } } });
const byGateway = region({ gatewayRef: { name: "public", listener: "https" } });

describe("publishingOf", () => {
  it("is the ingress controller of the region, with its issuer where it has one", () => {
    expect(publishingOf(liveRegion())).toEqual({ by: "ingress", className: "edge" });
    expect(publishingOf(region({ className: "edge", clusterIssuer: "platform" }))).toEqual({
      by: "ingress",
      className: "edge",
      clusterIssuer: "platform",
    });
  });

  it("is the listener that the region names, of a Gateway in the namespace of the operator", () => {
    expect(publishingOf(byGateway)).toEqual({
      by: "gateway",
      gateway: "public",
      namespace: "socle-system",
      listener: "https",
    });
  });
});

describe("publishingGap", () => {
  it("says what to install where the cluster lacks HTTPRoutes", () => {
    expect(publishingGap(byGateway, { kinds: new Set(["Cluster"]) })).toEqual({
      reason: "CapabilityMissing",
      message: expect.stringContaining("lacks HTTPRoute of gateway.networking.k8s.io/v1") as string,
    });
  });

  it("is none where they are there, or where nobody asks for them", () => {
    expect(publishingGap(byGateway, { kinds: new Set(["HTTPRoute"]) })).toBe(undefined);
    expect(publishingGap(liveRegion(), { kinds: new Set() })).toBe(undefined);
  });
});

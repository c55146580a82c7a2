import { describe, expect, it } from "vitest";
import { markerText } from "./ownership.ts";

const owner = { installation: "i", tenant: "minagri", legalIdentifier: "SIREN:1", module: "Keycloak" };

describe("markerText", () => {
  it("is the same text whatever the order in which the owner was built: it is compared as text", () => {
    const { installation, ...rest } = owner;
    expect(markerText({ ...rest, installation })).toBe(markerText(owner));
    expect(markerText(owner)).toBe(
      '{"installation":"i","legalIdentifier":"SIREN:1","module":"Keycloak","tenant":"minagri"}',
    );
  });

  it.each(["installation", "tenant", "legalIdentifier", "module"] as const)("differs with another %s", (field) => {
    expect(markerText({ ...owner, [field]: "another" })).not.toBe(markerText(owner));
  });
});

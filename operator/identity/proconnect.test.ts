import { describe, expect, it } from "vitest";
import {
  type Acr,
  acceptedAcrs,
  admissionOf,
  authorizationUrl,
  proConnectDiscovery,
  siretPattern,
} from "./proconnect.ts";

describe("levels of assurance", () => {
  it.each<[Acr, readonly Acr[]]>([
    ["eidas0", ["eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3"]],
    ["eidas0-mfa", ["eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3"]],
    ["eidas1", ["eidas1", "eidas1-mfa", "eidas2", "eidas3"]],
    ["eidas1-mfa", ["eidas1-mfa", "eidas2", "eidas3"]],
    ["eidas2", ["eidas2", "eidas3"]],
    ["eidas3", ["eidas3"]],
  ])("from %s on are %j", (minimum, accepted) => {
    expect(acceptedAcrs(minimum)).toEqual(accepted);
  });

  it("are asked for as essential, in a parameter that survives in the address", () => {
    const url = new URL(authorizationUrl("https://idp.example/api/v2/authorize?tenant=a", "eidas2"));
    expect(url.searchParams.get("tenant")).toBe("a");
    expect(JSON.parse(url.searchParams.get("claims") ?? "")).toEqual({
      id_token: { acr: { essential: true, values: ["eidas2", "eidas3"] } },
    });
  });
});

describe("who is admitted", () => {
  const fits = (pattern: string, siret: string): boolean => new RegExp(`^(?:${pattern})$`).test(siret);

  it("is the organisation of the tenant where nobody is listed", () => {
    const siren = admissionOf({}, { scheme: "SIREN", value: "110014016" });
    expect(siren).toEqual({ sirens: ["110014016"], sirets: [] });
    expect(admissionOf({}, { scheme: "SIRET", value: "11001401600015" })).toEqual(siren);
    expect(admissionOf({ allowedSirens: [], allowedSirets: [] }, { scheme: "SIREN", value: "110014016" })).toEqual(
      siren,
    );
  });

  it("has to be listed where the register of the tenant tells no SIREN", () => {
    expect(admissionOf({}, { scheme: "Internal", value: "DEMO1" })).toBeUndefined();
    expect(admissionOf({ allowedSirets: ["11001401600015"] }, { scheme: "Internal", value: "DEMO1" })).toEqual({
      sirens: [],
      sirets: ["11001401600015"],
    });
  });

  it("fits with a SIRET of a listed SIREN, or a listed SIRET, and nothing longer, shorter or beside", () => {
    const pattern = siretPattern({ sirens: ["110014016"], sirets: ["99999999900015"] });
    expect(fits(pattern, "11001401600015")).toBe(true);
    expect(fits(pattern, "99999999900015")).toBe(true);
    for (const other of ["99999999900023", "11001401500015", "1100140160001", "110014016000155", "x11001401600015", ""])
      expect(fits(pattern, other), other).toBe(false);
  });
});

it("knows where each environment describes itself, and takes a custom address as it is", () => {
  expect(proConnectDiscovery("Production", undefined)).toBe(
    "https://auth.agentconnect.gouv.fr/api/v2/.well-known/openid-configuration",
  );
  expect(proConnectDiscovery("Custom", "https://idp.example/d")).toBe("https://idp.example/d");
});

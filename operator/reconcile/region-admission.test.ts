import { describe, expect, it } from "vitest";
import { condition, liveRegion, liveTenant } from "../../test/support/live-objects.ts";
import { admissionFinding, admittedTenants, isAdmitted } from "./region-admission.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const born = (day: number) => ({ creationTimestamp: `2026-01-0${day}T00:00:00Z` });
const tenant = liveTenant("minagri", { metadata: born(5), spec: { seats: 100 } });
const admitted = { conditions: [condition("RegionAdmitted", "True")] };
const other = (name: string, day: number, more: { seats?: number; status?: object; region?: string } = {}) =>
  liveTenant(name, {
    metadata: born(day),
    spec: { seats: more.seats ?? 100, regionRef: { name: more.region ?? "region" } },
    ...(more.status === undefined ? {} : { status: more.status }),
  });
const ask = (over: Partial<Parameters<typeof admissionFinding>[0]> = {}) =>
  admissionFinding({ tenant, region: liveRegion(), tenants: [tenant], livesHere: false, now, ...over });
const limited = (limits: object, more: object = {}) => liveRegion({ spec: { limits, ...more } });

const platform = liveRegion({
  spec: {
    keycloak: { mode: "External", url: "https://sso.example.org:8443/auth", adminCredentialsSecretRef: { name: "k" } },
  },
});
const domain = (name: string) => liveTenant("minagri", { metadata: born(5), spec: { domain: name } });

describe("admissionFinding", () => {
  it.each([
    ["a region with room", {}, "Succeeded"],
    ["no such region", { region: undefined }, "DependencyMissing"],
    ["another country", { region: liveRegion({ spec: { country: "DE" } }) }, "PolicyDenied"],
    [
      "a proof that the region lacks",
      {
        tenant: liveTenant("minagri", {
          spec: { compliance: { dataClasses: ["Internal"], requiredQualifications: ["HDS"] } },
        }),
      },
      "NotQualified",
    ],
    ["a domain that is the platform's", { region: platform, tenant: domain("sso.example.org") }, "NameTaken"],
    ["a domain above the platform's", { region: platform, tenant: domain("example.org") }, "NameTaken"],
    ["a domain below the platform's", { region: platform, tenant: domain("a.sso.example.org") }, "NameTaken"],
    ["a domain beside the platform's", { region: platform, tenant: domain("a.example.org") }, "Succeeded"],
    [
      "a domain above the platform's that it lives with",
      { region: platform, tenant: domain("example.org"), livesHere: true },
      "Succeeded",
    ],
    ["a cordoned region", { region: liveRegion({ spec: { state: "Cordoned" } }) }, "LimitReached"],
    [
      "a cordoned region that it lives in",
      { region: liveRegion({ spec: { state: "Cordoned" } }), livesHere: true },
      "Succeeded",
    ],
    [
      "a full region",
      { region: limited({ tenants: 1 }), tenants: [tenant, other("a", 9, { status: admitted })] },
      "LimitReached",
    ],
    [
      "a full region that it lives in",
      { region: limited({ tenants: 1 }), tenants: [tenant, other("a", 1)], livesHere: true },
      "Succeeded",
    ],
    [
      "the last place, asked for by an older tenant too",
      { region: limited({ tenants: 1 }), tenants: [tenant, other("a", 1)] },
      "LimitReached",
    ],
    [
      "the last place, asked for by a younger tenant too",
      { region: limited({ tenants: 1 }), tenants: [tenant, other("a", 9)] },
      "Succeeded",
    ],
    [
      "neighbours in other regions",
      { region: limited({ tenants: 1 }), tenants: [tenant, other("a", 1, { region: "elsewhere" })] },
      "Succeeded",
    ],
    ["the last seats", { region: limited({ seats: 200 }), tenants: [tenant, other("a", 1)] }, "Succeeded"],
    ["one seat too few", { region: limited({ seats: 199 }), tenants: [tenant, other("a", 1)] }, "LimitReached"],
  ])("%s: %s", (_claim, over, reason) => {
    expect(ask(over).reason).toBe(reason);
  });

  it("counts realms too: Keycloak has a ceiling of its own", () => {
    const region = liveRegion();
    const keycloak = { ...region.spec.keycloak, maxRealms: 1 };
    const full = { ...region, spec: { ...region.spec, keycloak } };
    expect(ask({ region: full, tenants: [tenant, other("a", 1)] }).reason).toBe("LimitReached");
  });

  it("says which proof is lacking, and where to record it", () => {
    const spec = { compliance: { dataClasses: ["Internal"], requiredQualifications: ["HDS", "SecNumCloud"] } };
    expect(ask({ tenant: liveTenant("minagri", { spec }) }).message).toBe(
      "Region region has no verified and valid proof of HDS, SecNumCloud; record it in spec.qualifications of the region.",
    );
  });
});

describe("A tenant counts as admitted", () => {
  it.each([
    ["when the condition says so", admitted, true],
    ["when its namespaces are on record, though the condition was lost", { namespaces: ["t-a"] }, true],
    ["not before", { conditions: [condition("RegionAdmitted", "False")], namespaces: [] }, false],
    ["not without a status", undefined, false],
  ])("%s", (_claim, status, wanted) => {
    expect(isAdmitted(other("a", 1, status === undefined ? {} : { status }))).toBe(wanted);
  });

  it("in its own region only", () => {
    const all = [
      other("a", 1, { status: admitted }),
      other("b", 1, { status: admitted, region: "elsewhere" }),
      other("c", 1),
    ];
    expect(admittedTenants(liveRegion(), all).map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });
});

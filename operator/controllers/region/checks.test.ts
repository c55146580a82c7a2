import { describe, expect, it } from "vitest";
import { condition, liveRegion, liveTenant } from "../../../test/support/live-objects.ts";
import {
  capabilitiesFinding,
  capacityFinding,
  earliestExpiry,
  identityFinding,
  qualificationsFinding,
} from "./checks.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const all = {
  storageClass: true,
  ingressClass: true,
  gateway: undefined,
  issuer: undefined,
  tlsSecret: true,
  pullSecret: true,
  trustBundle: "not-named" as const,
};
const proof = (scheme: string, validUntil: string, verification = "Verified") => ({
  scheme,
  reference: "decision",
  holder: "Provider",
  scope: ["IaaS"],
  validFrom: "2026-01-01",
  validUntil,
  evidenceURI: "https://evidence.example/a.pdf",
  verification,
  verifiedBy: "security@platform.example",
});
const proven = (...qualifications: ReturnType<typeof proof>[]) => liveRegion({ spec: { qualifications } });
const admitted = { conditions: [condition("RegionAdmitted", "True")] };
const tenant = (name: string, spec: object = {}) => liveTenant(name, { spec: { ...spec }, status: admitted });

describe("capabilitiesFinding", () => {
  it.each([
    ["everything is there", {}, "True", "exists"],
    ["the storage class is missing", { storageClass: false }, "False", "StorageClass encrypted"],
    ["the ingress class is missing", { ingressClass: false }, "False", "IngressClass edge"],
    ["the Gateway is missing", { gateway: "absent" as const }, "False", "Missing: Gateway"],
    ["the listener is missing", { gateway: "no-listener" as const }, "False", "of protocol HTTPS on Gateway"],
    [
      "a Gateway stands for the ingress class",
      { ingressClass: undefined, gateway: "present" as const },
      "True",
      "exist",
    ],
    ["the issuer is missing", { issuer: false }, "False", "ClusterIssuer"],
    ["the certificate is missing", { tlsSecret: false }, "False", "Secret tls"],
    ["the Secret for pulling images is missing", { pullSecret: false }, "False", "spec.images.pullSecretRef"],
    ["the bundle is missing", { trustBundle: "absent" as const }, "False", "ca.crt"],
    ["the bundle holds no certificate", { trustBundle: "no-certificate" as const }, "False", "PEM certificate"],
  ])("where %s", (_claim, over, status, message) => {
    const finding = capabilitiesFinding(liveRegion(), { ...all, ...over });
    expect([finding.status, finding.message]).toEqual([status, expect.stringContaining(message)]);
  });

  it("names all that is missing at once", () => {
    const { message } = capabilitiesFinding(liveRegion(), { ...all, storageClass: false, ingressClass: false });
    expect(message).toContain("encrypted (spec.storage.className); IngressClass edge");
  });
});

describe("capabilitiesFinding of a region that states what nothing reads yet", () => {
  it("names it, so that nobody believes that it works", () => {
    const openXchange = {
      url: "https://ox.example",
      cidrs: ["10.0.0.9/32"],
      adminCredentialsSecretRef: { name: "ox" },
    };
    const region = liveRegion({ spec: { openXchange } });
    expect(capabilitiesFinding(region, all)).toMatchObject({
      status: "True",
      message:
        "Every class, issuer and bundle that the region names exists. Stated, and not used by this release: spec.openXchange.cidrs.",
    });
    expect(capabilitiesFinding(liveRegion(), all).message).toBe(
      "Every class, issuer and bundle that the region names exists.",
    );
  });
});

describe("identityFinding", () => {
  const ours = new Set(["minagri"]);
  it.each([
    ["create-realm alone", ["create-realm"], [], "True"],
    ["what every account has beside it", ["create-realm", "offline_access"], ["account"], "True"],
    ["rights on a realm of a tenant", ["create-realm"], ["minagri-realm"], "True"],
    ["rights on a realm of somebody else", ["create-realm"], ["foreign-realm"], "False"],
    ["rights on master itself", ["create-realm"], ["master-realm"], "False"],
    ["the role admin", ["create-realm", "admin"], [], "False"],
    ["no right to create realms", [], [], "False"],
  ])("an account with %s: %s", (_claim, realmRoles, clientRoles, status) => {
    expect(identityFinding({ realmRoles, clientRoles }, ours).status).toBe(status);
  });
});

describe("qualificationsFinding", () => {
  const needy = tenant("a", { compliance: { dataClasses: ["Internal"], requiredQualifications: ["SecNumCloud"] } });
  it.each([
    ["no tenant needs one", liveRegion(), [tenant("a")], "True"],
    ["it is valid", proven(proof("SecNumCloud", "2026-12-31")), [needy], "True"],
    ["it has ended", proven(proof("SecNumCloud", "2026-05-31")), [needy], "False"],
    ["it is not verified", proven(proof("SecNumCloud", "2026-12-31", "Unverified")), [needy], "False"],
    ["there is none", liveRegion(), [needy], "False"],
  ])("where %s: %s", (_claim, region, tenants, status) => {
    expect(qualificationsFinding(region, tenants, now).status).toBe(status);
  });

  it("knows the day on which the first that counts ends", () => {
    const region = proven(
      proof("HDS", "2026-12-31"),
      proof("C5", "2026-09-30"),
      proof("RGS", "2026-07-01", "Unverified"),
    );
    expect([earliestExpiry(region, now), earliestExpiry(liveRegion(), now)]).toEqual(["2026-09-30", undefined]);
  });
});

describe("capacityFinding", () => {
  const two = [tenant("a", { seats: 10 }), tenant("b", { seats: 20 })];
  it.each([
    ["room", {}, two, "True"],
    ["its limit of tenants reached", { limits: { tenants: 2 } }, two, "False"],
    ["its limit of seats reached", { limits: { seats: 30 } }, two, "False"],
    ["a tenant that was not let in", { limits: { tenants: 1 } }, [liveTenant("c")], "True"],
    ["a cordon", { state: "Cordoned" }, [], "False"],
  ])("a region with %s: %s", (_claim, spec, tenants, status) => {
    expect(capacityFinding(liveRegion({ spec }), tenants).status).toBe(status);
  });
});

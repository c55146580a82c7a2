import { describe, expect, it } from "vitest";
import { liveRegion, liveTenant } from "../../../test/support/live-objects.ts";
import { isolationInput, mirrorData, moduleManifest } from "./desired.ts";

const ports = {
  operatorNamespace: "socle-system",
  operatorSubject: { kind: "User" as const, name: "socle" },
  office: false,
};

describe("moduleManifest", () => {
  it("states exactly the fields that the Tenant states: the rest is the administrators' to set", () => {
    const tenant = liveTenant("minagri", { spec: { modules: [{ module: "Keycloak", driftPolicy: "Report" }] } });
    expect(moduleManifest(tenant, tenant.spec.modules[0]!)).toMatchObject({
      metadata: { name: "keycloak", namespace: "t-minagri" },
      spec: { tenantRef: { name: "minagri" }, module: "Keycloak", driftPolicy: "Report" },
    });
    expect(Object.keys(moduleManifest(tenant, tenant.spec.modules[0]!)["spec"] as object).sort()).toEqual([
      "driftPolicy",
      "module",
      "tenantRef",
    ]);
  });
});

describe("isolationInput", () => {
  it("opens the way to the database server of the region, where it names one", () => {
    const region = liveRegion();
    expect(isolationInput(liveTenant("minagri"), region, ports).postgresql).toEqual({
      cidrs: ["10.0.0.1/32"],
      port: 5432,
    });
    const without = { ...region, spec: { ...region.spec, postgresql: { defaultDriver: "StatefulSet" as const } } };
    expect(isolationInput(liveTenant("minagri"), without, ports).postgresql).toBe(undefined);
  });

  it("carries who the tenant is and what it may reach", () => {
    const spec = { network: { egressCIDRs: ["192.0.2.0/24"] }, rollout: { cohort: "first", ring: 1 } };
    expect(isolationInput(liveTenant("minagri", { spec }), liveRegion(), ports)).toMatchObject({
      name: "minagri",
      legalIdentifier: "Internal:MINAGRI",
      egressCIDRs: ["192.0.2.0/24"],
      modules: ["PostgreSQL"],
      rollout: { cohort: "first", ring: 1 },
      operatorNamespace: "socle-system",
    });
  });
});

describe("isolationInput of a tenant with conferences", () => {
  const media = { exposure: "NodePort" as const };
  const region = { ...liveRegion(), spec: { ...liveRegion().spec, media } };
  const conferences = liveTenant("minagri", { spec: { modules: [{ module: "Jitsi" }] } });

  it.each([
    ["opens ports of the nodes as its region says", conferences, region, "NodePort"],
    ["opens none without conferences", liveTenant("minagri"), region, undefined],
    ["opens none where the region says no way", conferences, liveRegion(), undefined],
  ])("%s", (_what, tenant, from, opened) => {
    expect(isolationInput(tenant, from, ports).media).toBe(opened);
  });
});

describe("mirrorData", () => {
  it("says what the ministry may know of its Tenant", () => {
    const modules = [
      { module: "PostgreSQL", ready: true },
      { module: "Keycloak", ready: false, url: "https://sso.example/realms/minagri" },
    ];
    expect(mirrorData(liveTenant("minagri"), { modules, publish: [], records: [] })).toEqual({
      domain: "minagri.example",
      displayName: "Ministère",
      region: "region",
      modules: "PostgreSQL: ready\nKeycloak: not ready https://sso.example/realms/minagri",
    });
  });

  it("hands on what the ministry must serve itself: nobody there can read the Tenant that says it", () => {
    const publish = [{ host: "agents.example", path: "/.well-known/matrix/server", json: '{"m.server":"a:443"}' }];
    const data = mirrorData(liveTenant("minagri"), { modules: [], publish, records: [] });
    expect(JSON.parse(data["publish"] ?? "")).toEqual(publish);
  });

  it("lists the records to publish", () => {
    const records = [{ name: "mail.minagri.example", type: "CNAME", value: "ox.example." }];
    const data = mirrorData(liveTenant("minagri"), { modules: [], publish: [], records });
    expect(JSON.parse(data["dnsRecords"] ?? "")).toEqual(records);
  });
});

import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { auditedMinistry, ministryObjects } from "../../test/support/audited-ministry.ts";
import { attestation, claim, inZone, tenant as placedTenant } from "../../test/support/policy-fixtures/places.ts";
import { catalogue } from "../policy/catalogue/catalogue.ts";
import type { AuditReport, ReportInput } from "./audit-report.ts";
import type { CheckReport } from "./by-requirement.ts";
import { auditReport } from "./make-audit-report.ts";

const tenant: Manifest = {
  apiVersion: "socle.dev/v1alpha1",
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { displayName: "Météo", regionRef: { name: "north" }, domain: "meteo.example" },
};
const service = (namespace: string, name: string, type: string): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { type },
});
const failing = service("t-meteo-apps", "drive", "NodePort");

/** Of a tenant with these objects, by these checks. */
const reportOf = (ids: readonly string[], objects: readonly Manifest[], more: Partial<ReportInput> = {}): AuditReport =>
  auditReport({
    subject: { kind: "Tenant", name: "meteo" },
    checks: catalogue.filter(({ id }) => ids.includes(id)),
    objects: [tenant, ...objects],
    unread: [],
    reports: [],
    versions: { engine: "1", catalogue: "1" },
    language: "en",
    now: "2026-06-15T12:00:00Z",
    ...more,
  });
const checksIn = ({ requirements }: AuditReport): readonly CheckReport[] =>
  requirements.flatMap(({ layers }) => Object.values(layers).flatMap(({ checks }) => checks));
const openReport = (result: string, seconds: number): Manifest => ({
  apiVersion: "openreports.io/v1alpha1",
  kind: "Report",
  metadata: { name: "socle-checks-communications", namespace: "t-meteo" },
  source: "socle",
  results: [
    {
      policy: "13-06",
      result,
      timestamp: { seconds, nanos: 0 },
      ...(result === "pass"
        ? {}
        : { resources: [{ apiVersion: "v1", kind: "Service", namespace: "t-meteo-apps", name: "drive" }] }),
    },
  ],
});

describe("a report of a tenant", () => {
  it("names what is open, and every object that was looked at, by the layer of its check", () => {
    const report = reportOf(["13-06"], [failing, service("t-meteo-apps", "chat", "ClusterIP")]);
    expect(report.findings).toMatchObject([
      { check: "13-06", severity: "critical", layer: "tenant", result: "fail", object: { name: "drive" } },
    ]);
    expect(report.requirements).toMatchObject([
      {
        layers: {
          infrastructure: { state: "none" },
          platform: { state: "none" },
          tenant: {
            state: "fail",
            checks: [
              {
                checkedAt: "2026-06-15T12:00:00Z",
                objects: [
                  { object: { name: "drive" }, result: "fail" },
                  { object: { name: "chat" }, result: "pass" },
                ],
              },
            ],
          },
        },
      },
    ]);
  });

  it("tells nothing of another tenant", () => {
    const report = reportOf(
      ["13-06"],
      [service("t-marine-apps", "drive", "NodePort"), service("t-meteo-apps", "a", "ClusterIP")],
    );
    expect(report.findings).toEqual([]);
    expect(JSON.stringify(report)).not.toContain("marine");
  });

  it("tells since when something fails, from the reports that the cluster keeps, and how old that is", () => {
    const { findings } = reportOf(["13-06"], [failing], { reports: [openReport("fail", 1_780_272_000)] });
    expect(findings).toMatchObject([{ firstFailedAt: "2026-06-01T00:00:00.000Z", ageInDays: 14 }]);
  });

  it("knows no date where no report of this product tells one", () => {
    const strange = { ...openReport("fail", 1_780_272_000), source: "another" };
    const { findings } = reportOf(["13-06"], [failing], { reports: [strange] });
    expect(findings[0]).not.toHaveProperty("firstFailedAt");
  });

  it("evaluates no check that looks at what could not be read", () => {
    const unread = [
      { apiVersion: "v1", kind: "Service", because: "forbidden", scopes: ["tenant"], message: "forbidden" },
    ] as const;
    const report = reportOf(["13-06"], [service("t-meteo-apps", "a", "ClusterIP")], { unread });
    expect(checksIn(report)).toMatchObject([{ check: "13-06", state: "notEvaluated", because: "unread" }]);
    expect(report.unread).toEqual(unread);
  });

  it("evaluates a check whose kind the cluster does not have: there is no such object", () => {
    const unread = [
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        because: "absent",
        scopes: ["tenant"],
        message: "",
      },
    ] as const;
    const report = reportOf(["13-06"], [service("t-meteo-apps", "a", "ClusterIP")], { unread });
    expect(checksIn(report)).toMatchObject([{ state: "pass" }]);
  });

  it("counts each check once for its severity, by the worst of its objects", () => {
    const { counts } = reportOf(["13-06"], [failing, service("t-meteo-apps", "chat", "ClusterIP")]);
    expect(counts.critical).toEqual({ fail: 1, error: 0, excused: 0, attested: 0, pass: 0, notEvaluated: 0 });
    expect(
      Object.values(counts)
        .flatMap((row) => Object.values(row))
        .reduce((sum, count) => sum + count, 0),
    ).toBe(1);
  });

  it("is refused where the tenant is not there", () => {
    expect(() => reportOf(["13-06"], [], { subject: { kind: "Tenant", name: "marine" } })).toThrow(
      "Tenant marine is not there.",
    );
  });
});

describe("a report of changes", () => {
  const since = "2026-06-10T00:00:00Z";
  it("leaves out what reports tell to be older, and what has no history", () => {
    const report = reportOf(["13-06"], [failing], { since, reports: [openReport("fail", 1_780_272_000)] });
    expect(report.findings).toEqual([]);
    expect(report.requirements).toEqual([]);
    expect(report.annexes).toBeUndefined();
  });

  it("tells what changed since, and what nothing dates", () => {
    const changed = reportOf(["13-06"], [failing], { since, reports: [openReport("fail", 1_781_308_800)] });
    expect(changed.findings).toHaveLength(1);
    expect(reportOf(["13-06"], [failing], { since }).findings).toHaveLength(1);
  });
});

describe("the report of the example ministry", () => {
  const report = auditedMinistry();

  it("tells who holds what is inherited for the infrastructure, and lets only proofs count that somebody read", () => {
    expect(report.inherited.map(({ scheme, state }) => [scheme, state])).toEqual([
      ["SecNumCloud", "counts"],
      ["HDS", "unverified"],
    ]);
    const premises = report.requirements.find(({ requirement }) => requirement === "11");
    expect(premises?.inherited).toMatchObject([
      { scheme: "SecNumCloud", holder: "Provider of the infrastructure", reference: "decision-number" },
    ]);
  });

  it("tells what is attested and excused: by whom, until when, with which measures, and on which objects", () => {
    expect(report.attestations).toMatchObject([
      { name: "premises-2026", attestedBy: "security@platform.example", state: "counts" },
    ]);
    expect(report.exceptions).toMatchObject([
      {
        name: "nextcloud-password-in-environment",
        approvedBy: "morgan",
        state: "inForce",
        excuses: [
          { kind: "Deployment", name: "nextcloud" },
          { kind: "Deployment", name: "nextcloud-push" },
        ],
      },
    ]);
    expect(checksIn(report).find(({ check }) => check === "10-20")).toMatchObject({
      exceptions: ["nextcloud-password-in-environment"],
    });
  });

  it("names the head of the chain of evidence", () => {
    expect(report.evidenceHeads).toEqual(["a".repeat(64)]);
  });

  it("has the annexes: flows, rights from both sides, places, things", () => {
    const { flows, access, location, inventory } = report.annexes ?? {};
    expect(flows?.problems).toEqual([]);
    expect(flows?.flows).toContainEqual({
      from: "t-minagri-apps/Deployment/nextcloud",
      to: "t-minagri-apps/Deployment/nextcloud-redis",
      ports: "TCP 6379",
    });
    expect(access?.byPerson).toContainEqual(
      expect.objectContaining({ who: "Group minagri-audit", role: "ClusterRole socle:auditor", where: "t-minagri" }),
    );
    expect(location).toMatchObject({ regionCode: "cloudgouv-eu-west-1", country: "FR", allowedCountries: ["FR"] });
    expect(location?.places).toContainEqual({ what: "volumes", name: "encrypted", details: [] });
    expect(location?.unread).toEqual(["Node"]);
    expect(inventory?.map(({ object }) => object.kind)).toContain("StatefulSet");
  });

  it("is a report of the platform for a region, which leaves what is a tenant's to its own", () => {
    const ofRegion = auditedMinistry({ subject: { kind: "SovereignRegion", name: "cloudgouv" } });
    const states = ofRegion.requirements.flatMap(({ layers }) => layers.tenant.checks.map(({ because }) => because));
    expect(states.filter((because) => because === "ofTenants").length).toBeGreaterThan(20);
    expect(ofRegion.requirements.some(({ layers }) => layers.platform.state === "pass")).toBe(true);
    expect(ofRegion.findings.every(({ layer }) => layer !== "tenant")).toBe(true);
  });
});

describe("the annex of where data lie", () => {
  const declaredBy = (field: string) => ({
    object: { apiVersion: "socle.dev/v1alpha1", kind: "SovereignRegion", name: "cloudgouv" },
    field,
  });
  const another = claim({}, { namespace: "t-meteo-apps" });
  const storesOf = (objects: readonly Manifest[], more: Partial<ReportInput> = {}) =>
    auditedMinistry({ objects: [...ministryObjects(), ...objects], ...more }).annexes?.location?.stores ?? [];
  const volume = { kind: "Volume", name: "postgresql", namespace: "t-minagri-data", tenant: "minagri" };

  it("tells of each store where it lies, how that is known, what told it, and who vouches for it", () => {
    const stores = storesOf([attestation("19-05")]);
    expect(stores).toContainEqual({
      ...volume,
      module: "PostgreSQL",
      region: "cloudgouv-eu-west-1",
      zones: [],
      country: "FR",
      proof: "Declared",
      from: declaredBy("spec.country"),
      vouchedBy: { name: "location-19-05", until: "2026-12-31T00:00:00Z" },
    });
  });

  it("knows nobody who vouches where the word has ended, is about another check or about another region", () => {
    const words = [
      attestation("19-05", { expiresAt: "2026-06-15T12:00:00Z" }),
      attestation("19-07"),
      attestation("19-05", { subject: { kind: "SovereignRegion", name: "north" } }),
    ];
    for (const word of words) {
      const stores = storesOf([word]);
      expect(stores).toContainEqual(expect.objectContaining(volume));
      expect(stores.filter(({ vouchedBy }) => vouchedBy !== undefined)).toEqual([]);
    }
  });

  it("vouches for nothing that Kubernetes tells", () => {
    const bound = claim(
      { volumeName: "pv-1" },
      { namespace: "t-minagri-apps", labels: { "socle.dev/tenant": "minagri" } },
    );
    const files = storesOf([attestation("19-05"), bound, inZone]).filter(({ name }) => name === "files");
    expect(files).toMatchObject([{ proof: "Topology", from: { object: { name: "pv-1" } } }]);
    expect(files[0]).not.toHaveProperty("vouchedBy");
  });

  it("tells a tenant its own alone, and the platform those of all tenants of the region", () => {
    const region = { subject: { kind: "SovereignRegion", name: "cloudgouv" } } as const;
    const tenantsIn = (stores: ReturnType<typeof storesOf>) => [...new Set(stores.map(({ tenant: name }) => name))];
    expect(tenantsIn(storesOf([placedTenant(), another]))).toEqual(["minagri"]);
    expect(tenantsIn(storesOf([placedTenant(), another], region)).sort()).toEqual(["meteo", "minagri"]);
    expect(tenantsIn(storesOf([tenant, another], region))).toEqual(["minagri"]);
  });

  it("is borne out by checks, which tell what rests on a person's word from what was seen", () => {
    const node: Manifest = { apiVersion: "v1", kind: "Node", metadata: { name: "worker-1" } };
    const words = ["19-05", "19-07"].map((check) => attestation(check));
    const report = auditedMinistry({ objects: [...ministryObjects(), node, ...words], unread: [] });
    const told = checksIn(report).filter(({ check }) => ["19-05", "19-07"].includes(check));
    expect(told).toMatchObject([
      { check: "19-05", state: "attested", attestations: ["location-19-05"] },
      { check: "19-07", state: "attested", attestations: ["location-19-07"] },
    ]);
  });
});

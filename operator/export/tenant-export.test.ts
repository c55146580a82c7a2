import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Manifest, refOf } from "../../constructs/manifest.ts";
import { tenantManifests } from "../../constructs/tenant/tenant-manifests.ts";
import { liveRegion, liveTenant } from "../../test/support/live-objects.ts";
import { isolationInput } from "../controllers/tenant/desired.ts";
import { sealed } from "../reconcile/digest.ts";
import { refText } from "../reconcile/plan.ts";
import { fileObjects } from "./file-objects.ts";
import { type AssumedCluster, exportTenant } from "./tenant-export.ts";

const assumed: AssumedCluster = {
  installation: "00000000-0000-0000-0000-000000000000",
  kinds: new Set(["Cluster", "Database", "DatabaseRole"]),
  apiServers: [{ address: "192.0.2.10", port: 6443 }],
  operatorNamespace: "socle-system",
  operatorSubject: { kind: "ServiceAccount", name: "socle", namespace: "socle-system" },
};

const files = ["region", "tenant-ministry", "tenant-commune"].map((name) => ({
  name,
  text: readFileSync(join(import.meta.dirname, `../../examples/${name}.yaml`), "utf8"),
}));

function exportExample(name: string, over: Partial<AssumedCluster> = {}) {
  const { tenants, regions } = fileObjects(files);
  const tenant = tenants.get(name)!;
  return exportTenant(tenant, regions.get(tenant.spec.regionRef.name)!, { ...assumed, ...over });
}

const ofKind = (manifests: readonly Manifest[], kind: string) => manifests.filter((one) => one.kind === kind);
const named = (manifests: readonly Manifest[]) =>
  manifests.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`);

describe.each(["minagri", "valbelle"])("the export of tenant %s", (name) => {
  const { manifests } = exportExample(name);

  it("begins with its namespaces and ends with its routes", () => {
    const kinds = manifests.map(({ kind }) => kind);
    const namespaces = ofKind(manifests, "Namespace").length;
    expect(kinds.slice(0, namespaces)).toEqual(Array(namespaces).fill("Namespace"));
    expect(kinds.slice(-3)).toEqual(["Ingress", "Ingress", "Ingress"]);
    const firstPods = kinds.findIndex((kind) => ["Cluster", "StatefulSet", "Deployment"].includes(kind));
    expect(kinds.lastIndexOf("NetworkPolicy")).toBeLessThan(firstPods);
    expect(kinds.lastIndexOf("ResourceQuota")).toBeLessThan(firstPods);
  });

  it("names each object once, in a namespace of the tenant", () => {
    const refs = manifests.map((manifest) => refText(refOf(manifest)));
    expect(new Set(refs).size).toBe(refs.length);
    const own = new Set(ofKind(manifests, "Namespace").map(({ metadata }) => metadata.name));
    for (const { kind, metadata } of manifests)
      expect(kind === "Namespace" || own.has(metadata.namespace ?? ""), `${kind} ${metadata.name}`).toBe(true);
  });

  it("has no status, no object of a kind of ours, and no value that is secret", () => {
    for (const manifest of manifests) {
      expect(Object.keys(manifest)).not.toContain("status");
      expect(manifest.apiVersion).not.toContain("socle.dev");
      if (manifest.kind === "Secret") expect(Object.keys(manifest)).not.toContain("data");
    }
    const values = ofKind(manifests, "Secret").map(({ stringData }) => stringData as Record<string, string>);
    const secret = values.flatMap((data) =>
      Object.entries(data).filter(([key]) => /password|secret|key|\.crt/i.test(key)),
    );
    expect(secret.length).toBeGreaterThan(5);
    for (const [key, value] of secret) expect(value, key).toBe("REPLACE-ME");
  });

  it("is the same each time, byte for byte", () => {
    expect(JSON.stringify(exportExample(name))).toBe(JSON.stringify(exportExample(name)));
  });
});

describe("exportTenant", () => {
  it("has the namespace of an online office for a tenant that asks for one, and for no other", () => {
    const namespaces = (name: string) => named(ofKind(exportExample(name).manifests, "Namespace"));
    expect(namespaces("minagri")).toContain("/t-minagri-office");
    expect(namespaces("valbelle")).toEqual(["/t-valbelle", "/t-valbelle-apps", "/t-valbelle-data"]);
  });

  it("has the isolation that the reconciler applies, with the same digests", () => {
    const [tenant, region] = [liveTenant("minagri"), liveRegion()];
    const { namespaces, isolation } = tenantManifests(isolationInput(tenant, region, { ...assumed, office: false }));
    const { manifests } = exportTenant(tenant, region, assumed);
    expect(manifests).toEqual(expect.arrayContaining([...namespaces, ...isolation].map(sealed)));
  });

  it("takes choices that no Tenant states from the region and from what a cluster is taken to have", () => {
    const { manifests } = exportExample("minagri");
    const [cluster] = ofKind(manifests, "Cluster");
    expect(cluster?.["spec"]).toMatchObject({ instances: 3, storage: { storageClass: "encrypted", size: "200Gi" } });
    expect(named(ofKind(manifests, "NetworkPolicy"))).toContain("t-minagri-data/postgresql-allow-api-server");
    const role = ofKind(manifests, "DatabaseRole").map((one) => JSON.stringify(one["spec"]));
    expect(role[0]).toContain(assumed.installation);
  });

  it("opens no way to an API server that it does not know, and says so", () => {
    const { manifests, notes } = exportExample("minagri", { apiServers: [] });
    expect(named(ofKind(manifests, "NetworkPolicy"))).not.toContain("t-minagri-data/postgresql-allow-api-server");
    expect(notes.join()).toContain("--api-server");
  });

  it("leaves out a module that the cluster cannot have, and those that need it, and says why", () => {
    const { manifests, leftOut } = exportExample("minagri", { kinds: new Set() });
    expect(leftOut[0]).toContain("Module PostgreSQL is left out. This cluster lacks Cluster, Database, DatabaseRole");
    expect(leftOut).toContain("Module Synapse is left out. It needs PostgreSQL, which is left out.");
    expect(named(ofKind(manifests, "StatefulSet"))).not.toContain("t-minagri-apps/synapse");
  });

  it("makes nothing of a module that the operator only watches or leaves alone", () => {
    const modules = [
      { module: "PostgreSQL", managementPolicy: "Observe" },
      { module: "Keycloak", managementPolicy: "Paused" },
    ];
    const { manifests, notes, leftOut } = exportTenant(
      liveTenant("minagri", { spec: { modules } }),
      liveRegion(),
      assumed,
    );
    expect(ofKind(manifests, "Secret")).toEqual([]);
    expect(leftOut).toEqual([]);
    expect(notes).toEqual([
      "Module PostgreSQL has managementPolicy Observe: nothing is made for it.",
      "Module Keycloak has managementPolicy Paused: nothing is made for it.",
    ]);
  });

  it("copies the region's certificate as a placeholder, where it has one for all hosts", () => {
    const tenant = liveTenant("minagri", { spec: { modules: [{ module: "Synapse" }] } });
    const certificate = ofKind(exportTenant(tenant, liveRegion(), assumed).manifests, "Secret").find(
      ({ metadata }) => metadata.name === "public-certificate",
    );
    expect(certificate).toMatchObject({
      type: "kubernetes.io/tls",
      metadata: { namespace: "t-minagri-apps" },
      stringData: { "tls.crt": "REPLACE-ME", "tls.key": "REPLACE-ME" },
    });
    expect(named(ofKind(exportExample("valbelle").manifests, "Secret"))).not.toContain(
      "t-valbelle-apps/public-certificate",
    );
  });

  it("copies what people and the region hand in as placeholders, and says what each is a copy of", () => {
    const secrets = ofKind(exportExample("minagri").manifests, "Secret");
    const copy = (name: string) => secrets.find(({ metadata }) => metadata.name === name);
    const note = (name: string) => copy(name)?.metadata.annotations?.["socle.dev/placeholders"];
    expect(copy("openproject-entitlement")?.["stringData"]).toEqual({ token: "REPLACE-ME" });
    expect(note("openproject-entitlement")).toBe(
      "token: the value of key token of Secret t-minagri/openproject-enterprise",
    );
    expect(note("openproject-mail")).toContain("password: the value of key password of Secret socle-system/mail-relay");
  });

  it("leaves out a module that nobody may log in to, and says what that takes", () => {
    const region = fileObjects(files).regions.get("cloudgouv");
    const tenant = liveTenant("minagri", { spec: { modules: [{ module: "OpenProject" }] } });
    if (region === undefined) throw new Error("the examples hold a region");
    const { leftOut, manifests } = exportTenant(tenant, region, assumed);
    expect(leftOut.join()).toContain("Module OpenProject is left out. OpenProject logs people in");
    expect(named(manifests).filter((text) => text.includes("openproject"))).toEqual([]);
  });

  it("puts the certificates of the region where it is told them, and a placeholder where not", () => {
    const trust = (trustBundle?: string) =>
      ofKind(exportExample("valbelle", { trustBundle }).manifests, "ConfigMap").find(
        ({ metadata }) => metadata.name === "synapse-trust",
      )?.["data"];
    expect(JSON.stringify(trust())).toContain("REPLACE-ME");
    expect(JSON.stringify(trust("-----BEGIN CERTIFICATE-----\n"))).toContain("BEGIN CERTIFICATE");
    expect(exportExample("valbelle").notes.join()).toContain("--trust-bundle");
  });

  it("says what is made outside of Kubernetes", () => {
    expect(exportExample("valbelle").notes).toContain(
      "Module Keycloak: realm valbelle on login.suite.example is no object of Kubernetes; the operator makes it.",
    );
  });
});

import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import type { ModuleInput } from "../driver.ts";
import { postgresqlDriver } from "./driver.ts";

interface World {
  readonly settings?: object;
  readonly resolved?: Readonly<Record<string, string>>;
  readonly live?: readonly Manifest[];
}

function desired({ settings = {}, resolved = {}, live = [] }: World = {}) {
  const input = {
    tenant: { metadata: { name: "minagri" } },
    module: {
      spec: { module: "PostgreSQL", postgresql: { driver: "StatefulSet" }, ...settings },
      status: { resolved },
    },
    region: {
      metadata: { name: "home" },
      spec: {
        storage: { className: "encrypted" },
        images: { overrides: [{ name: "postgresql-18", reference: "local/pg:1" }] },
        postgresql: { defaultDriver: "External" },
      },
    },
    marker: "ours",
    live,
    claims: [],
  };
  return postgresqlDriver.desired(input as unknown as ModuleInput);
}

const manifest = (kind: string, world?: World): Manifest =>
  desired(world).server?.manifests.find((one) => one.kind === kind) as Manifest;
const storageOf = (world: World): string => {
  const { resources } = manifest("PersistentVolumeClaim", world)["spec"] as {
    readonly resources: { readonly requests: { readonly storage: string } };
  };
  return resources.requests.storage;
};

describe("a server of the tenant's own", () => {
  it("keeps the major version that it was made with, and says so when another is asked for", () => {
    const world = { settings: { postgresql: { driver: "StatefulSet", major: 18 } }, resolved: { major: "17" } };
    const { version, behind, server } = desired(world);
    expect(version).toBe("17");
    expect(behind?.message).toContain("PostgreSQL 17 runs and 18 is asked for");
    expect(JSON.stringify(server?.manifests)).toContain("/usr/lib/postgresql/17/bin");
    expect(desired().behind).toBeUndefined();
  });

  it("of a tenant that returns has the version that its kept files were made with, which nothing else tells by then", () => {
    const settings = { postgresql: { driver: "StatefulSet", major: 17 } };
    const volume = manifest("PersistentVolumeClaim", { settings });
    const { version, behind, resolved } = desired({ live: [volume] });
    expect([version, resolved["major"]]).toEqual(["17", "17"]);
    expect(behind?.message).toContain("PostgreSQL 17 runs and 18 is asked for");
  });

  it("lies in the tenant's data namespace, with everything that belongs to it", () => {
    const places = desired().server?.manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}`);
    expect(places).toEqual([
      "NetworkPolicy t-minagri-data",
      "ConfigMap t-minagri-data",
      "PersistentVolumeClaim t-minagri-data",
      "Service t-minagri-data",
      "StatefulSet t-minagri-data",
    ]);
  });

  it("is reached by name, with a certificate that names it, by the administrator that was generated", () => {
    const { database, secrets } = desired();
    expect(database?.host).toMatchObject({ kind: "module", host: "postgresql.t-minagri-data.svc", port: 5432 });
    const certificate = secrets.find((secret) => secret.certificate !== undefined);
    expect(certificate?.certificate?.names).toContain("postgresql.t-minagri-data.svc");
    expect(secrets.map((secret) => secret.place)).toEqual(["data", "data", "data"]);
  });

  it("claims no name: its namespace is nobody else's", () => {
    expect(desired().claims).toEqual([]);
  });

  it("holds no secret in what it wants", () => {
    const text = JSON.stringify(desired().server);
    expect(text).not.toMatch(/"password":\s*"/);
    expect(text).toContain("postgresql-administrator");
  });

  it("runs the image that the region overrides", () => {
    expect(JSON.stringify(manifest("StatefulSet"))).toContain('"image":"local/pg:1"');
  });

  it.each([
    ["by default", {}, "5Gi"],
    ["of the size", { settings: { size: "M" } }, "50Gi"],
    ["as asked for", { settings: { postgresql: { driver: "StatefulSet", storage: "7Gi" } } }, "7Gi"],
    ["as it was made once, whatever the size says today", { resolved: { storage: "9Gi" } }, "9Gi"],
  ])("has the volume %s", (_claim, world, storage) => {
    expect(storageOf(world)).toBe(storage);
  });
});

import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import type { ModuleInput } from "../driver.ts";
import { postgresqlDriver } from "./driver.ts";

interface World {
  readonly settings?: object;
  readonly resolved?: Readonly<Record<string, string>>;
  readonly zones?: readonly string[];
}

function desired({ settings = {}, resolved = {}, zones = ["a"] }: World = {}) {
  const input = {
    tenant: { metadata: { name: "minagri" } },
    module: {
      spec: { module: "PostgreSQL", postgresql: { driver: "CloudNativePG" }, ...settings },
      status: { resolved },
    },
    region: {
      metadata: { name: "home" },
      spec: {
        zones,
        storage: { className: "encrypted" },
        images: { overrides: [{ name: "postgresql-18", reference: "local/pg:18.1" }], pullSecretRef: { name: "pull" } },
        postgresql: { defaultDriver: "External" },
      },
    },
    marker: "ours",
    cluster: { kinds: new Set(["Cluster", "Database", "DatabaseRole"]), apiServers: [] },
    live: [],
    claims: [],
  };
  return postgresqlDriver.desired(input as unknown as ModuleInput);
}

interface ClusterSpec {
  readonly instances: number;
  readonly imageName: string;
  readonly imagePullSecrets: readonly { readonly name: string }[];
  readonly storage: { readonly size: string; readonly storageClass: string };
  readonly affinity: { readonly topologyKey: string };
}
const manifest = (kind: string, world?: World): Manifest =>
  desired(world).server?.manifests.find((one) => one.kind === kind) as Manifest;
const spec = (world?: World): ClusterSpec => manifest("Cluster", world)["spec"] as ClusterSpec;

describe("a Cluster of the tenant's own", () => {
  it("lies in the tenant's data namespace, with role and database beside it", () => {
    const objects = desired().server?.manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}`);
    expect(new Set(objects)).toEqual(
      new Set(["NetworkPolicy", "Cluster", "DatabaseRole", "Database"].map((kind) => `${kind} t-minagri-data`)),
    );
  });

  it("is reached at its primary by name, with a certificate that names it, as the tenant's own role", () => {
    const { database, secrets } = desired();
    expect(database?.host).toMatchObject({ kind: "module", host: "postgresql-rw.t-minagri-data.svc", port: 5432 });
    expect(database?.host).toMatchObject({ administrator: { name: "postgresql-credentials" } });
    const certificate = secrets.find((secret) => secret.certificate !== undefined);
    expect(certificate?.certificate?.names).toContain("postgresql-rw.t-minagri-data.svc");
  });

  it("knows no superuser: two Secrets, and the password is in one of the type that CloudNativePG asks for", () => {
    const { secrets } = desired();
    expect(secrets.map(({ name, type }) => [name, type])).toEqual([
      ["postgresql-certificate", undefined],
      ["postgresql-credentials", "kubernetes.io/basic-auth"],
    ]);
    expect(JSON.stringify(desired().server)).not.toMatch(/"password":\s*"/);
  });

  it("leaves role and database to their objects, and waits for both", () => {
    expect(desired().database?.declared?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "DatabaseRole postgresql",
      "Database postgresql",
    ]);
  });

  it("runs the image that the region overrides, pulled with its Secret", () => {
    expect(spec()).toMatchObject({ imageName: "local/pg:18.1", imagePullSecrets: [{ name: "image-pull" }] });
  });

  it.each<[string, World, number]>([
    ["by default, of size S", {}, 2],
    ["of the size", { settings: { size: "L" } }, 3],
    ["as asked for", { settings: { postgresql: { driver: "CloudNativePG", instances: 5 } } }, 5],
    ["as it was made once, whatever the size says today", { resolved: { instances: "1" } }, 1],
  ])("has instances %s", (_claim, world, instances) => {
    expect(spec(world).instances).toBe(instances);
  });

  it.each<[string, World, string]>([
    ["by default, of size S", {}, "10Gi"],
    ["as asked for", { settings: { postgresql: { driver: "CloudNativePG", storage: "7Gi" } } }, "7Gi"],
    ["as they were made once", { resolved: { storage: "9Gi" } }, "9Gi"],
  ])("has volumes %s", (_claim, world, size) => {
    expect(spec(world).storage).toMatchObject({ size, storageClass: "encrypted" });
  });

  it("spreads over zones where the region has more than one, over nodes otherwise", () => {
    expect(spec({ zones: ["a", "b"] }).affinity.topologyKey).toBe("topology.kubernetes.io/zone");
    expect(spec().affinity.topologyKey).toBe("kubernetes.io/hostname");
  });

  it("keeps what was chosen once", () => {
    expect(desired().resolved).toEqual({
      driver: "CloudNativePG",
      database: "minagri",
      storage: "10Gi",
      instances: "2",
    });
  });
});

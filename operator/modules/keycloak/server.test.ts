import { describe, expect, it } from "vitest";
import { managedNames } from "../../../constructs/keycloak/managed-names.ts";
import type { Manifest } from "../../../constructs/manifest.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import { managedGap, managedKeycloak } from "./server.ts";

interface Wish {
  readonly url?: string;
  readonly managed?: object;
  readonly spec?: object;
  readonly runs?: string;
  readonly trustBundle?: string;
}

const region = ({
  url = "https://sso.example",
  managed = { driver: "StatefulSet" },
  spec = {},
}: Wish): SovereignRegion =>
  ({
    metadata: { name: "north" },
    spec: {
      zones: ["north-a", "north-b"],
      keycloak: { mode: "Managed", url, managed },
      postgresql: {},
      storage: { className: "encrypted" },
      ingress: { className: "edge", clusterIssuer: "public", from: { cidrs: ["192.0.2.0/24"] } },
      ...spec,
    },
  }) as unknown as SovereignRegion;

const cluster = {
  kinds: new Set(["Cluster", "Database", "DatabaseRole"]),
  apiServers: [{ address: "192.0.2.1", port: 6443 }],
};
const server = (wish: Wish = {}) =>
  managedKeycloak(region(wish), { runs: wish.runs, trustBundle: wish.trustBundle, marker: "ours", cluster });
const external = {
  managed: { driver: "External" },
  spec: { postgresql: { server: { host: "db.example", port: 6432, tls: "VerifyFull", cidrs: ["198.51.100.0/24"] } } },
};

const find = (kind: string, wish: Wish = {}, published = true): Manifest | undefined =>
  server(wish)
    .workload({ published, stopped: false })
    .manifests.find((manifest) => manifest.kind === kind);
const environment = (wish: Wish = {}): Record<string, string> => {
  const set = find("StatefulSet", wish) as unknown as {
    spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } };
  };
  const env = set.spec.template.spec.containers[0]?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value ?? "from a Secret"]));
};

describe("a region's own Keycloak cannot be made", () => {
  it.each([
    ["under a path", { url: "https://example.org/auth" }, "without a path"],
    ["at an address, which no Ingress is for", { url: "https://192.0.2.7" }, "must hold a name, not 192.0.2.7"],
    ["without TLS", { url: "http://sso.example" }, "must be https"],
    ["on a server that the region does not name", { managed: { driver: "External" } }, "spec.postgresql.server"],
    ["on CloudNativePG where that is not installed", { managed: { driver: "CloudNativePG" } }, "install CloudNativePG"],
    [
      "by a Gateway where the Gateway API is not installed",
      { spec: { ingress: { gatewayRef: { name: "public", listener: "https" } } } },
      "install the Gateway API",
    ],
  ])("%s", (_claim, wish, says) => {
    expect(managedGap(region(wish), { kinds: new Set() })?.message).toContain(says);
  });

  it.each([
    ["StatefulSet", "Cluster", "make the region with driver CloudNativePG."],
    ["External", "PersistentVolumeClaim", "make the region with driver StatefulSet."],
  ])("on %s where an earlier region of that name left a %s with its realms", (driver, kind, says) => {
    const wish = driver === "External" ? external : { managed: { driver } };
    expect(managedGap(region(wish), cluster, [{ kind }])?.message).toContain(says);
    expect(managedGap(region(wish), cluster, [])).toBeUndefined();
  });

  it.each([["https://sso.example"], ["https://sso.example:8443"], ["https://sso.example/"]])(
    "but at %s it can",
    (url) => {
      expect(managedGap(region({ url }), cluster)).toBeUndefined();
    },
  );
});

describe("the version", () => {
  const imageOf = (wish: Wish) => [server(wish).version, server(wish).image];

  it.each([
    ["is this release's at first", {}, ["26.7.5", "quay.io/keycloak/keycloak:26.7.5"]],
    ["stays what runs when the release moves on", { runs: "26.7.1" }, ["26.7.1", "quay.io/keycloak/keycloak:26.7.1"]],
    [
      "is the spec's where it names one",
      { runs: "26.7.1", managed: { driver: "StatefulSet", version: "26.8.0" } },
      ["26.8.0", "quay.io/keycloak/keycloak:26.8.0"],
    ],
    [
      "comes with the image where the region overrides it",
      { spec: { images: { overrides: [{ name: "keycloak", reference: "local/keycloak@sha256:1" }] } } },
      ["26.7.5", "local/keycloak@sha256:1"],
    ],
  ])("%s", (_claim, wish, expected) => {
    expect(imageOf(wish)).toEqual(expected);
  });
});

describe("the public way in", () => {
  it("is not there before the accounts are proven", () => {
    expect(find("Ingress", {}, false)).toBeUndefined();
  });

  it("opens what people need and leads administration to nobody", () => {
    const route = find("Ingress") as unknown as {
      spec: { rules: { http: { paths: { path: string; backend: { service: { name: string } } }[] } }[] };
    };
    const paths = route.spec.rules.flatMap((rule) => rule.http.paths);
    expect(Object.fromEntries(paths.map(({ path, backend }) => [path, backend.service.name]))).toEqual({
      "/realms/master": "keycloak-north-closed",
      "/realms": "keycloak-north",
      "/resources": "keycloak-north",
      "/robots.txt": "keycloak-north",
      "/accessibilite.html": "keycloak-north-accessibility",
    });
    const services = server()
      .workload({ published: true, stopped: false })
      .manifests.filter(({ kind }) => kind === "Service");
    const nobody = services.find(({ metadata }) => metadata.name === "keycloak-north-closed");
    expect(nobody?.["spec"]).not.toHaveProperty("selector");
  });
});

describe("the database", () => {
  it("comes with the server, and its certificate is pinned", () => {
    expect(server().databaseServer?.awaits[0]?.name).toBe("keycloak-north-db");
    expect(environment()["KC_DB_URL"]).toBe(
      "jdbc:postgresql://keycloak-north-db.socle-identity.svc:5432/keycloak_north?sslmode=verify-full&sslrootcert=%2Fetc%2Fsocle%2Fdatabase%2Fca.crt",
    );
  });

  it("is on the region's server with driver External, checked as the region says", () => {
    expect(server(external).databaseServer).toBeUndefined();
    expect(environment(external)["KC_DB_URL"]).toMatch(
      /^jdbc:postgresql:\/\/db\.example:6432\/keycloak_north\?sslmode=verify-full/,
    );
    expect(environment({ ...external, trustBundle: "PEM" })["KC_TRUSTSTORE_PATHS"]).toBe("/etc/socle/trust/ca.crt");
  });

  it("is a Cluster by default, with role and database as objects, and nobody holds an administrator's password", () => {
    const { databaseServer, database, secrets } = server({ managed: {} });
    expect(databaseServer?.awaits).toMatchObject([{ kind: "Cluster", name: "keycloak-north-db" }]);
    expect(database.host).toBe("keycloak-north-db-rw.socle-identity.svc");
    expect(database.declared?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "DatabaseRole keycloak-north-db",
      "Database keycloak-north-db",
    ]);
    expect(secrets.databaseAdministrator).toBeUndefined();
    expect(secrets.database.type).toBe("kubernetes.io/basic-auth");
    expect(JSON.stringify(databaseServer?.manifests)).toContain('"app.kubernetes.io/instance":"north"');
  });

  it("has a password that is no part of desired state", () => {
    expect(environment()["KC_DB_PASSWORD"]).toBe("from a Secret");
    expect(environment()["KC_BOOTSTRAP_ADMIN_CLIENT_SECRET"]).toBe("from a Secret");
  });
});

describe("names", () => {
  it("of long regions stay short enough for what a StatefulSet makes of them, and apart", () => {
    const long = "a".repeat(60);
    expect(managedNames(long).server.length).toBeLessThanOrEqual(40);
    expect(managedNames(`${long}b`).server).not.toBe(managedNames(`${long}c`).server);
  });
});

import { describe, expect, it } from "vitest";
import { liveRegion } from "../../test/support/live-objects.ts";
import type { KeycloakApi, KeycloakServer } from "../keycloak/keycloak-api.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { InMemoryObjectStore } from "../../test/support/in-memory-object-store-api.ts";
import type { NumSpotApi, NumSpotServer } from "../numspot/numspot-api.ts";
import type { AppSuite, OpenXchangeApi } from "../openxchange/openxchange-api.ts";
import type { PostgresApi, PostgresServer } from "../postgres/postgres-api.ts";
import { LocalCache } from "../runtime/object-cache.ts";
import { RegionSystems } from "./region-systems.ts";

const namespace = "socle-system";
let version = 0;
const object = (kind: string, name: string, data: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace, uid: name, resourceVersion: String((version += 1)) },
  data,
});
const secret = (name: string, data: Readonly<Record<string, string>>) =>
  object(
    "Secret",
    name,
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  );

type Server = PostgresServer | KeycloakServer | AppSuite | NumSpotServer;

function world() {
  const secrets = new LocalCache<KubeObject>();
  const configMaps = new LocalCache<KubeObject>();
  const hidden: string[] = [];
  /** What is connected to, and what was closed again. */
  const opened: Server[] = [];
  const closed: Server[] = [];
  const connect = (server: Server) => {
    opened.push(server);
    return { close: () => Promise.resolve(void closed.push(server)) };
  };
  const systems = new RegionSystems({
    operatorNamespace: namespace,
    secrets,
    configMaps,
    identitySecrets: new LocalCache<KubeObject>(),
    connectPostgres: (server) => connect(server) as unknown as PostgresApi,
    connectObjectStore: () => new InMemoryObjectStore().connect(),
    connectKeycloak: (server) => connect(server) as unknown as KeycloakApi,
    connectOpenXchange: (server) => connect(server) as unknown as OpenXchangeApi,
    connectNumSpot: (server) => connect(server) as unknown as NumSpotApi,
    onSecret: (value) => hidden.push(value),
  });
  secrets.observe(secret("postgresql", { username: "platform", password: "p4ss\n" }));
  secrets.observe(secret("keycloak", { clientID: "socle", clientSecret: "s3cret" }));
  return { systems, secrets, configMaps, opened, closed, hidden };
}

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return `${(error as Error).name} ${(error as { reason: string }).reason}: ${(error as Error).message}`;
  }
  return "no refusal";
};
const trusting = liveRegion({ spec: { trustBundle: { configMapRef: { name: "ca" } } } });

describe("RegionSystems", () => {
  it("connects as the platform, without the newline that an editor left behind", () => {
    const { systems, opened } = world();
    systems.postgres(liveRegion());
    expect(opened).toEqual([{ host: "db", port: 5432, tls: "VerifyFull", username: "platform", password: "p4ss" }]);
    expect(systems.keycloak(liveRegion()).account).toEqual({
      realm: "master",
      clientId: "socle",
      clientSecret: "s3cret",
    });
  });

  it("connects to the API that a region on NumSpot names, with the trust bundle, and hides its secret", () => {
    const { systems, opened, secrets, configMaps, hidden } = world();
    secrets.observe(secret("numspot", { clientID: "account", clientSecret: "s3rvice\n" }));
    configMaps.observe(object("ConfigMap", "ca", { "ca.crt": "pem" }));
    const provider = {
      type: "NumSpot",
      regionCode: "test",
      apiURL: "https://api.test.numspot.com",
      credentialsSecretRef: { name: "numspot" },
    };
    const trustBundle = { configMapRef: { name: "ca" } };
    expect(systems.numSpot(liveRegion({ spec: { provider, trustBundle } }))).toBeDefined();
    expect(opened).toEqual([
      { url: "https://api.test.numspot.com", clientId: "account", clientSecret: "s3rvice", ca: "pem" },
    ]);
    expect(hidden).toContain("s3rvice");
    const other = { ...provider, credentialsSecretRef: { name: "absent" } };
    expect(reasonOf(() => systems.numSpot(liveRegion({ spec: { provider: other } })))).toMatch(
      /^WaitingError DependencyMissing: Secret socle-system\/absent is missing; create it with the keys clientID, clientSecret of a service account/,
    );
  });

  it.each([
    ["that names none", { type: "NumSpot", regionCode: "test" }],
    [
      "that lies elsewhere",
      { type: "OnPremises", regionCode: "test", apiURL: "https://api.test", credentialsSecretRef: { name: "numspot" } },
    ],
  ])("has no API of NumSpot for a region %s", (_that, provider) => {
    const { systems, opened } = world();
    expect(systems.numSpot(liveRegion({ spec: { provider } }))).toBeUndefined();
    expect(opened).toEqual([]);
  });

  it("connects to the App Suite that the region names as its master administrator, and says so where it names none", () => {
    const { systems, opened, secrets, hidden } = world();
    secrets.observe(secret("app-suite", { username: "oxadminmaster", password: "m4ster\n" }));
    const url = "https://ox.example/webservices";
    const openXchange = { url, cidrs: ["10.0.0.9/32"], adminCredentialsSecretRef: { name: "app-suite" } };
    systems.openXchange(liveRegion({ spec: { openXchange } }));
    expect(opened).toEqual([{ url, username: "oxadminmaster", password: "m4ster" }]);
    expect(hidden).toContain("m4ster");
    expect(reasonOf(() => systems.openXchange(liveRegion()))).toContain("set spec.openXchange");
  });

  it("keeps a connection while nothing changes", () => {
    const { systems, opened } = world();
    expect(systems.postgres(liveRegion())).toBe(systems.postgres(liveRegion()));
    expect(opened).toHaveLength(1);
  });

  it.each<[string, (at: ReturnType<typeof world>) => void]>([
    [
      "the password",
      ({ secrets }) => {
        secrets.observe(secret("postgresql", { username: "platform", password: "new" }));
      },
    ],
    [
      "the certificates",
      ({ configMaps }) => {
        configMaps.observe(object("ConfigMap", "ca", { "ca.crt": "other" }));
      },
    ],
  ])("replaces a connection when %s changed, and closes the old one", (_what, edit) => {
    const at = world();
    at.configMaps.observe(object("ConfigMap", "ca", { "ca.crt": "pem" }));
    const before = at.systems.postgres(trusting);
    edit(at);
    expect(at.systems.postgres(trusting)).not.toBe(before);
    expect(at.closed).toEqual([at.opened[0]]);
  });

  it.each<[string, string, (at: ReturnType<typeof world>) => unknown]>([
    [
      "a missing Secret",
      "WaitingError DependencyMissing: Secret socle-system/postgresql is missing; create it with the keys username, password.",
      ({ systems, secrets }) => {
        secrets.noteDelete(secret("postgresql", {}));
        return systems.postgres(liveRegion());
      },
    ],
    [
      "a missing key",
      "WaitingError DependencyMissing: Secret socle-system/postgresql lacks the key password; add it (it needs username, password).",
      ({ systems, secrets }) => {
        secrets.observe(secret("postgresql", { username: "platform", password: " " }));
        return systems.postgres(liveRegion());
      },
    ],
    [
      "a missing bundle",
      "WaitingError DependencyMissing: ConfigMap socle-system/ca with key ca.crt is missing; create it with the PEM certificates of the region.",
      ({ systems }) => systems.keycloak(trusting),
    ],
    [
      "a region without a server",
      "TerminalError CapabilityMissing: Region region names no PostgreSQL server; set spec.postgresql.server.",
      ({ systems }) => systems.postgres(liveRegion({ spec: { postgresql: {} } })),
    ],
  ])("says what to do about %s", (_what, told, ask) => {
    const at = world();
    expect(reasonOf(() => ask(at))).toBe(told);
    expect(at.opened).toEqual([]);
  });

  it("tells what must not be logged: secrets and passwords, not names", () => {
    const { systems, hidden } = world();
    systems.postgres(liveRegion());
    systems.keycloak(liveRegion());
    expect(hidden).toEqual(["p4ss", "s3cret"]);
  });

  it("closes everything at the end", async () => {
    const { systems, opened, closed } = world();
    systems.postgres(liveRegion());
    systems.keycloak(liveRegion());
    await systems.close();
    expect(closed).toEqual(opened);
  });

  describe("of a region with an object store", () => {
    const store = { url: "https://s3.example", region: "north", pathStyle: true, credentialsSecretRef: { name: "s3" } };
    const withStore = liveRegion({ spec: { storage: { className: "encrypted", objectStore: store } } });
    const bucket = "minagri-drive";

    it("names the Secret of a bucket's key that is missing, and what it has to open", () => {
      const { systems, secrets } = world();
      secrets.observe(secret("s3", { accessKeyID: "platform", secretAccessKey: "a" }));
      const told = reasonOf(() => systems.bucketKey(withStore, bucket));
      expect(told).toContain("WaitingError DependencyMissing: Secret socle-system/minagri-drive is missing");
      expect(told).toContain("reads and writes bucket minagri-drive and no other");
    });

    it("hands out the key of the bucket, and never the region's own", () => {
      const { systems, secrets } = world();
      secrets.observe(secret("s3", { accessKeyID: "platform", secretAccessKey: "a" }));
      secrets.observe(secret(bucket, { accessKeyID: "drive", secretAccessKey: "b" }));
      expect(systems.bucketKey(withStore, bucket)).toEqual({ accessKeyID: "drive", secretAccessKey: "b" });
      secrets.observe(secret(bucket, { accessKeyID: "platform", secretAccessKey: "a" }));
      expect(reasonOf(() => systems.bucketKey(withStore, bucket))).toContain("TerminalError PolicyDenied");
    });

    it("says so where the region names none", () => {
      expect(reasonOf(() => world().systems.objectStore(liveRegion()))).toContain("set spec.storage.objectStore");
    });
  });
});

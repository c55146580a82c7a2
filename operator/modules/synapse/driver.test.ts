import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { meteo } from "../../../test/support/meteo.ts";
import type { DesiredModule, ModuleAccess, ModuleInput } from "../driver.ts";
import { synapseDriver } from "./driver.ts";

interface Wish {
  readonly driver?: "External" | "StatefulSet" | "CloudNativePG";
  readonly serverName?: string;
  readonly version?: string;
  readonly runs?: string;
  readonly federation?: "Closed" | "Allowlist" | "Open";
  readonly signingKey?: boolean;
  readonly httpsPort?: number;
  readonly issuer?: string;
  readonly gateway?: { readonly name: string; readonly listener: string };
  /** The cluster has the Gateway API. */
  readonly routes?: boolean;
  readonly trusted?: boolean;
  readonly without?: "Keycloak" | "PostgreSQL";
  readonly kept?: Readonly<Record<string, string>>;
}

function certificates({ issuer, gateway }: Wish): object {
  if (gateway !== undefined) return {};
  return issuer === undefined ? { tlsSecretRef: { name: "wildcard" } } : { clusterIssuer: issuer };
}

/** What the driver reads of a tenant, its modules and a region. */
function input(wish: Wish = {}): ModuleInput {
  const { driver = "StatefulSet", serverName, version, runs, federation = "Closed", kept } = wish;
  const synapse = {
    ...(serverName === undefined ? {} : { serverName }),
    ...(wish.signingKey === true ? { signingKeySecretRef: { name: "moves-in", key: "key" } } : {}),
  };
  const sibling = (module: string) => ({ spec: { module } });
  return {
    tenant: {
      ...meteo,
      spec: {
        ...meteo.spec,
        mailDomains: ["agents.example", "sso.example", "a.sso.example"],
        network: { matrixFederation: federation, matrixAllowlist: ["a.example"] },
      },
    },
    module: {
      metadata: {},
      spec: { module: "Synapse", synapse, ...(version === undefined ? {} : { version }) },
      status: { ...(runs === undefined ? {} : { version: runs }), ...(kept === undefined ? {} : { resolved: kept }) },
    },
    region: {
      metadata: { name: "north" },
      spec: {
        keycloak: { url: "https://sso.example" },
        postgresql: { defaultDriver: driver, server: { host: "db.example", port: 5433, tls: "Require" } },
        ingress: {
          ...(wish.gateway === undefined ? { className: "edge" } : { gatewayRef: wish.gateway }),
          httpsPort: wish.httpsPort ?? 443,
          ...certificates(wish),
          from: { namespaceLabels: { "kubernetes.io/metadata.name": "edge" } },
        },
        storage: { className: "encrypted" },
        ...(wish.trusted === undefined ? {} : { trustBundle: { configMapRef: { name: "authorities" } } }),
      },
    },
    marker: "ours",
    cluster: { kinds: new Set(wish.routes === true ? ["HTTPRoute"] : []), apiServers: [] },
    siblings: ["PostgreSQL", "Keycloak"].filter((module) => module !== wish.without).map(sibling),
    ...(wish.trusted === true ? { trustBundle: "PEM" } : {}),
  } as unknown as ModuleInput;
}

const desired = (wish: Wish = {}): DesiredModule => synapseDriver.desired(input(wish));
const manifest = (wish: Wish, kind: string, name = "synapse") =>
  [...(desired(wish).application?.workload.manifests ?? []), ...(desired(wish).application?.route ?? [])].find(
    (object) => object.kind === kind && object.metadata.name === name,
  );
const configuration = (wish: Wish = {}) => {
  const { data } = manifest(wish, "ConfigMap", "synapse-config") as unknown as { data: Record<string, string> };
  return parse(data["homeserver.yaml"] ?? "") as Readonly<Record<string, unknown>>;
};
const text = (wish: Wish) => JSON.stringify(desired(wish).application);

describe("the driver of Synapse", () => {
  it("needs a database and a realm", () => {
    expect(synapseDriver.requires({ module: "Synapse" } as never)).toEqual(["PostgreSQL", "Keycloak"]);
  });

  it.each<[string, Wish, string | undefined, string | undefined]>([
    ["all is there", {}, undefined, undefined],
    ["the realm is missing", { without: "Keycloak" }, undefined, "Module Keycloak"],
    ["its name is a mail domain of the tenant", { serverName: "agents.example" }, undefined, undefined],
    ["its name is somebody else's", { serverName: "matrix.org" }, "InvalidSpec", "neither the domain of tenant meteo"],
    ["its name is the platform's", { serverName: "sso.example" }, "InvalidSpec", "is, or lies under, sso.example"],
    ["its name lies under the platform's", { serverName: "a.sso.example" }, "InvalidSpec", "or another of the mail"],
    ["its version is a word", { version: "latest" }, "InvalidSpec", "version latest of module Synapse of tenant meteo"],
    ["its version has a letter before it", { version: "v1.163.2" }, "InvalidSpec", "write three numbers"],
    ["its version is half of one", { version: "1.163" }, "InvalidSpec", "write three numbers"],
    ["its version is one that is not out yet", { version: "1.164.0rc1" }, undefined, undefined],
    ["the region's authorities cannot be read", { trusted: false }, undefined, "ConfigMap authorities"],
  ])("where %s says so", (_when, wish, reason, says) => {
    const gap = synapseDriver.gap(input(wish));
    expect(gap?.reason).toBe(reason);
    if (says === undefined) expect(gap).toBeUndefined();
    else expect(gap?.message).toContain(says);
  });

  it("claims the name of its server and its host", () => {
    expect(desired().claims).toEqual([
      { kind: "MatrixServerName", value: "meteo.example" },
      { kind: "Hostname", value: "matrix.meteo.example" },
      { kind: "Hostname", value: "chat.meteo.example" },
    ]);
    expect(desired({ driver: "External" }).claims).toContainEqual({
      kind: "Database",
      value: "db.example:5433/meteo_synapse",
    });
  });

  it("keeps the name of its server once it was chosen, whatever becomes of the domain", () => {
    expect(desired({ kept: { serverName: "agents.example" } }).resolved["serverName"]).toBe("agents.example");
  });

  it.each([
    [443, "https://matrix.meteo.example"],
    [8443, "https://matrix.meteo.example:8443"],
  ])("with port %i is found at %s, and so say the client of the realm and its configuration", (httpsPort, url) => {
    const wanted = desired({ httpsPort });
    expect(wanted.endpoints).toEqual([{ name: "homeserver", url }]);
    expect(wanted.url).toBe(url.replace("matrix.", "chat."));
    expect(wanted.client?.desired.representation).toMatchObject({
      redirectUris: [`${url}/_synapse/client/oidc/callback`],
      attributes: { "backchannel.logout.url": `${url}/_synapse/client/oidc/backchannel_logout` },
    });
    expect(configuration({ httpsPort })["public_baseurl"]).toBe(`${url}/`);
  });

  it.each([
    ["External", "region", "db.example", 5433],
    ["StatefulSet", "module", "postgresql.t-meteo-data.svc", 5432],
    ["CloudNativePG", "module", "postgresql-rw.t-meteo-data.svc", 5432],
  ] as const)("with driver %s has a database of its own on the server of the %s", (driver, kind, host, port) => {
    const { database } = desired({ driver });
    expect(database?.host.kind).toBe(kind);
    expect(database?.desired).toMatchObject({ role: "meteo_synapse", database: "meteo_synapse", marker: "ours" });
    expect(configuration({ driver })["database"]).toMatchObject({ args: { host, port, dbname: "meteo_synapse" } });
    expect((database?.declared ?? []).map((object) => object.kind)).toEqual(
      driver === "CloudNativePG" ? ["DatabaseRole", "Database"] : [],
    );
  });

  it("takes the signing key that a homeserver moves in with, and else makes one", () => {
    const keyOf = (wish: Wish) => desired(wish).secrets.find(({ name }) => name === "synapse-secrets");
    expect(keyOf({})?.signingKeys).toEqual(["signing.key"]);
    expect(keyOf({})?.copies).not.toHaveProperty(["signing.key"]);
    expect(keyOf({ signingKey: true })?.copies?.["signing.key"]).toMatchObject({
      secret: { name: "moves-in", place: "home", of: "people" },
      key: "key",
    });
  });

  it("has no way in to its administration, its metrics, or, closed, to its federation", () => {
    const paths = (wish: Wish) =>
      (desired(wish).application?.route ?? []).flatMap((route) => [
        ...JSON.stringify(route).matchAll(/"path":"([^"]+)"/g),
      ]);
    const open = (wish: Wish) => paths(wish).map(([, path]) => path);
    const page = "/accessibilite.html";
    expect(open({})).toEqual([
      ...["/_matrix/client", "/_matrix/media", "/_synapse/client", page],
      ...["/", page],
      ...["/.well-known/matrix", page],
    ]);
    expect(open({ federation: "Open" })).toEqual(expect.arrayContaining(["/_matrix/federation", "/_matrix/key"]));
  });

  it("reaches the internet only where it federates", () => {
    expect(text({})).not.toContain("0.0.0.0/0");
    expect(text({ federation: "Allowlist" })).toContain("0.0.0.0/0");
  });

  it("keeps the pods of its two parts, and of their statement, apart", () => {
    const selectors = (kind: string) =>
      (desired().application?.workload.manifests ?? [])
        .filter((object) => object.kind === kind)
        .map((object) => JSON.stringify((object["spec"] as { readonly selector: unknown }).selector));
    expect(new Set(selectors("Service")).size).toBe(3);
  });

  it("trusts the authorities of the region, and starts anew when they or its configuration change", () => {
    expect(text({})).not.toContain("SSL_CERT_FILE");
    expect(text({ trusted: true })).toContain("SSL_CERT_FILE");
    const digest = (wish: Wish) => /"socle.dev\/configuration":"(\w+)"/.exec(text(wish))?.[1];
    expect(digest({})).toBe(digest({}));
    expect(new Set([digest({}), digest({ trusted: true }), digest({ federation: "Open" })]).size).toBe(3);
  });

  it("shows the certificate of the region, or one of an issuer for each host", () => {
    expect(text({})).toContain('"secretName":"public-certificate"');
    expect(text({ issuer: "le" })).not.toContain('"secretName":"public-certificate"');
    expect(text({ issuer: "le" })).toContain('"cert-manager.io/cluster-issuer":"le"');
  });

  it("is published as it would be by an ingress controller where the region names a Gateway instead", () => {
    const gateway = { name: "public", listener: "https" };
    const kinds = (wish: Wish) => desired(wish).application?.route.map(({ kind, metadata }) => [kind, metadata.name]);
    expect(kinds({ gateway })).toEqual(kinds({})?.map(([, name]) => ["HTTPRoute", name]));
    expect(text({ gateway })).not.toContain('secretName":"public');
    expect(synapseDriver.gap(input({ gateway, routes: true }))).toBe(undefined);
    expect(synapseDriver.gap(input({ gateway }))).toMatchObject({ reason: "CapabilityMissing" });
  });

  it.each<[Wish, string, string | undefined]>([
    [{}, "1.163.2", undefined],
    [{ version: "1.164.0" }, "1.164.0", undefined],
    [{ runs: "1.162.0" }, "1.162.0", undefined],
    [{ runs: "1.162.0", version: "1.163.2" }, "1.163.2", undefined],
    [{ runs: "1.163.2", version: "1.99.0" }, "1.163.2", "Synapse 1.163.2 runs and 1.99.0 is asked for"],
  ])("%j runs version %s", (wish, version, behind) => {
    const wanted = desired(wish);
    expect(wanted.version).toBe(version);
    expect(text(wish)).toContain(`docker.io/matrixdotorg/synapse:v${version}`);
    expect(wanted.behind?.reason).toBe(behind === undefined ? undefined : "VersionUnsupported");
    expect(wanted.behind?.message ?? "").toContain(behind ?? "");
  });

  it("keeps the version that runs while something holds it back", () => {
    const wanted = synapseDriver.desired({ ...input({ runs: "1.162.0", version: "1.163.2" }), held: "Two updates." });
    expect([wanted.version, wanted.behind]).toEqual(["1.162.0", { reason: "Progressing", message: "Two updates." }]);
  });

  it.each([
    [undefined, undefined],
    [0, undefined],
    [1, "1 background update of the database must end before Synapse 1.163.2 starts."],
    [3, "3 background updates of the database must end"],
  ])("with %s unfinished updates of its database says %s", async (rows, says) => {
    const access = {
      secret: () => Promise.resolve("p"),
      postgres: () =>
        Promise.resolve({
          countRows: (account: object, table: string) => {
            expect([account, table]).toEqual([
              expect.objectContaining({ role: "meteo_synapse", database: "meteo_synapse", password: "p" }),
              "background_updates",
            ]);
            return Promise.resolve(rows);
          },
        }),
    } as unknown as ModuleAccess;
    const found = await synapseDriver.holdsBack?.(desired(), access, AbortSignal.timeout(1_000));
    if (says === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(says);
  });
});

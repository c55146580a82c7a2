import { describe, expect, it } from "vitest";
import { meteo } from "../../../test/support/meteo.ts";
import type { DesiredModule, ModuleInput } from "../driver.ts";
import { jitsiDriver } from "./driver.ts";

interface Wish {
  readonly size?: "XS" | "S" | "M" | "L" | "XL";
  readonly bridges?: number;
  readonly guests?: "Refused" | "LobbyOnly";
  readonly maxParticipants?: number;
  readonly version?: string;
  readonly runs?: string;
  readonly exposure?: "LoadBalancer" | "NodePort" | "none";
  readonly httpsPort?: number;
  readonly issuer?: string;
  readonly trusted?: boolean;
  readonly realm?: boolean;
  readonly live?: readonly object[];
}

/** What the driver reads of a tenant, its modules and a region. */
function input(wish: Wish = {}): ModuleInput {
  const { size, bridges, guests, maxParticipants, version, runs, exposure = "LoadBalancer" } = wish;
  const jitsi = JSON.parse(JSON.stringify({ bridges, guests, maxParticipants })) as object;
  return {
    tenant: meteo,
    module: {
      metadata: {},
      spec: {
        module: "Jitsi",
        jitsi,
        ...(size === undefined ? {} : { size }),
        ...(version === undefined ? {} : { version }),
      },
      status: runs === undefined ? {} : { version: runs },
    },
    region: {
      metadata: { name: "north" },
      spec: {
        keycloak: { url: "https://sso.example" },
        ingress: {
          className: "edge",
          httpsPort: wish.httpsPort ?? 443,
          ...(wish.issuer === undefined ? { tlsSecretRef: { name: "wildcard" } } : { clusterIssuer: wish.issuer }),
          from: { namespaceLabels: { "kubernetes.io/metadata.name": "edge" } },
        },
        ...(exposure === "none" ? {} : { media: { exposure, addresses: ["198.51.100.20"] } }),
        ...(wish.trusted === undefined ? {} : { trustBundle: { configMapRef: { name: "authorities" } } }),
      },
    },
    marker: "ours",
    cluster: { kinds: new Set(), apiServers: [] },
    siblings: wish.realm === false ? [] : [{ spec: { module: "Keycloak" } }],
    live: wish.live ?? [],
    ...(wish.trusted === true ? { trustBundle: "PEM" } : {}),
  } as unknown as ModuleInput;
}

interface Container {
  readonly image: string;
  readonly args?: unknown;
  readonly command?: unknown;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
}
interface Running {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly replicas?: number;
    readonly strategy?: { readonly type: string };
    readonly type?: string;
    readonly ports?: readonly object[];
    readonly selector?: unknown;
    readonly template?: { readonly spec: { readonly containers: readonly [Container] } };
  };
}

const desired = (wish: Wish = {}): DesiredModule => jitsiDriver.desired(input(wish));
const manifests = (wish: Wish = {}) =>
  (desired(wish).application?.workload.manifests ?? []) as unknown as readonly Running[];
const running = (wish: Wish, kind: string, name: string) =>
  manifests(wish).find((object) => object.kind === kind && object.metadata.name === name);
const variablesOf = (object: Running | undefined) =>
  Object.fromEntries((object?.spec?.template?.spec.containers[0].env ?? []).map((one) => [one.name, one.value]));
const environment = (wish: Wish, kind: string, name: string) => variablesOf(running(wish, kind, name));
const bridgesOf = (wish: Wish) => manifests(wish).filter(({ kind }) => kind === "StatefulSet");

describe("the driver of Jitsi", () => {
  it("needs a realm, and no database", () => {
    expect(jitsiDriver.requires({ module: "Jitsi" } as never)).toEqual(["Keycloak"]);
    expect(desired().database).toBeUndefined();
  });

  it.each<[string, Wish, string | undefined, string | undefined]>([
    ["all is there", {}, undefined, undefined],
    ["the realm is missing", { realm: false }, undefined, "Module Keycloak"],
    ["the region has no way for media", { exposure: "none" }, undefined, "set spec.media"],
    ["the region's authorities cannot be read", { trusted: false }, undefined, "ConfigMap authorities"],
    ["its images would run as root", { version: "stable-10741" }, "VersionUnsupported", "stable-11146-1"],
    ["its version is none of that project", { version: "1.2.3" }, "VersionUnsupported", "stable-11146-1"],
    ["a later release is asked for", { version: "stable-12000" }, undefined, undefined],
  ])("where %s says so", (_when, wish, reason, says) => {
    const gap = jitsiDriver.gap(input(wish));
    expect(gap?.reason).toBe(reason);
    if (says === undefined) expect(gap).toBeUndefined();
    else expect(gap?.message).toContain(says);
  });

  it("claims its host", () => {
    expect(desired().claims).toEqual([{ kind: "Hostname", value: "visio.meteo.example" }]);
  });

  it.each([
    [443, "https://visio.meteo.example"],
    [8443, "https://visio.meteo.example:8443"],
  ])("with port %i is found at %s, and the realm sends people to that exact address", (httpsPort, url) => {
    const wanted = desired({ httpsPort });
    expect(wanted.url).toBe(url);
    expect(wanted.client?.desired.representation).toMatchObject({
      publicClient: false,
      redirectUris: [`${url}/oidc/tokenize`],
      webOrigins: [],
      attributes: { "post.logout.redirect.uris": "-" },
    });
    expect(environment({ httpsPort }, "Deployment", "jitsi-web")).toMatchObject({
      PUBLIC_URL: url,
      TOKEN_AUTH_URL: `${url}/oidc/auth?state={state}`,
    });
  });

  it("asks of the adapter neither a challenge nor an ear for logouts, which it has not", () => {
    const { attributes } = desired().client?.desired.representation as { readonly attributes: object };
    expect(Object.keys(attributes)).toEqual(["post.logout.redirect.uris"]);
  });

  it.each<[Wish, number]>([
    [{ size: "XS" }, 1],
    [{}, 1],
    [{ size: "M" }, 2],
    [{ size: "L" }, 4],
    [{ size: "XL" }, 8],
    [{ size: "XL", bridges: 3 }, 3],
    [{ bridges: 32 }, 32],
  ])("with %j has %i bridges, each with a port, a Service and pods of its own", (wish, count) => {
    const { manifests: all = [], awaits = [] } = desired(wish).application?.workload ?? {};
    const objects = all as unknown as readonly Running[];
    const bridges = objects.filter(({ kind }) => kind === "StatefulSet");
    expect(bridges.length).toBe(count);
    const media = objects.filter(({ kind, metadata }) => kind === "Service" && /-media$/.test(metadata.name));
    expect(media.map(({ spec }) => spec?.ports)).toEqual(
      bridges.map((_, index) => [{ name: "media", port: 10_000 + index, protocol: "UDP", targetPort: "media" }]),
    );
    expect(new Set(media.map(({ spec }) => JSON.stringify(spec?.selector))).size).toBe(count);
    for (const name of ["JVB_PORT", "JVB_INSTANCE_ID", "JVB_OCTO_RELAY_ID"])
      expect(new Set(bridges.map((bridge) => variablesOf(bridge)[name])).size).toBe(count);
    expect(awaits.filter(({ kind }) => kind === "StatefulSet").length).toBe(count);
  });

  it("starts a bridge when clients can be told where it is", () => {
    const media = (nodePort?: number) => ({
      kind: "Service",
      metadata: { name: "jitsi-bridge-0-media" },
      spec: { ports: [nodePort === undefined ? {} : { nodePort }] },
    });
    const wish = (nodePort?: number): Wish => ({ exposure: "NodePort", live: [media(nodePort)] });
    expect(running(wish(), "StatefulSet", "jitsi-bridge-0")?.spec?.replicas).toBe(0);
    expect(running(wish(31_234), "StatefulSet", "jitsi-bridge-0")?.spec?.replicas).toBe(1);
    expect(environment(wish(31_234), "StatefulSet", "jitsi-bridge-0")).toMatchObject({
      JVB_PORT: "31234",
      JVB_ADVERTISE_IPS: "198.51.100.20",
    });
  });

  it("leaves a bridge that is one too many its way while its pod says farewell, and waits for none of it", () => {
    const live = [1, 0].map((replicas) => ({
      kind: "StatefulSet",
      metadata: { name: "jitsi-bridge-1", generation: 2 },
      spec: { replicas },
      status: { observedGeneration: 2, replicas: 1 },
    }));
    for (const one of live) {
      const wish = { bridges: 1, live: [one] };
      expect(running(wish, "StatefulSet", "jitsi-bridge-1")?.spec?.replicas).toBe(0);
      expect(running(wish, "Service", "jitsi-bridge-1-media")).toBeDefined();
      expect(JSON.stringify(desired(wish).application?.workload.awaits)).not.toContain("jitsi-bridge-1");
    }
    const gone = { ...live[1], status: { observedGeneration: 2, replicas: 0 } };
    expect(bridgesOf({ bridges: 1, live: [gone] }).length).toBe(1);
  });

  it("gives a bridge that has to go two hours for the conferences that it carries", () => {
    const pod = JSON.stringify(running({}, "StatefulSet", "jitsi-bridge-0"));
    expect(pod).toContain('"terminationGracePeriodSeconds":7200');
    expect(pod).toContain("/colibri/shutdown");
    expect(environment({}, "StatefulSet", "jitsi-bridge-0")["SHUTDOWN_REST_ENABLED"]).toBe("1");
  });

  it("runs its four images at one tag, whatever is asked for", () => {
    for (const [wish, tag] of [
      [{}, "stable-11146-2"],
      [{ version: "stable-12000-1" }, "stable-12000-1"],
      [{ runs: "stable-11146-1" }, "stable-11146-1"],
      [{ runs: "stable-12000", version: "stable-11146-1" }, "stable-11146-1"],
    ] as const) {
      const images = manifests(wish).flatMap(({ spec }) => spec?.template?.spec.containers[0].image ?? []);
      const ofJitsi = images.filter((image) => image.includes("/jitsi/"));
      expect(ofJitsi.map((image) => image.split(":")[1])).toEqual([tag, tag, tag, tag]);
      expect(desired(wish).version).toBe(tag);
    }
  });

  it("never has two of what knows of no second", () => {
    for (const name of ["jitsi-prosody", "jitsi-jicofo"]) {
      const { spec } = running({ size: "XL" }, "Deployment", name) ?? {};
      expect([spec?.replicas, spec?.strategy?.type]).toEqual([1, "Recreate"]);
    }
  });

  it("says secrets by reference only, in no argument and no value", () => {
    const names = ["JWT_APP_SECRET", "JICOFO_AUTH_PASSWORD", "JVB_AUTH_PASSWORD", "OIDC_CLIENT_SECRET"];
    const own = manifests({ bridges: 2 }).filter(({ metadata }) => metadata.name !== "jitsi-accessibility");
    const all = own.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
    const found = all.flatMap(({ env }) => env.filter(({ name }) => /SECRET|PASSWORD/.test(name)));
    expect(new Set(found.map(({ name }) => name))).toEqual(new Set(names));
    for (const { value, valueFrom } of found) {
      expect(value).toBeUndefined();
      expect(valueFrom).toMatchObject({ secretKeyRef: { name: "jitsi-secrets" } });
    }
    expect(all.map(({ args, command }) => [args, command])).toEqual(all.map(() => [undefined, undefined]));
  });

  it.each([
    ["Refused", "0"],
    ["LobbyOnly", "1"],
  ] as const)("with guests %s says so to Prosody, its module and the pages", (guests, enabled) => {
    expect(environment({ guests }, "Deployment", "jitsi-prosody")).toMatchObject({
      ROOM_GUESTS: guests,
      ENABLE_GUESTS: enabled,
      XMPP_MUC_MODULES: "socle_rooms",
      JWT_ALLOW_EMPTY: "0",
    });
    expect(environment({ guests }, "Deployment", "jitsi-web")["ENABLE_GUESTS"]).toBe(enabled);
  });

  it("holds a conference to the people that are asked for", () => {
    expect(environment({}, "Deployment", "jitsi-prosody")["MAX_PARTICIPANTS"]).toBe("100");
    expect(environment({ maxParticipants: 250 }, "Deployment", "jitsi-prosody")["MAX_PARTICIPANTS"]).toBe("250");
  });

  it("sends nobody a packet but itself, the realm, and whoever it answers", () => {
    const policies = manifests({ bridges: 2 }).filter(({ kind }) => kind === "NetworkPolicy");
    const egress = policies.flatMap(
      ({ spec }) => (spec as { egress?: readonly { to?: readonly object[] }[] }).egress ?? [],
    );
    expect(egress.length).toBeGreaterThan(0);
    for (const { to } of egress) expect(to?.length).toBeGreaterThan(0);
    expect(JSON.stringify(egress)).not.toContain("ipBlock");
  });

  it("opens the ports of its bridges to everybody, and nothing else", () => {
    const open = manifests({ bridges: 2 })
      .filter(({ kind }) => kind === "NetworkPolicy")
      .flatMap(
        ({ spec }) => (spec as { ingress?: readonly { from?: unknown; ports: readonly object[] }[] }).ingress ?? [],
      )
      .filter(({ from }) => from === undefined);
    expect(open.flatMap(({ ports }) => ports)).toEqual([
      { protocol: "UDP", port: 10_000 },
      { protocol: "UDP", port: 10_001 },
    ]);
  });

  it("has one host with two ways in and its statement of accessibility, under the certificate of the region or of an issuer", () => {
    const [route, ...others] = desired().application?.route ?? [];
    expect(others).toEqual([]);
    expect(JSON.stringify(route)).toContain('"secretName":"public-certificate"');
    const paths = [...JSON.stringify(route).matchAll(/"path":"([^"]+)"/g)].map(([, path]) => path);
    expect(paths).toEqual(["/", "/oidc", "/accessibilite.html"]);
    expect(JSON.stringify(desired({ issuer: "le" }).application?.route)).toContain(
      '"cert-manager.io/cluster-issuer":"le"',
    );
  });

  it("trusts the authorities of the region, and starts the adapter anew when they change", () => {
    const login = (wish: Wish) => JSON.stringify(running(wish, "Deployment", "jitsi-login"));
    expect(login({})).not.toContain("DENO_CERT");
    expect(login({ trusted: true })).toContain("DENO_CERT");
    const digest = (wish: Wish) => /"socle.dev\/configuration":"(\w+)"/.exec(login(wish))?.[1];
    expect(digest({})).not.toBe(digest({ trusted: true }));
  });
});

import { describe, expect, it } from "vitest";
import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { gatewayApi } from "../../constructs/public-route.ts";
import { cloudNativePg } from "../../constructs/postgresql/cluster-input.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { define } from "../support/in-memory-definitions.ts";
import { type FaultOf, InMemoryWorld, type PortCall } from "../support/in-memory-world.ts";

const ofGateways = { apiVersion: gatewayApi.apiVersion, kinds: [gatewayApi.gateway] };

const identity = "socle-identity";
const regionRef: ObjectRef = { apiVersion, kind: "SovereignRegion", name: "home" };
const bootstrapRef: ObjectRef = {
  apiVersion: "v1",
  kind: "Secret",
  namespace: identity,
  name: "keycloak-home-bootstrap",
};

type Driver = "External" | "CloudNativePG";

/** A region that asks for a Keycloak of its own; its database is on a server that is there, or on a Cluster. */
async function worldWithRegion(driver: Driver = "External", publishing?: object): Promise<InMemoryWorld> {
  const world = new InMemoryWorld();
  const { host, port, username, password } = world.postgres.server;
  const secret = (name: string, data: Readonly<Record<string, string>>): Manifest => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "socle-system" },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  });
  const named = (kind: string, version: string, name: string): Manifest => ({
    apiVersion: version,
    kind,
    metadata: { name },
  });
  const spec = {
    provider: { type: "Other", regionCode: "test" },
    country: "FR",
    zones: ["test-a"],
    ingress: {
      ...(publishing ?? { className: "edge", tlsSecretRef: { name: "tls" } }),
      from: { cidrs: ["10.0.0.0/8"] },
    },
    storage: { className: "encrypted" },
    keycloak: { mode: "Managed", url: "https://sso.example", managed: { driver } },
    postgresql: {
      defaultDriver: "External",
      server: { host, port, tls: "Disable", cidrs: ["10.0.0.1/32"], adminCredentialsSecretRef: { name: "postgresql" } },
    },
  };
  for (const manifest of [
    named("Namespace", "v1", "socle-system"),
    named("Namespace", "v1", identity),
    named("StorageClass", "storage.k8s.io/v1", "encrypted"),
    named("IngressClass", "networking.k8s.io/v1", "edge"),
    secret("postgresql", { username, password }),
    secret("tls", { "tls.crt": "c", "tls.key": "k" }),
    { apiVersion, kind: "SovereignRegion", metadata: { name: "home" }, spec },
  ])
    await world.kube.create(manifest);
  return world;
}

/** Plays the operator of CloudNativePG: instances are ready, and role and database carried out. */
async function startInstances(world: InMemoryWorld): Promise<void> {
  for (const { apiVersion: version, kind, metadata, ...rest } of world.kube.objects()) {
    if (version !== cloudNativePg.apiVersion) continue;
    const { instances } = rest["spec"] as { readonly instances?: number };
    const primary = { currentPrimary: "one", targetPrimary: "one", conditions: [{ type: "Ready", status: "True" }] };
    const status =
      kind === "Cluster"
        ? { phase: "healthy", readyInstances: instances, ...primary }
        : { applied: true, observedGeneration: metadata.generation };
    const { name, namespace = "" } = metadata;
    await world.kube.apply(
      { apiVersion: version, kind, metadata: { name, namespace }, status },
      { fieldManager: "player", force: true, subresource: "status" },
    );
  }
}

/** Plays the controller of StatefulSets, and the server that starts for the first time: it takes its first administrator from its environment. */
async function startPods(world: InMemoryWorld): Promise<void> {
  for (const object of world.kube.objects().filter(({ kind }) => kind === "StatefulSet")) {
    const { metadata } = object;
    const first = await world.kube.get<KubeObject & { data: Record<string, string> }>(bootstrapRef);
    if (object["status"] === undefined && first !== undefined) {
      const text = (key: string): string => Buffer.from(first.data[key] ?? "", "base64").toString();
      world.keycloak.startNew({ realm: "master", clientId: text("clientID"), clientSecret: text("clientSecret") });
    }
    const { replicas } = object["spec"] as { readonly replicas: number };
    const status = {
      observedGeneration: metadata.generation,
      replicas,
      readyReplicas: replicas,
      currentRevision: "a",
      updateRevision: "a",
    };
    const { apiVersion: version, kind } = object;
    await world.kube.apply(
      { apiVersion: version, kind, metadata: { name: metadata.name, namespace: metadata.namespace ?? "" }, status },
      { fieldManager: "player", force: true, subresource: "status" },
    );
  }
}

interface End {
  readonly accounts: ReturnType<InMemoryWorld["keycloak"]["accountsOfMaster"]>;
  readonly objects: readonly string[];
  readonly ready: string | undefined;
  readonly made: Readonly<Record<string, number>>;
  readonly gone: Readonly<Record<string, number>>;
  readonly sins: readonly string[];
}

/** From a region that was just applied to its end, with faults. */
async function told(faultOf: FaultOf = () => undefined): Promise<{ end: End; calls: readonly PortCall[] }> {
  const world = await worldWithRegion();
  world.setFaults(faultOf);
  await world.settle();
  await startPods(world);
  await world.settle();
  const calls = [...world.calls];
  const region = await world.kube.get<KubeObject>(regionRef);
  const { conditions = [] } = (region?.["status"] ?? {}) as { conditions?: { type: string; status: string }[] };
  return {
    calls,
    end: {
      accounts: world.keycloak.accountsOfMaster(),
      objects: world.kube
        .objects()
        .filter(({ metadata }) => metadata.namespace === identity)
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
        .sort(),
      ready: conditions.find(({ type }) => type === "Ready")?.status,
      made: Object.fromEntries(world.made),
      gone: Object.fromEntries(world.gone),
      sins: world.sins,
    },
  };
}

describe("a region's own Keycloak", () => {
  it("comes to life: the platform's account and a sealed administrator stay, the first administrator goes, the way in is open", async () => {
    const { end } = await told();
    expect(end.accounts).toEqual({ clients: ["socle-platform"], administrators: ["socle-break-glass"] });
    expect(end.ready).toBe("True");
    expect(end.objects).toContain("Ingress keycloak-home");
    expect(end.objects).not.toContain("Secret keycloak-home-bootstrap");
    expect(end.sins).toEqual([]);
  });

  it("ends the same whatever call the operator dies at, and makes and removes nothing twice", async () => {
    const undisturbed = await told();
    for (const [at, call] of undisturbed.calls.entries()) {
      for (const death of call.writes ? (["killed before", "killed after"] as const) : (["killed before"] as const)) {
        const where = `${death} call ${at}: ${call.port} ${call.verb} ${call.target}`;
        const { end } = await told((index) => (index === at ? death : undefined));
        expect(end, where).toEqual(undisturbed.end);
      }
    }
  });

  it("begins with its Cluster once CloudNativePG is installed, and starts when role and database are there", async () => {
    const world = await worldWithRegion("CloudNativePG");
    const kinds = (): string[] => world.kube.objects().map(({ kind }) => kind);
    await world.settle();
    const region = await world.kube.get<KubeObject>(regionRef);
    expect(JSON.stringify(region?.["status"])).toContain("CapabilityMissing");
    expect(kinds()).not.toContain("Ingress");
    await define(world, cloudNativePg);
    await world.settle();
    expect(kinds()).toContain("Cluster");
    expect(kinds()).not.toContain("StatefulSet");
    await startInstances(world);
    await world.settle();
    await startPods(world);
    await world.settle();
    expect(world.keycloak.accountsOfMaster().clients).toEqual(["socle-platform"]);
    expect(kinds()).toContain("Ingress");
    expect(world.sins).toEqual([]);
    expect([...world.postgres.databases.keys()]).toEqual([]);
  });

  it("is not hidden behind an empty database when a region of that name returns with another driver", async () => {
    const world = await worldWithRegion("CloudNativePG");
    await define(world, cloudNativePg);
    await world.settle();
    await startInstances(world);
    await world.settle();
    world.kube.edit<KubeObject>(regionRef, (region) => {
      const spec = region["spec"] as { readonly keycloak: object };
      return { ...region, spec: { ...spec, keycloak: { ...spec.keycloak, managed: { driver: "External" } } } };
    });
    await world.settle();
    const region = await world.kube.get<KubeObject>(regionRef);
    expect(JSON.stringify(region?.["status"])).toContain("make the region with driver CloudNativePG");
    expect(world.kube.objects().map(({ kind }) => kind)).toContain("Cluster");
    expect([...world.postgres.databases.keys()]).toEqual([]);
  });

  it("is published through the listener of a Gateway where its region says so, once both are there", async () => {
    const world = await worldWithRegion("External", { gatewayRef: { name: "public", listener: "https" } });
    const routes = (): string[] =>
      world.kube
        .objects()
        .filter(({ kind }) => kind === "Ingress" || kind === "HTTPRoute")
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const says = async (text: string): Promise<void> => {
      await world.pass(300_000);
      await world.settle();
      await startPods(world);
      await world.settle();
      expect(JSON.stringify((await world.kube.get<KubeObject>(regionRef))?.["status"])).toContain(text);
    };
    await says("Missing: Gateway public in the operator's namespace");
    const gateway = {
      apiVersion: gatewayApi.apiVersion,
      kind: "Gateway",
      metadata: { name: "public", namespace: "socle-system" },
    };
    const listening = (protocol: string) => ({ gatewayClassName: "edge", listeners: [{ name: "https", protocol }] });
    await define(world, ofGateways);
    await world.kube.create({ ...gateway, spec: listening("HTTP") });
    await says("Missing: listener https of protocol HTTPS on Gateway public");
    world.kube.edit<KubeObject>({ ...gateway, name: "public", namespace: "socle-system" }, (live) => ({
      ...live,
      spec: listening("HTTPS"),
    }));
    await says("This cluster lacks HTTPRoute of gateway.networking.k8s.io/v1");
    expect(routes()).toEqual([]);
    await define(world, gatewayApi);
    await says("The platform account creates realms and holds nothing more.");
    expect(routes()).toEqual(["HTTPRoute keycloak-home"]);
    expect(world.sins).toEqual([]);
  });

  it("moves from an ingress controller to a Gateway, and leaves no way in behind", async () => {
    const world = await worldWithRegion();
    await world.settle();
    await startPods(world);
    await world.settle();
    await define(world, gatewayApi);
    await define(world, ofGateways);
    await world.kube.create({
      apiVersion: gatewayApi.apiVersion,
      kind: "Gateway",
      metadata: { name: "public", namespace: "socle-system" },
      spec: { listeners: [{ name: "https", protocol: "HTTPS" }] },
    });
    world.kube.edit<KubeObject>(regionRef, (region) => {
      const spec = region["spec"] as { readonly ingress: { readonly from: object } };
      const ingress = { from: spec.ingress.from, gatewayRef: { name: "public", listener: "https" } };
      return { ...region, spec: { ...spec, ingress } };
    });
    await world.settle();
    const routes = world.kube.objects().filter(({ kind }) => kind === "Ingress" || kind === "HTTPRoute");
    expect(routes.map(({ kind }) => kind)).toEqual(["HTTPRoute"]);
  });

  it("has no way in while its accounts are not proven", async () => {
    const world = await worldWithRegion();
    await world.settle();
    expect(world.kube.objects().filter(({ kind }) => kind === "Ingress")).toEqual([]);
  });

  it("rests once it is made: an hour later nothing was written", async () => {
    const world = await worldWithRegion();
    await world.settle();
    await startPods(world);
    await world.settle();
    world.setFaults(() => undefined);
    for (let minute = 0; minute < 60; minute += 5) await world.pass(300_000);
    expect(world.calls.filter(({ port, writes }) => port === "kube" || writes)).toEqual([]);
  });

  it("stops before another version of it starts, and starts once its last pod is gone", async () => {
    const world = await worldWithRegion();
    await world.settle();
    await startPods(world);
    await world.settle();
    const set = (): KubeObject | undefined => world.kube.objects().find(({ kind }) => kind === "StatefulSet");
    world.kube.edit<KubeObject>(regionRef, (region) => {
      const spec = region["spec"] as { readonly keycloak: { readonly managed: object } };
      const managed = { ...spec.keycloak.managed, version: "26.8.0" };
      return { ...region, spec: { ...spec, keycloak: { ...spec.keycloak, managed } } };
    });
    await world.settle();
    expect(set()?.["spec"]).toMatchObject({ replicas: 0 });
    await startPods(world);
    await world.settle();
    expect(set()?.["spec"]).toMatchObject({ replicas: 1 });
    expect(JSON.stringify(set()?.["spec"])).toContain("keycloak:26.8.0");
  });

  it("goes back to no older version, and what runs goes on", async () => {
    const world = await worldWithRegion();
    await world.settle();
    await startPods(world);
    await world.settle();
    world.kube.edit<KubeObject>(regionRef, (region) => {
      const spec = region["spec"] as { readonly keycloak: { readonly managed: object } };
      const managed = { ...spec.keycloak.managed, version: "26.0.0" };
      return { ...region, spec: { ...spec, keycloak: { ...spec.keycloak, managed } } };
    });
    await world.settle();
    const region = await world.kube.get<KubeObject>(regionRef);
    expect(JSON.stringify(region?.["status"])).toContain("VersionUnsupported");
    const [set] = world.kube.objects().filter(({ kind }) => kind === "StatefulSet");
    expect(set?.["spec"]).toMatchObject({ replicas: 1 });
    expect(JSON.stringify(set?.["spec"])).not.toContain("26.0.0");
  });
});

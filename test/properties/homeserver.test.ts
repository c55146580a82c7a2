import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { ObjectRef } from "../../constructs/manifest.ts";
import { gatewayApi } from "../../constructs/public-route.ts";
import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { claimManifest } from "../../operator/reconcile/claims.ts";
import { define } from "../support/in-memory-definitions.ts";
import {
  type Act,
  change,
  hours,
  noticeOfErasure,
  onboard,
  platformWorld,
  play,
  remove,
  type Story,
} from "../support/in-memory-stories.ts";
import { type FaultOf, hourMs, type InMemoryWorld, type PortCall, type Snapshot } from "../support/in-memory-world.ts";

const moduleRef: ObjectRef = { apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: "synapse" };
const tenantRef: ObjectRef = { apiVersion, kind: "Tenant", name: "minagri" };
const secretRef: ObjectRef = { apiVersion: "v1", kind: "Secret", namespace: "t-minagri-apps", name: "synapse-secrets" };
type Modules = Tenant["spec"]["modules"];
const others: Modules = [{ module: "PostgreSQL" }, { module: "Keycloak" }];
const all: Modules = [...others, { module: "Synapse" }];
const url = "https://matrix.ministere.suite.example";

/** More than any step takes that comes to an end. */
const manyLooks = 200;

/** What a homeserver that works answers. */
const answers: Readonly<Record<string, unknown>> = {
  "/_matrix/client/versions": { versions: ["v1.11"] },
  "/_matrix/client/v3/login": { flows: [{ type: "m.login.sso", identity_providers: [{ id: "oidc-realm" }] }] },
  "/.well-known/matrix/client": { "m.homeserver": { base_url: `${url}/` } },
  "/config.json": { default_server_config: { "m.homeserver": { base_url: url } } },
};

/** Plays the controller of StatefulSets, and the homeserver in the pod. */
const startPods: Act = async (world) => {
  world.web = (asked) => ({ status: 200, body: answers[new URL(asked).pathname] });
  for (const { apiVersion: version, kind, metadata } of world.kube.objects()) {
    if (kind !== "StatefulSet" && kind !== "Deployment") continue;
    const revised =
      kind === "StatefulSet"
        ? { readyReplicas: 1, currentRevision: "a", updateRevision: "a" }
        : { updatedReplicas: 1, availableReplicas: 1 };
    const status = { observedGeneration: metadata.generation, replicas: 1, ...revised };
    const { name, namespace = "" } = metadata;
    await world.kube.apply(
      { apiVersion: version, kind, metadata: { name, namespace }, status },
      { fieldManager: "player", force: true, subresource: "status" },
    );
  }
};
/** The name is already that of another tenant's server. */
const nameIsTaken = (state: "Held" | "Tombstoned"): Act => {
  const holder = { name: "minjust", legalIdentifier: "SIREN:110010014", uid: "another" };
  const manifest = claimManifest({ kind: "MatrixServerName", value: "ministere.example" }, holder);
  return async (world) => {
    await world.kube.create({
      ...manifest,
      spec: { kind: "MatrixServerName", value: "ministere.example", holder, state },
    });
  };
};
const keyFromPeople = (line: string): Act => {
  const metadata = { name: "moves-in", namespace: "t-minagri" };
  const data = { key: Buffer.from(line).toString("base64") };
  return async (world) => {
    await world.kube.create({ apiVersion: "v1", kind: "Secret", metadata, data });
  };
};
const withSynapse = (synapse: Partial<NonNullable<Modules[number]["synapse"]>>): Modules => {
  const defaults = { maxUploadSize: "100Mi", mediaRetentionDays: 0 };
  return [...others, { module: "Synapse", synapse: { ...defaults, ...synapse } }];
};
const living: readonly Act[] = [onboard(all), startPods];

async function after(acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  return world;
}

async function conditions(world: InMemoryWorld): Promise<Readonly<Record<string, string>>> {
  const module = await world.kube.get<ModuleDeployment & KubeObject>(moduleRef);
  return Object.fromEntries((module?.status?.conditions ?? []).map(({ type, status }) => [type, status]));
}

async function tenantConditions(world: InMemoryWorld): Promise<Readonly<Record<string, string>>> {
  const tenant = await world.kube.get<Tenant & KubeObject>(tenantRef);
  return Object.fromEntries((tenant?.status?.conditions ?? []).map(({ type, status }) => [type, status]));
}

/** Conditions that are False: type, reason and sentence. */
async function refusals(world: InMemoryWorld): Promise<readonly (readonly [string, string])[]> {
  const module = await world.kube.get<ModuleDeployment & KubeObject>(moduleRef);
  return (module?.status?.conditions ?? [])
    .filter(({ status }) => status === "False")
    .map(({ type, reason, message }) => [`${type} ${reason}`, message]);
}

async function upToDate(world: InMemoryWorld): Promise<string> {
  const module = await world.kube.get<ModuleDeployment & KubeObject>(moduleRef);
  return module?.status?.conditions?.find(({ type }) => type === "UpToDate")?.message ?? "";
}

const present = (world: InMemoryWorld): readonly string[] =>
  world.kube
    .objects()
    .filter(({ metadata }) => metadata.labels?.["socle.dev/module"] === "Synapse")
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

interface Ending {
  readonly snapshot: Snapshot;
  readonly made: Readonly<Record<string, number>>;
  readonly gone: Readonly<Record<string, number>>;
  readonly sins: readonly string[];
}

/** `before` goes undisturbed: what happens there dies in a story of its own. */
async function told(
  { before, acts }: Pick<Story, "before" | "acts">,
  faultOf: FaultOf = () => undefined,
): Promise<{ ending: Ending; calls: readonly PortCall[] }> {
  const world = await after(before);
  world.setFaults(faultOf);
  await play(world, acts);
  const calls = [...world.calls];
  world.setFaults(() => undefined);
  await world.pass(7 * hourMs);
  const [made, gone] = [Object.fromEntries(world.made), Object.fromEntries(world.gone)];
  return { calls, ending: { snapshot: await world.snapshot(), made, gone, sins: world.sins } };
}

/** What else a tenant has dies in stories of its own. */
function concernsHomeserver({ port, target }: PortCall): boolean {
  return port !== "kube" || /synapse|web-client|NameClaim/.test(target);
}

describe("the homeserver of a tenant", () => {
  it("names the tenant's conferences to its pages while it has some, and its own host while it has none", async () => {
    const preferred = (world: InMemoryWorld): unknown => {
      const { data } = world.kube
        .objects()
        .find(({ metadata }) => metadata.name === "web-client-config") as unknown as {
        readonly data: Readonly<Record<string, string>>;
      };
      return (JSON.parse(data["config.json"] ?? "") as { readonly jitsi: unknown }).jitsi;
    };
    const world = await after(living);
    const without = { preferred_domain: "chat.ministere.suite.example" };
    expect(preferred(world)).toEqual(without);
    await play(world, [change((spec) => ({ ...spec, modules: [...all, { module: "Jitsi" }] }))]);
    expect(preferred(world)).toEqual({ preferred_domain: "visio.ministere.suite.example" });
    await play(world, [change((spec) => ({ ...spec, modules: all }))]);
    expect(preferred(world)).toEqual(without);
  });

  it("is Ready, with a database and a client of its own, once its application answered", async () => {
    const world = await after(living);
    expect(await conditions(world)).toMatchObject({
      Ready: "True",
      DatabaseReady: "True",
      SSOReady: "True",
      WorkloadAvailable: "True",
      EndpointReachable: "True",
      Published: "True",
    });
    expect([...world.postgres.databases.keys()]).toContain("minagri_synapse");
    expect(world.keycloak.namesOf("minagri", "clients")).toContain("synapse");
    expect(world.sins).toEqual([]);
  });

  it("named after a mail domain leaves in the home namespace what the ministry has to serve there", async () => {
    const named = { module: "Synapse", synapse: { serverName: "ministere.example" } } as Modules[number];
    const world = await after([onboard([...others, named]), startPods]);
    const mirror = await world.kube.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>({
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace: "t-minagri",
      name: "socle-tenant",
    });
    expect(JSON.parse(mirror?.data?.["publish"] ?? "[]")).toMatchObject([
      { host: "ministere.example", path: "/.well-known/matrix/client" },
      { host: "ministere.example", path: "/.well-known/matrix/server" },
    ]);
  });

  it("has no pod before its database and its client are there, and no way in before it answered", async () => {
    const world = await platformWorld();
    world.setFaults(() => undefined);
    await play(world, [onboard(all)]);
    const first = (target: string): number => world.calls.findIndex((call) => call.writes && call.target === target);
    const order = [first("sub-resource minagri"), first("StatefulSet synapse")];
    expect(order.every((index) => index >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect([...world.postgres.databases.keys()]).toContain("minagri_synapse");
    expect(present(world)).not.toContain("Ingress synapse");
    expect(await conditions(world)).toMatchObject({ WorkloadAvailable: "False" });
  });

  it("that bears the name of a mail domain is Ready, and says what the ministry has to serve for others to find it", async () => {
    const named: Modules = [...others, { module: "Synapse", synapse: { serverName: "ministere.example" } }] as Modules;
    const world = await after([onboard(named), startPods]);
    const module = await world.kube.get<ModuleDeployment & KubeObject>(moduleRef);
    const published = module?.status?.conditions?.find(({ type }) => type === "Published");
    expect(published).toMatchObject({ status: "True", reason: "AwaitingConfirmation" });
    expect(published?.message).toContain("https://ministere.example/.well-known/matrix/server");
    expect(await conditions(world)).toMatchObject({ Ready: "True" });
  });

  it("is found by the records of its tenant as soon as its ingress controller says where it is served", async () => {
    const world = await after(living);
    const records = async () => (await world.kube.get<Tenant & KubeObject>(tenantRef))?.status?.dnsRecords;
    expect(await records()).toBeUndefined();
    const metadata = { name: "synapse", namespace: "t-minagri-apps" };
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.7" }] } };
    await world.kube.apply(
      { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, status },
      { fieldManager: "ingress-controller", force: true, subresource: "status" },
    );
    await world.settle();
    expect(await records()).toContainEqual({ name: "matrix.ministere.suite.example", type: "A", value: "192.0.2.7" });
  });

  it("waits for the kind of its routes where its region names a Gateway, and is published there and nowhere else", async () => {
    const world = await platformWorld();
    world.kube.edit<KubeObject>({ apiVersion, kind: "SovereignRegion", name: "region" }, (region) => {
      const { ingress, ...spec } = region["spec"] as { readonly ingress: { readonly from: object } };
      const gatewayRef = { name: "public", listener: "https" };
      return { ...region, spec: { ...spec, ingress: { from: ingress.from, gatewayRef } } };
    });
    await play(world, living);
    expect((await refusals(world)).join()).toContain("lacks HTTPRoute of gateway.networking.k8s.io/v1");
    await define(world, gatewayApi);
    await play(world, [startPods]);
    await play(world, [startPods]);
    expect(await conditions(world)).toMatchObject({ Published: "True", Ready: "True" });
    const routes = present(world).filter((object) => /^(Ingress|HTTPRoute) /.test(object));
    expect([...routes].sort()).toEqual([
      "HTTPRoute synapse",
      "HTTPRoute synapse-discovery",
      "HTTPRoute synapse-web-client",
    ]);
    const module = await world.kube.get<ModuleDeployment & KubeObject>(moduleRef);
    const published = module?.status?.conditions?.find(({ type }) => type === "Published");
    expect(published?.message).toContain(
      "Published under matrix.ministere.suite.example, chat.ministere.suite.example",
    );
    await play(world, [change((spec) => ({ ...spec, modules: [...others] }))]);
    expect(present(world).filter((object) => object.startsWith("HTTPRoute"))).toEqual([]);
    expect(world.sins).toEqual([]);
  });

  it("stays published while it does not answer, and its tenant is not Ready until it does", async () => {
    const world = await after(living);
    const tenantIs = async () => (await tenantConditions(world))["Ready"];
    expect(await tenantIs()).toBe("True");
    const { web } = world;
    world.web = () => ({ status: 502, body: undefined });
    // It is asked again and again.
    await expect(world.pass(hourMs, manyLooks)).rejects.toThrow("Never rests: module t-minagri/synapse");
    expect(await conditions(world)).toMatchObject({ Ready: "False", EndpointReachable: "False" });
    expect(await tenantIs()).toBe("False");
    expect(present(world)).toContain("Ingress synapse");
    world.web = web;
    await world.pass(hourMs);
    expect(await tenantIs()).toBe("True");
  });

  it("that is removed alone loses its pods, its client and its way in, and keeps its data", async () => {
    const world = await after([...living, change((spec) => ({ ...spec, modules: [...others] }))]);
    expect(world.keycloak.namesOf("minagri", "clients")).not.toContain("synapse");
    expect(present(world)).toContain("PersistentVolumeClaim synapse-media");
    expect(present(world).filter((text) => /StatefulSet|Deployment|Ingress|NetworkPolicy/.test(text))).toEqual([]);
    expect(world.postgres.roles.get("minagri_synapse")?.canLogin).toBe(false);
    const secrets = world.kube.objects().filter(({ kind }) => kind === "Secret");
    expect(secrets.map(({ metadata }) => metadata.name)).toContain("synapse-secrets");
  });

  it("signs with the same key when its tenant was removed and returns", async () => {
    const world = await after(living);
    const key = async (): Promise<string | undefined> => {
      return (await world.kube.get<KubeObject & { data: Record<string, string> }>(secretRef))?.data["signing.key"];
    };
    const before = await key();
    await play(world, [remove, onboard(all), startPods]);
    expect(await conditions(world)).toMatchObject({ Ready: "True" });
    expect([before, await key()]).toEqual([expect.any(String), before]);
  });

  it.each<[string, readonly Act[], string, string]>([
    [
      "is another tenant's",
      [nameIsTaken("Held"), onboard(withSynapse({ serverName: "ministere.example" }))],
      "Owned NameTaken",
      "MatrixServerName ministere.example belongs to tenant minjust",
    ],
    [
      "was served and is no more",
      [nameIsTaken("Tombstoned"), onboard(withSynapse({ serverName: "ministere.example" }))],
      "Owned NameTaken",
      "ministere.example was served in the past and is never given out again",
    ],
    [
      "is nobody's of the tenant",
      [onboard(withSynapse({ serverName: "matrix.org" }))],
      "DependenciesReady InvalidSpec",
      "synapse.serverName matrix.org is neither the domain of tenant minagri nor one of its mailDomains",
    ],
  ])("whose name %s says so, and nothing of it is made", async (_what, acts, where, says) => {
    const world = await after(acts);
    expect(await refusals(world)).toContainEqual([where, expect.stringContaining(says)]);
    expect(present(world).filter((text) => !text.startsWith("ModuleDeployment"))).toEqual([]);
    expect([...world.postgres.databases.keys()]).not.toContain("minagri_synapse");
    expect(world.keycloak.namesOf("minagri", "clients")).not.toContain("synapse");
  });

  it("that is to move in with what is no signing key says so without telling it, and moves in once it is mended", async () => {
    const moves = withSynapse({ signingKeySecretRef: { name: "moves-in", key: "key" } });
    const world = await after([
      onboard([...others]),
      keyFromPeople("ed25519 a_1 too-short"),
      change((spec) => ({ ...spec, modules: moves })),
    ]);
    const told = await refusals(world);
    expect(told).toContainEqual([
      "CredentialsReady InvalidSpec",
      expect.stringContaining("Key key of Secret t-minagri/moves-in is no signing key of Matrix; it needs one line"),
    ]);
    expect(JSON.stringify([told, world.events])).not.toContain("too-short");
    expect(present(world).filter((text) => /synapse-secrets|StatefulSet/.test(text))).toEqual([]);
    const line = `ed25519 a_1 ${"k".repeat(43)}`;
    const given = { apiVersion: "v1", kind: "Secret", namespace: "t-minagri", name: "moves-in" };
    world.kube.edit<KubeObject>(given, (live) => ({ ...live, data: { key: Buffer.from(line).toString("base64") } }));
    await world.pass(120_000);
    await play(world, [startPods]);
    const made = await world.kube.get<KubeObject & { data: Record<string, string> }>(secretRef);
    expect(Buffer.from(made?.data["signing.key"] ?? "", "base64").toString()).toBe(line);
    expect(await conditions(world)).toMatchObject({ Ready: "True" });
  });

  it("makes no other signing key when the Secret is lost, says so, and goes on with the one of the backup", async () => {
    const world = await after(living);
    const { metadata, ...backup } = (await world.kube.get<KubeObject>(secretRef))!;
    await world.kube.delete(secretRef, { uid: metadata.uid });
    world.restart();
    await world.pass(hourMs);
    expect(await world.kube.get(secretRef)).toBeUndefined();
    const { status } = (await world.kube.get<ModuleDeployment & KubeObject>(moduleRef))!;
    const said = status?.conditions?.find(({ type }) => type === "CredentialsReady");
    expect([said?.status, said?.message]).toEqual(["False", expect.stringContaining("restore it from a backup")]);
    // What runs, runs on.
    expect(present(world)).toEqual(expect.arrayContaining(["StatefulSet synapse", "Ingress synapse"]));
    const { name, namespace = "", labels = {} } = metadata;
    await world.kube.create({ ...backup, metadata: { name, namespace, labels } });
    await world.pass(120_000);
    expect(await conditions(world)).toMatchObject({ Ready: "True" });
    expect(await world.kube.get<KubeObject>(secretRef)).toMatchObject({ data: backup["data"] });
  });

  it("leaves nothing after its erasure, and nobody ever gets the name of its server again", async () => {
    const world = await after([...living, noticeOfErasure, remove, hours(2)]);
    expect(present(world)).toEqual([]);
    expect([...world.postgres.databases.keys()]).not.toContain("minagri_synapse");
    const claims = world.kube.objects().filter(({ kind }) => kind === "NameClaim");
    const states = claims.map((claim) => claim["spec"] as { readonly kind: string; readonly state: string });
    expect(states.find(({ kind }) => kind === "MatrixServerName")?.state).toBe("Tombstoned");
  });

  const listing = (modules: Modules): Act => change((spec) => ({ ...spec, modules: [...modules] }));
  it.each<Story>([
    { name: "comes to life", before: [onboard([...others])], acts: [listing(all), startPods] },
    { name: "is removed alone", before: living, acts: [listing(others)] },
    { name: "goes with its tenant and returns", before: living, acts: [remove, onboard(all), startPods] },
    { name: "is erased with its tenant", before: [...living, noticeOfErasure], acts: [remove, hours(2)] },
  ])(
    "$name the same whatever call the operator dies at, and makes and removes nothing twice",
    async (story) => {
      const undisturbed = await told(story);
      expect(undisturbed.ending.sins).toEqual([]);
      for (const [at, call] of undisturbed.calls.entries()) {
        if (!call.writes || !concernsHomeserver(call)) continue;
        for (const death of ["killed before", "killed after"] as const) {
          const where = `${death} call ${at}: ${call.port} ${call.verb} ${call.target}`;
          const { ending } = await told(story, (index) => (index === at ? death : undefined));
          if (!isDeepStrictEqual(ending, undisturbed.ending)) expect(ending, where).toEqual(undisturbed.ending);
        }
      }
    },
    240_000,
  );

  const version = async (world: Awaited<ReturnType<typeof after>>): Promise<unknown> =>
    (await world.kube.get<ModuleDeployment & KubeObject>(moduleRef))?.status?.version;
  const image = async (world: Awaited<ReturnType<typeof after>>): Promise<string> => {
    const ref = { apiVersion: "apps/v1", kind: "StatefulSet", namespace: "t-minagri-apps", name: "synapse" };
    return JSON.stringify((await world.kube.get<KubeObject>(ref))?.["spec"]);
  };
  const asked = (wanted: string): Act =>
    change((spec) => ({ ...spec, modules: [...others, { module: "Synapse", version: wanted }] }));

  it("starts another version when the updates of its database have ended, and keeps working until then", async () => {
    const world = await after(living);
    world.postgres.tables.set("minagri_synapse background_updates", 2);
    await asked("1.999.0")(world);
    await expect(world.settle(manyLooks)).rejects.toThrow("Never rests: module t-minagri/synapse");
    expect(await version(world)).toBe("1.163.2");
    expect([await conditions(world), await upToDate(world)]).toMatchObject([
      { Ready: "True", UpToDate: "False" },
      "2 background updates of the database must end before Synapse 1.999.0 starts.",
    ]);
    world.postgres.tables.set("minagri_synapse background_updates", 0);
    await world.pass(60_000);
    expect(await image(world)).toContain("synapse:v1.999.0");
    await play(world, [startPods]);
    expect([await version(world), await conditions(world)]).toMatchObject(["1.999.0", { Ready: "True" }]);
    expect(await upToDate(world)).not.toContain("Synapse");
    await play(world, [asked("1.163.2")]);
    expect(await image(world)).toContain("synapse:v1.999.0");
    expect(await upToDate(world)).toContain("Synapse 1.999.0 runs and 1.163.2 is asked for");
  });

  it("goes on to a version that has begun to change the tables, and back from one that never ran", async () => {
    const world = await after(living);
    await play(world, [asked("1.999.0")]);
    world.postgres.tables.set("minagri_synapse background_updates", 3);
    await world.pass(60_000);
    expect([await image(world), await version(world)]).toEqual([expect.stringContaining("v1.999.0"), "1.163.2"]);
    await play(world, [asked("1.163.2"), startPods]);
    expect([await image(world), await version(world)]).toEqual([expect.stringContaining("v1.163.2"), "1.163.2"]);
    expect(await conditions(world)).toMatchObject({ Ready: "True" });
    expect(await upToDate(world)).not.toContain("Synapse");
  });

  it("rests: an hour later nothing was written", async () => {
    const world = await after(living);
    world.setFaults(() => undefined);
    await world.pass(hourMs);
    expect(world.calls.filter(({ writes }) => writes)).toEqual([]);
  });
});

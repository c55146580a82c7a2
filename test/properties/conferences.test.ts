import { describe, expect, it } from "vitest";
import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import {
  type Act,
  change,
  hours,
  noticeOfErasure,
  onboard,
  platformWorld,
  play,
  remove,
} from "../support/in-memory-stories.ts";
import { hourMs, type InMemoryWorld } from "../support/in-memory-world.ts";
import { expectSame, told } from "../support/story-endings.ts";

type Modules = Tenant["spec"]["modules"];
const others: Modules = [{ module: "PostgreSQL" }, { module: "Keycloak" }];
const conferences = (bridges: number): Modules => [
  ...others,
  { module: "Jitsi", jitsi: { bridges, maxParticipants: 100, guests: "LobbyOnly" } },
];

/** What programs that work answer; Jicofo knows every bridge that runs. */
const answers: Readonly<Record<string, unknown>> = {
  "/socle-rooms": { guests: "LobbyOnly", lobby: true },
  "/stats": { bridge_selector: { operational_bridge_count: 8 } },
};

/** Opens the region to media as a platform team does. */
const openToMedia =
  (media: SovereignRegion["spec"]["media"]): Act =>
  async (world) => {
    const ref = { apiVersion, kind: "SovereignRegion", name: "region" };
    const region = await world.kube.get<SovereignRegion & KubeObject>(ref);
    await world.kube.patch(ref, [
      { op: region?.spec.media === undefined ? "add" : "replace", path: "/spec/media", value: media },
    ]);
  };

/** Plays a part of the cluster: writes the status of every object of a kind. */
async function setStatus(world: InMemoryWorld, kind: string, statusOf: (object: KubeObject) => object): Promise<void> {
  for (const object of world.kube.objects().filter((one) => one.kind === kind)) {
    const { name, namespace = "" } = object.metadata;
    await world.kube.apply(
      { apiVersion: object.apiVersion, kind, metadata: { name, namespace }, status: statusOf(object) },
      { fieldManager: "player", force: true, subresource: "status" },
    );
  }
}

const replicasOf = (object: KubeObject): number => (object["spec"] as { readonly replicas?: number }).replicas ?? 1;

/** Plays the controllers of Deployments and StatefulSets; with `farewell`, pods that have to go are still there. */
const startPods =
  (farewell = false): Act =>
  async (world) => {
    world.web = (asked) => ({ status: 200, body: answers[new URL(asked).pathname] });
    await setStatus(world, "Deployment", (object) => {
      const count = replicasOf(object);
      const { generation } = object.metadata;
      return { observedGeneration: generation, replicas: count, updatedReplicas: count, availableReplicas: count };
    });
    await setStatus(world, "StatefulSet", (object) => {
      const count = replicasOf(object);
      const { generation } = object.metadata;
      const replicas = farewell && count === 0 ? 1 : count;
      return {
        observedGeneration: generation,
        replicas,
        readyReplicas: count,
        currentRevision: "a",
        updateRevision: "a",
      };
    });
  };

/** Plays the provider, which gives every load balancer an address. */
const giveAddresses: Act = (world) =>
  setStatus(world, "Service", (object) => {
    const { type } = object["spec"] as { readonly type?: string };
    return type === "LoadBalancer" ? { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } } : {};
  });

const open = openToMedia({ exposure: "LoadBalancer" });
const living = (bridges = 2): readonly Act[] => [open, onboard(conferences(bridges)), giveAddresses, startPods()];

async function after(acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  return world;
}

async function conditions(world: InMemoryWorld): Promise<Readonly<Record<string, string>>> {
  const ref = { apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: "jitsi" };
  const module = await world.kube.get<ModuleDeployment & KubeObject>(ref);
  return Object.fromEntries(
    (module?.status?.conditions ?? []).map(({ type, status, message }) => [type, `${status}: ${message}`]),
  );
}

const present = (world: InMemoryWorld): readonly string[] =>
  world.kube
    .objects()
    .filter(({ metadata }) => metadata.labels?.["socle.dev/module"] === "Jitsi")
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

describe("the conferences of a tenant", () => {
  it("are Ready, with a client of their own, once every program answered", async () => {
    const world = await after(living());
    const found = await conditions(world);
    for (const type of ["Ready", "SSOReady", "WorkloadAvailable", "EndpointReachable", "Published"])
      expect(found[type]).toMatch(/^True/);
    expect(world.keycloak.namesOf("minagri", "clients")).toContain("jitsi");
    expect(present(world)).toContain("Ingress jitsi");
    expect(world.sins).toEqual([]);
  });

  it("are not made where the region has no way for media, and the sentence names the field", async () => {
    const world = await after([onboard(conferences(1))]);
    expect((await conditions(world))["DependenciesReady"]).toContain("spec.media");
    expect(present(world)).toEqual(["ModuleDeployment jitsi"]);
  });

  it("have no pod before their client is there, and no way in before they answered", async () => {
    const world = await platformWorld();
    world.setFaults(() => undefined);
    await play(world, [open, onboard(conferences(1))]);
    const first = (target: string): number => world.calls.findIndex((call) => call.writes && call.target === target);
    const order = [first("sub-resource minagri"), first("Deployment jitsi-prosody")];
    expect(order.every((index) => index >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect(present(world)).not.toContain("Ingress jitsi");
  });

  it("start no bridge that nobody could be told the way to", async () => {
    const world = await after([open, onboard(conferences(2))]);
    const replicas = (): readonly number[] =>
      world.kube
        .objects()
        .filter(({ kind, metadata }) => kind === "StatefulSet" && metadata.labels?.["socle.dev/module"] === "Jitsi")
        .map(replicasOf);
    expect(replicas()).toEqual([0, 0]);
    await play(world, [giveAddresses]);
    expect(replicas()).toEqual([1, 1]);
  });

  it("take the ports that the nodes opened", async () => {
    const world = await after([
      openToMedia({ exposure: "NodePort", addresses: ["198.51.100.20"] }),
      onboard(conferences(1)),
    ]);
    const ref = { apiVersion: "v1", kind: "Service", namespace: "t-minagri-apps", name: "jitsi-bridge-0-media" };
    // What the API server does itself.
    await world.kube.patch(ref, [{ op: "add", path: "/spec/ports/0/nodePort", value: 31_234 }]);
    await world.settle();
    await play(world, [startPods()]);
    const bridge = world.kube
      .objects()
      .find(({ kind, metadata }) => kind === "StatefulSet" && metadata.name === "jitsi-bridge-0");
    expect(JSON.stringify(bridge?.["spec"])).toContain('{"name":"JVB_PORT","value":"31234"}');
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("keep the way to a bridge that retires until its last conference has ended", async () => {
    const fewer = change((spec) => ({ ...spec, modules: conferences(1) }));
    const world = await after([...living(), fewer, startPods(true)]);
    const ofBridge = (): readonly string[] => present(world).filter((text) => text.includes("jitsi-bridge-1"));
    expect(ofBridge()).toEqual(
      expect.arrayContaining(["StatefulSet jitsi-bridge-1", "Service jitsi-bridge-1", "Service jitsi-bridge-1-media"]),
    );
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
    await play(world, [startPods()]);
    expect(ofBridge()).toEqual([]);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("that are removed alone lose their pods, their client and their way in, and keep their Secret", async () => {
    const world = await after([...living(), change((spec) => ({ ...spec, modules: [...others] }))]);
    expect(world.keycloak.namesOf("minagri", "clients")).not.toContain("jitsi");
    expect(present(world).filter((text) => /StatefulSet|Deployment|Ingress|NetworkPolicy|Service/.test(text))).toEqual(
      [],
    );
    const secrets = world.kube.objects().filter(({ kind }) => kind === "Secret");
    expect(secrets.map(({ metadata }) => metadata.name)).toContain("jitsi-secrets");
  });

  it("leave nothing after their erasure", async () => {
    const world = await after([...living(), noticeOfErasure, remove, hours(2)]);
    expect(present(world)).toEqual([]);
  });

  it.each<[string, readonly Act[]]>([
    ["come to life", living(1)],
    ["are removed alone", [...living(1), change((spec) => ({ ...spec, modules: [...others] }))]],
  ])("%s the same whatever call the operator dies at, and make and remove nothing twice", async (name, acts) => {
    const story = { name, before: [], acts };
    const undisturbed = await told(story);
    expect(undisturbed.ending.sins).toEqual([]);
    for (const [at, call] of undisturbed.calls.entries()) {
      // What the other modules do dies in a test of theirs.
      if (!call.writes || !call.target.includes("jitsi")) continue;
      const death = at % 2 === 0 ? "killed before" : "killed after";
      const { ending } = await told(story, (index) => (index === at ? death : undefined));
      expectSame(ending, undisturbed.ending, `${death} call ${at}: ${call.port} ${call.verb} ${call.target}`);
    }
  });

  it("rest: an hour later nothing was written", async () => {
    const world = await after(living());
    world.setFaults(() => undefined);
    await world.pass(hourMs);
    expect(world.calls.filter(({ writes }) => writes)).toEqual([]);
  });
});

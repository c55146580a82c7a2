import { describe, expect, it } from "vitest";
import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
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
import { equip, giveBucketKey, handIn } from "../support/equipped-region.ts";
import { hourMs, type InMemoryWorld } from "../support/in-memory-world.ts";
import { expectSame, told } from "../support/story-endings.ts";

type Modules = Tenant["spec"]["modules"];
const others: Modules = [{ module: "PostgreSQL" }, { module: "Keycloak" }];
const projects = (version?: string): Modules => [
  ...others,
  {
    module: "OpenProject",
    openProject: { enterpriseTokenSecretRef: { name: "bought", key: "token" } },
    ...(version === undefined ? {} : { version }),
  },
];
const bucket = "minagri-openproject";
const own = (kind: string, name: string) => (object: KubeObject) =>
  object.kind === kind && object.metadata.namespace === "t-minagri-apps" && object.metadata.name.startsWith(name);

const giveKey = giveBucketKey("openproject");
/** The ministry puts its enterprise token where its home namespace is, and the operator looks after a while. */
const giveToken =
  (token = "bought for years"): Act =>
  async (world) => {
    await handIn(world, { name: "bought", namespace: "t-minagri" }, { token });
    await world.pass(hourMs);
  };

/** Plays the controllers of Deployments and Jobs; `fails` says which Jobs do. */
const startPods =
  (fails = (_name: string): boolean => false): Act =>
  async (world) => {
    world.web = (asked) => ({ status: 200, body: { [asked]: { success: true } } });
    const status = (object: KubeObject): object => {
      if (object.kind === "Job") {
        const type = fails(object.metadata.name) ? "Failed" : "Complete";
        return { conditions: [{ type, status: "True", lastTransitionTime: new Date(world.now).toISOString() }] };
      }
      const { replicas = 1 } = object["spec"] as { readonly replicas?: number };
      const { generation } = object.metadata;
      return { observedGeneration: generation, replicas, updatedReplicas: replicas, availableReplicas: replicas };
    };
    for (let round = 0; round < 4; round += 1) {
      for (const object of world.kube.objects().filter(({ kind }) => kind === "Job" || kind === "Deployment")) {
        const { name, namespace = "" } = object.metadata;
        const metadata = { name, namespace };
        await world.kube.apply(
          { apiVersion: object.apiVersion, kind: object.kind, metadata, status: status(object) },
          { fieldManager: "player", force: true, subresource: "status" },
        );
      }
      await world.settle();
    }
  };

const living = (version?: string): readonly Act[] => [
  equip,
  giveKey,
  onboard(projects(version)),
  giveToken(),
  startPods(),
];

async function after(acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  return world;
}

async function module(world: InMemoryWorld): Promise<(ModuleDeployment & KubeObject) | undefined> {
  return await world.kube.get({ apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: "openproject" });
}

async function conditions(world: InMemoryWorld): Promise<Readonly<Record<string, string>>> {
  const { status } = (await module(world)) ?? {};
  return Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status: is, reason, message }) => [type, `${is} ${reason}: ${message}`]),
  );
}

const present = (world: InMemoryWorld): readonly string[] =>
  world.kube
    .objects()
    .filter(({ metadata }) => metadata.labels?.["socle.dev/module"] === "OpenProject")
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

const secretOf = (world: InMemoryWorld, name: string): Readonly<Record<string, string>> => {
  const found = world.kube.objects().find(own("Secret", name));
  const data = (found?.["data"] ?? {}) as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
};
const replicasOf = (world: InMemoryWorld, name: string): number | undefined =>
  (world.kube.objects().find(own("Deployment", name))?.["spec"] as { readonly replicas?: number } | undefined)
    ?.replicas;
const jobs = (world: InMemoryWorld): readonly string[] =>
  world.kube
    .objects()
    .filter(own("Job", "openproject-migration"))
    .map(({ metadata }) => metadata.labels?.["app.kubernetes.io/version"] ?? "");

describe("the projects of a tenant", () => {
  it("are Ready, with a bucket, a database and a client of their own, once the application answered", async () => {
    const world = await after(living());
    const found = await conditions(world);
    for (const type of ["Ready", "DatabaseReady", "SSOReady", "WorkloadAvailable", "EndpointReachable", "Published"])
      expect(found[type]).toMatch(/^True/);
    expect(world.keycloak.namesOf("minagri", "clients")).toContain("openproject");
    expect(world.objectStore.buckets.get(bucket)?.mark).toBeDefined();
    expect(present(world)).toContain("Ingress openproject");
    expect(world.sins).toEqual([]);
  });

  it("let nobody in without an enterprise token: no client, no pod, no way in, and a sentence what to do", async () => {
    const untitled: Modules = [...others, { module: "OpenProject" }];
    const world = await after([equip, giveKey, onboard(untitled), startPods()]);
    const found = await conditions(world);
    expect(found["SSOReady"]).toMatch(/^False NotEntitled: .*openProject\.enterpriseTokenSecretRef/);
    expect(found["Ready"]).toMatch(/^False NotEntitled/);
    expect(world.keycloak.namesOf("minagri", "clients")).not.toContain("openproject");
    expect(present(world).filter((text) => /^(Deployment|Job|Ingress)/.test(text))).toEqual([]);
    await play(world, [change((spec) => ({ ...spec, modules: projects() })), giveToken(), startPods()]);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("wait for the Secret of the token, and say which", async () => {
    const world = await after([equip, giveKey, onboard(projects())]);
    expect((await conditions(world))["CredentialsReady"]).toMatch(
      /^False DependencyMissing: Secret t-minagri\/bought with key token/,
    );
    expect(present(world).filter((text) => /^(Deployment|Job)/.test(text))).toEqual([]);
  });

  it("ask again and again for the key of the bucket, say which, and go on by themselves", async () => {
    const world = await after([equip, onboard(projects())]);
    await handIn(world, { name: "bought", namespace: "t-minagri" }, { token: "bought for years" });
    await expect(world.pass(hourMs, 100)).rejects.toThrow("Never rests");
    expect((await conditions(world))["DatabaseReady"]).toContain(`Secret socle-system/${bucket} is missing`);
    expect(present(world).filter((text) => /^(Deployment|Job)/.test(text))).toEqual([]);
    await play(world, [giveKey, startPods()]);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("get their bucket anew, empty and marked, when somebody removed it", async () => {
    const world = await after(living());
    world.objectStore.buckets.delete(bucket);
    await world.pass(6 * hourMs);
    expect(world.objectStore.buckets.get(bucket)?.mark).toBeDefined();
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it.each([
    ["of another account", { foreign: true }, "is never touched"],
    ["marked as somebody else's", { mark: "theirs" }, "is never touched"],
    ["that is full and bears no mark", { objects: ["a file"] }, "set adoptionPolicy Adopt"],
  ])("take no bucket %s, and say what to do", async (_whose, fields, says) => {
    const fill: Act = (world) => {
      world.objectStore.addBucket(bucket, fields);
    };
    const world = await after([equip, giveKey, fill, onboard(projects()), giveToken()]);
    const found = await conditions(world);
    expect(found["DatabaseReady"]).toMatch(/^False NotOwned/);
    expect(found["DatabaseReady"]).toContain(says);
    expect(world.objectStore.buckets.get(bucket)).toMatchObject(fields);
    expect(present(world).filter((text) => /^(Deployment|Job)/.test(text))).toEqual([]);
  });

  it("wait for an object store that is down, and go on by themselves", async () => {
    const world = await after([equip, giveKey, onboard(projects())]);
    world.objectStore.running = false;
    await handIn(world, { name: "bought", namespace: "t-minagri" }, { token: "bought for years" });
    await expect(world.pass(hourMs, 200)).rejects.toThrow("Never rests");
    expect((await conditions(world))["DatabaseReady"]).toMatch(/^Unknown DependencyUnavailable/);
    world.objectStore.running = true;
    await play(world, [startPods()]);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("get copies of what others keep for them, and the new ones when those changed", async () => {
    const world = await after(living());
    expect(secretOf(world, "openproject-entitlement")).toEqual({ token: "bought for years" });
    expect(secretOf(world, "openproject-mail")).toEqual({ username: "suite", password: "of the relay" });
    expect(secretOf(world, "openproject-bucket")).toEqual({ accessKeyID: "its own", secretAccessKey: "of the bucket" });
    await play(world, [giveToken("bought again"), hours(6)]);
    expect(secretOf(world, "openproject-entitlement")).toEqual({ token: "bought again" });
  });

  it("keep what was made once, whatever is asked for later", async () => {
    const world = await after(living());
    const before = secretOf(world, "openproject-secrets");
    expect(before["secret-key-base"]).toHaveLength(128);
    await play(world, [
      change((spec) => ({ ...spec, displayName: "Autre nom", modules: projects("17.8.0") })),
      startPods(),
    ]);
    expect(secretOf(world, "openproject-secrets")).toEqual(before);
  });

  it("have no program that runs while another version changes the tables", async () => {
    const world = await after(living("17.7.2"));
    expect(jobs(world)).toEqual(["17.7.2"]);
    await play(world, [change((spec) => ({ ...spec, modules: projects("17.8.0") }))]);
    expect([replicasOf(world, "openproject-web"), replicasOf(world, "openproject-worker")]).toEqual([0, 0]);
    await play(world, [startPods()]);
    expect(jobs(world)).toEqual(["17.8.0"]);
    expect([replicasOf(world, "openproject-web"), replicasOf(world, "openproject-worker")]).toEqual([1, 1]);
    expect((await module(world))?.status?.version).toBe("17.8.0");
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("stay down, with the reason, while the Job fails, and come back when it did not", async () => {
    const world = await after(living("17.7.2"));
    await play(world, [change((spec) => ({ ...spec, modules: projects("17.8.0") })), startPods(() => true)]);
    expect((await conditions(world))["WorkloadAvailable"]).toMatch(
      /^False .*Job t-minagri-apps\/openproject-migration-/,
    );
    expect(replicasOf(world, "openproject-web")).toBe(0);
    await world.pass(2 * 60_000);
    await play(world, [startPods()]);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("run on as they are where an older version is asked for", async () => {
    const world = await after(living("17.7.2"));
    await play(world, [change((spec) => ({ ...spec, modules: projects("17.6.0") })), startPods()]);
    const found = await conditions(world);
    expect(found["UpToDate"]).toMatch(
      /^False VersionUnsupported: The database is that of OpenProject 17\.7\.2, and 17\.6\.0 is asked for/,
    );
    expect(found["Ready"]).toMatch(/^True/);
    expect(jobs(world)).toEqual(["17.7.2"]);
  });

  it("that are removed alone lose their pods, their client and their way in, and keep bucket, database and Secrets", async () => {
    const world = await after([...living(), change((spec) => ({ ...spec, modules: [...others] }))]);
    expect(world.keycloak.namesOf("minagri", "clients")).not.toContain("openproject");
    expect(present(world).filter((text) => /^(Deployment|Job|Ingress|NetworkPolicy|Service)/.test(text))).toEqual([]);
    expect(world.objectStore.buckets.has(bucket)).toBe(true);
    expect(secretOf(world, "openproject-secrets")["secret-key-base"]).toHaveLength(128);
  });

  it("leave nothing after their erasure", async () => {
    const world = await after([...living(), noticeOfErasure, remove, hours(2)]);
    expect(present(world)).toEqual([]);
    expect(world.objectStore.buckets.has(bucket)).toBe(false);
  });

  it.each<[string, readonly Act[]]>([
    ["come to life", living()],
    ["are removed alone", [...living(), change((spec) => ({ ...spec, modules: [...others] }))]],
  ])("%s the same whatever call the operator dies at, and make and remove nothing twice", async (name, acts) => {
    const story = { name, before: [], acts };
    const undisturbed = await told(story);
    expect(undisturbed.ending.sins).toEqual([]);
    for (const [at, call] of undisturbed.calls.entries()) {
      // What the other modules do dies in a test of theirs.
      if (!call.writes || !call.target.includes("openproject")) continue;
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

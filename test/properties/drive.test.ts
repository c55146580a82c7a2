import { describe, expect, it } from "vitest";
import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import type { WebAnswer } from "../../operator/systems/cluster-web.ts";
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

type Modules = Tenant["spec"]["modules"];
const others: Modules = [{ module: "PostgreSQL" }, { module: "Keycloak" }];
const drive = (fields: Partial<Modules[number]> = {}): Modules => [...others, { module: "Nextcloud", ...fields }];
const host = "drive.ministere.suite.example";
const bucket = "minagri-nextcloud";
/** More than any step takes that comes to an end. */
const manyLooks = 200;
const system = { namespace: "socle-system" } as const;

const discovery = {
  status: 200,
  body: undefined,
  text: '<action urlsrc="https://docs.ministere.suite.example/browser/1/cool.html?"/>',
};
/** What Nextcloud and Collabora answer where they work. */
const provider = "/index.php/apps/user_oidc/login/1";
const answers: Readonly<Record<string, WebAnswer>> = {
  "/hosting/discovery": discovery,
  "/status.php": { status: 200, body: { installed: true, maintenance: false, needsDbUpgrade: false } },
  "/index.php/login": { status: 303, body: undefined, location: `https://${host}${provider}` },
  [provider]: {
    status: 303,
    body: undefined,
    location: "https://sso.example/realms/minagri/protocol/openid-connect/auth?client_id=nextcloud",
  },
};

const secretOf = (name: string, accessKeyID: string): Parameters<InMemoryWorld["kube"]["create"]>[0] => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, ...system },
  data: { accessKeyID: btoa(accessKeyID), secretAccessKey: btoa(`${accessKeyID}-secret`) },
});

/** The region gets an object store and an image, as a platform team gives them. */
const equip: Act = async (world) => {
  await world.kube.create(secretOf("object-store", world.objectStore.server.accessKeyId));
  const ref = { apiVersion, kind: "SovereignRegion", name: "region" };
  world.kube.edit<SovereignRegion & KubeObject>(ref, (region) => ({
    ...region,
    spec: {
      ...region.spec,
      images: { mirror: "registry.example" },
      storage: {
        ...region.spec.storage,
        objectStore: {
          url: world.objectStore.server.url,
          region: "test",
          pathStyle: true,
          cidrs: ["192.0.2.0/28"],
          credentialsSecretRef: { name: "object-store" },
        },
      },
    },
  }));
};

/** The platform team makes the key of the bucket. */
const handOverKey: Act = async (world) => {
  await world.kube.create(secretOf(bucket, "its-own"));
};

interface Running extends KubeObject {
  readonly spec: { readonly replicas?: number };
}

/** Plays the controllers of Deployments and Jobs, and Nextcloud in its pod; a Job fails where its name is like that. */
const startPods =
  (failing?: RegExp): Act =>
  async (world) => {
    world.web = (asked) => answers[new URL(asked).pathname] ?? { status: 0, body: undefined };
    for (let rounds = 0; rounds < 4; rounds += 1) {
      for (const object of world.kube.objects().filter(({ kind }) => kind === "Deployment" || kind === "Job"))
        await world.kube.apply(
          {
            apiVersion: object.apiVersion,
            kind: object.kind,
            metadata: { name: object.metadata.name, namespace: object.metadata.namespace ?? "" },
            status: statusOf(object as Running, { failing, at: new Date(world.now).toISOString() }),
          },
          { fieldManager: "player", force: true, subresource: "status" },
        );
      await world.settle();
    }
  };

function statusOf(
  { kind, metadata, spec }: Running,
  { failing, at }: { readonly failing: RegExp | undefined; readonly at: string },
): object {
  if (kind === "Job") {
    const type = failing?.test(metadata.name) === true ? "Failed" : "Complete";
    return { conditions: [{ type, status: "True", reason: "Played", lastTransitionTime: at }] };
  }
  const count = spec.replicas ?? 1;
  return { observedGeneration: metadata.generation, replicas: count, updatedReplicas: count, availableReplicas: count };
}

const living: readonly Act[] = [equip, handOverKey, onboard(drive()), startPods()];

async function after(acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  return world;
}

async function moduleOf(world: InMemoryWorld): Promise<(ModuleDeployment & KubeObject) | undefined> {
  return await world.kube.get({ apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: "nextcloud" });
}

async function conditions(world: InMemoryWorld): Promise<Readonly<Record<string, string>>> {
  const list = (await moduleOf(world))?.status?.conditions ?? [];
  return Object.fromEntries(list.map(({ type, status, message }) => [type, `${status}: ${message}`]));
}

const present = (world: InMemoryWorld): readonly string[] =>
  world.kube
    .objects()
    .filter(({ metadata }) => metadata.labels?.["socle.dev/module"] === "Nextcloud")
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const web = (world: InMemoryWorld): Running | undefined =>
  world.kube.objects().find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "nextcloud") as
    | Running
    | undefined;
const to = (version: string): Act => change((spec) => ({ ...spec, modules: drive({ version }) }));
const dataOf = (world: InMemoryWorld, name: string): Readonly<Record<string, string>> | undefined => {
  const secret = world.kube.objects().find(({ kind, metadata }) => kind === "Secret" && metadata.name === name);
  return secret?.["data"] as Readonly<Record<string, string>> | undefined;
};

describe("the files of a tenant", () => {
  it("are Ready, with a database, a bucket, its key and a client of their own, once Nextcloud answered", async () => {
    const world = await after(living);
    const found = await conditions(world);
    for (const type of ["Ready", "DatabaseReady", "SSOReady", "WorkloadAvailable", "EndpointReachable", "Published"])
      expect(found[type], type).toMatch(/^True/);
    expect([...world.postgres.databases.keys()]).toContain("minagri_nextcloud");
    expect(world.objectStore.buckets.get(bucket)).toMatchObject({ versioned: true, oldVersionsDays: 30 });
    expect(dataOf(world, "nextcloud-bucket")).toEqual(dataOf(world, bucket));
    expect(world.keycloak.namesOf("minagri", "clients")).toContain("nextcloud");
    expect(present(world)).toContain("Ingress nextcloud");
    const claims = world.kube.objects().filter(({ kind }) => kind === "NameClaim");
    expect(claims.map(({ spec }) => (spec as { readonly value: string }).value)).toEqual(
      expect.arrayContaining([host, `s3.test/${bucket}`]),
    );
    expect(world.sins).toEqual([]);
  });

  it("wait for the key of their bucket, and say which Secret is missing", async () => {
    const world = await after([equip]);
    await onboard(drive())(world);
    // It asks again and again: nothing tells when somebody makes a key.
    await expect(world.settle(manyLooks)).rejects.toThrow("Never rests");
    expect((await conditions(world))["DatabaseReady"]).toContain(`socle-system/${bucket}`);
    expect(web(world)).toBeUndefined();
    await play(world, [handOverKey, startPods()]);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
  });

  it("do not take the bucket of somebody else", async () => {
    const foreign: Act = (world) => {
      world.objectStore.addBucket(bucket, { mark: "somebody", objects: ["theirs"] });
    };
    const world = await after([equip, handOverKey, foreign, onboard(drive())]);
    expect((await conditions(world))["DatabaseReady"]).toMatch(/^False/);
    expect(world.objectStore.buckets.get(bucket)).toMatchObject({ mark: "somebody", objects: ["theirs"] });
  });

  it("are not made where a region has no store for them, and say so", async () => {
    const world = await after([onboard(drive())]);
    expect(Object.values(await conditions(world)).join()).toContain("spec.images.overrides");
    expect(world.objectStore.buckets.size).toBe(0);
  });

  it("are brought to the next version with nobody at them, and serve again afterwards", async () => {
    const world = await after(living);
    await play(world, [to("34.0.3")]);
    expect(web(world)?.spec.replicas).toBe(0);
    expect((await conditions(world))["WorkloadAvailable"]).toContain("nextcloud stops first");
    await play(world, [startPods()]);
    expect(web(world)?.spec.replicas).toBe(1);
    expect(JSON.stringify(web(world))).toContain("nextcloud:34.0.3");
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
    expect(present(world).filter((name) => name.startsWith("Job nextcloud-prepare")).length).toBe(1);
  });

  it("stay as they are where a version is asked for that their data do not allow", async () => {
    const world = await after(living);
    for (const version of ["33.0.7", "36.0.0"]) {
      await play(world, [to(version), startPods()]);
      const found = await conditions(world);
      expect(found["UpToDate"]).toMatch(/^False/);
      expect(found["UpToDate"]).toContain(version);
      expect(found["Ready"]).toMatch(/^True/);
      expect(JSON.stringify(web(world))).toContain("nextcloud:34.0.2");
    }
  });

  it("try an upgrade that fails again and again with nobody at them, and can be mended by a patch", async () => {
    const world = await after(living);
    await play(world, [to("34.0.3"), startPods(/prepare/)]);
    expect((await conditions(world))["WorkloadAvailable"]).toMatch(/^False: Job t-minagri-apps\/nextcloud-prepare-/);
    expect(web(world)?.spec.replicas).toBe(0);
    await play(world, [to("34.0.4"), startPods()]);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
    expect(JSON.stringify(web(world))).toContain("nextcloud:34.0.4");
  });

  it("get other settings while people work", async () => {
    const world = await after(living);
    const before = web(world)?.metadata.generation;
    await play(world, [change((spec) => ({ ...spec, displayName: "Autre nom" })), startPods()]);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
    expect(web(world)?.metadata.generation).toBe(before);
    expect(present(world).filter((name) => name.startsWith("Job nextcloud-settings")).length).toBe(1);
  });

  it("keep what cannot be made again: secrets are the same after everything that the operator does", async () => {
    const world = await after(living);
    const before = dataOf(world, "nextcloud-secrets");
    await play(world, [to("34.0.3"), startPods(), hours(7)]);
    expect(dataOf(world, "nextcloud-secrets")).toEqual(before);
    expect(Object.keys(before ?? {})).toEqual(expect.arrayContaining(["instance-id", "password-salt", "secret"]));
  });

  it("are kept with their bucket and volume when the tenant ends, and erased with it when that is asked for", async () => {
    const fill: Act = (world) => {
      world.objectStore.buckets.get(bucket)?.objects.push("urn:oid:1");
    };
    const kept = await after([...living, fill, remove, hours(2)]);
    expect(kept.objectStore.buckets.get(bucket)?.objects).toEqual(["urn:oid:1"]);
    expect(present(kept)).toContain("PersistentVolumeClaim nextcloud");
    expect(present(kept).filter((name) => /^(Deployment|CronJob|Job|Ingress) /.test(name))).toEqual([]);
    const erased = await after([...living, fill, noticeOfErasure, remove, hours(2)]);
    expect(erased.objectStore.buckets.has(bucket)).toBe(false);
    expect([...erased.postgres.databases.keys()]).not.toContain("minagri_nextcloud");
    expect(present(erased)).toEqual([]);
    expect([...kept.sins, ...erased.sins]).toEqual([]);
  });

  it("open in an online office, which has a place of its own and calls back to them", async () => {
    const office: Modules = [{ module: "Collabora" }];
    const world = await after([equip, handOverKey, onboard(office), startPods(), startPods()]);
    const found = await world.kube.get<ModuleDeployment & KubeObject>({
      apiVersion,
      kind: "ModuleDeployment",
      namespace: "t-minagri",
      name: "collabora",
    });
    expect(found?.status?.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "True" });
    const own = world.kube.objects().filter(({ metadata }) => metadata.labels?.["socle.dev/module"] === "Collabora");
    const made = own.filter(({ kind }) => kind !== "ModuleDeployment");
    expect(new Set(made.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["t-minagri-office"]));
    expect(made.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
      expect.arrayContaining(["Deployment collabora", "Ingress collabora", "NetworkPolicy collabora-allow-documents"]),
    );
    await play(world, [change((spec) => ({ ...spec, modules: drive() })), startPods()]);
    expect(world.kube.objects().some(({ metadata }) => metadata.name === "t-minagri-office")).toBe(false);
    expect((await conditions(world))["Ready"]).toMatch(/^True/);
    expect(JSON.stringify(world.kube.objects())).not.toContain("wopi_callback_url");
    expect(world.sins).toEqual([]);
  });

  it("at rest ask for nothing that differs", async () => {
    const world = await after(living);
    world.setFaults(() => undefined);
    await world.pass(hourMs);
    expect(world.calls.filter(({ writes }) => writes)).toEqual([]);
  });
});

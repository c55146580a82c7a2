import { describe, expect, it } from "vitest";
import { type Manifest, refOf } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { LocalCache } from "../runtime/object-cache.ts";
import { jobOf } from "./jobs.ts";
import { endWorkload, moduleOwner, provideWorkload, type WorkloadWanted } from "./workload.ts";

const namespace = "t-a-apps";
const owner = moduleOwner("a", "Drive");
const labels = { [names.tenantLabel]: "a", [names.moduleLabel]: "Drive" };
const object = (apiVersion: string, kind: string, name: string, spec: object): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace, labels },
  spec,
});
const web = (image: string): Manifest => object("apps/v1", "Deployment", "web", { replicas: 2, template: { image } });
const cache = object("apps/v1", "Deployment", "cache", { replicas: 1 });
const cron = object("batch/v1", "CronJob", "cron", { schedule: "*/5 * * * *", suspend: false });
const migration = (image: string): Manifest => jobOf(object("batch/v1", "Job", "migrate", { image }));

/** A cache that is available, a migration that has to be through, and then what serves; it stands still meanwhile. */
function wish(image: string): WorkloadWanted {
  const job = migration(image);
  const stops = [refOf(web(image)), refOf(cron)];
  return {
    gates: [
      { manifests: [cache], awaits: [refOf(cache)] },
      { manifests: [job], awaits: [refOf(job)], stops },
    ],
    manifests: [web(image), cron],
    awaits: [refOf(web(image))],
  };
}

const versions: Readonly<Record<string, string>> = {
  Deployment: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
  PersistentVolumeClaim: "v1",
  Cluster: "postgresql.cnpg.io/v1",
};

/** A cluster whose controllers are the test, and caches that are as fresh as the last look at them. */
class Cluster {
  now = Date.parse("2026-03-01T08:00:00Z");
  readonly #kube = new InMemoryKubeApi({ now: () => this.now });
  readonly #workloads = new Map(
    Object.keys(versions).map((kind) => [
      kind,
      new LocalCache<KubeObject>({ indexes: { module: () => [owner.value] } }),
    ]),
  );
  readonly #ports = {
    kube: this.#kube,
    workloads: this.#workloads,
    storageClasses: new LocalCache<KubeObject>(),
    applied: new Map<string, string>(),
    clock: { now: () => this.now },
  };

  static async open(): Promise<Cluster> {
    const cluster = new Cluster();
    await cluster.#kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    return cluster;
  }

  async #refresh(): Promise<void> {
    for (const [kind, known] of this.#workloads) {
      const apiVersion = versions[kind] ?? "v1";
      const { items, resourceVersion } = await this.#kube.list<KubeObject>({ apiVersion, kind });
      known.replace(items, resourceVersion);
    }
  }

  async provide(wanted: WorkloadWanted) {
    await this.#refresh();
    return await provideWorkload(wanted, owner, this.#ports);
  }

  async end(wanted: WorkloadWanted) {
    await this.#refresh();
    return await endWorkload(wanted, owner, { ports: this.#ports, erasing: false });
  }

  /** What there is, as `kind name`. */
  names(): string[] {
    return this.#kube
      .objects()
      .filter(({ kind }) => kind !== "Namespace")
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .toSorted();
  }

  get(manifest: Manifest): KubeObject | undefined {
    return this.#kube
      .objects()
      .find((one) => one.kind === manifest.kind && one.metadata.name === manifest.metadata.name);
  }

  async create(manifest: Manifest): Promise<void> {
    await this.#kube.create(manifest);
  }

  async #says(manifest: Manifest, status: object): Promise<void> {
    await this.#kube.apply({ ...manifest, spec: {}, status }, { fieldManager: "controller", subresource: "status" });
  }

  /** The Deployment has as many pods as it asks for. */
  async rollsOut(manifest: Manifest): Promise<void> {
    const live = this.get(manifest);
    const { replicas } = live?.["spec"] as { readonly replicas: number };
    const counts = { replicas, updatedReplicas: replicas, availableReplicas: replicas };
    await this.#says(manifest, { observedGeneration: live?.metadata.generation, ...counts });
  }

  async ends(job: Manifest, type: "Complete" | "Failed"): Promise<void> {
    const time = new Date(this.now).toISOString();
    const condition = { type, status: "True", reason: "BackoffLimitExceeded", lastTransitionTime: time };
    await this.#says(job, { conditions: [condition] });
  }

  /** Everything of `image` runs. */
  async settle(image: string): Promise<void> {
    await this.provide(wish(image));
    await this.rollsOut(cache);
    await this.provide(wish(image));
    await this.ends(migration(image), "Complete");
    await this.provide(wish(image));
    await this.rollsOut(web(image));
  }
}

const specOf = (cluster: Cluster, manifest: Manifest) => cluster.get(manifest)?.["spec"];

describe("a workload in gates", () => {
  it("makes nothing of a stage before the one before it is through", async () => {
    const cluster = await Cluster.open();
    const job = migration("v1").metadata.name;
    expect((await cluster.provide(wish("v1"))).message).toContain("Deployment t-a-apps/cache");
    expect(cluster.names()).toEqual(["Deployment cache"]);
    await cluster.rollsOut(cache);
    expect((await cluster.provide(wish("v1"))).message).toBe(`Job t-a-apps/${job} is running.`);
    expect(cluster.names()).toEqual(["Deployment cache", `Job ${job}`]);
    await cluster.ends(migration("v1"), "Complete");
    expect((await cluster.provide(wish("v1"))).message).toContain("Deployment t-a-apps/web");
    expect(cluster.names()).toEqual(["CronJob cron", "Deployment cache", "Deployment web", `Job ${job}`]);
    await cluster.rollsOut(web("v1"));
    expect(await cluster.provide(wish("v1"))).toMatchObject({ status: "True" });
  });

  it("carries out another wish by another Job, while what it names stands still, and prunes the old Job last", async () => {
    const cluster = await Cluster.open();
    await cluster.settle("v1");
    expect((await cluster.provide(wish("v2"))).message).toContain("stops first");
    expect([specOf(cluster, web("v2")), specOf(cluster, cron)]).toMatchObject([{ replicas: 0 }, { suspend: true }]);
    expect(cluster.get(migration("v2"))).toBeUndefined();
    await cluster.rollsOut(web("v2"));
    await cluster.provide(wish("v2"));
    expect([cluster.get(migration("v1")), cluster.get(migration("v2"))]).toMatchObject([{}, {}]);
    await cluster.ends(migration("v2"), "Complete");
    await cluster.provide(wish("v2"));
    expect(cluster.get(migration("v1"))).toBeUndefined();
    expect([specOf(cluster, web("v2")), specOf(cluster, cron)]).toMatchObject([{ replicas: 2 }, { suspend: false }]);
  });

  it("stops nothing once it is through", async () => {
    const cluster = await Cluster.open();
    await cluster.settle("v1");
    const before = cluster.get(web("v1"));
    await cluster.provide(wish("v1"));
    expect(cluster.get(web("v1"))).toEqual(before);
  });

  it("never gives up a Job: it says where to look, and makes it anew a minute after it failed", async () => {
    const cluster = await Cluster.open();
    await cluster.provide(wish("v1"));
    await cluster.rollsOut(cache);
    await cluster.provide(wish("v1"));
    const first = cluster.get(migration("v1"))?.metadata;
    await cluster.ends(migration("v1"), "Failed");
    const finding = await cluster.provide(wish("v1"));
    expect(finding).toMatchObject({ status: "False", reason: "ProgressingWithRetry", againAfterMs: 60_000 });
    expect(finding.message).toContain(`kubectl logs -n t-a-apps -l batch.kubernetes.io/job-name=${first?.name ?? ""}`);
    expect(cluster.get(migration("v1"))?.metadata.uid).toBe(first?.uid);
    cluster.now += 60_000;
    await cluster.provide(wish("v1"));
    await cluster.provide(wish("v1"));
    const again = cluster.get(migration("v1"))?.metadata;
    expect(again).toMatchObject({ name: first?.name });
    expect(again?.uid).not.toBe(first?.uid);
  });

  it("ends a Job of an earlier wish that still runs before it begins the next", async () => {
    const cluster = await Cluster.open();
    await cluster.provide(wish("v1"));
    await cluster.rollsOut(cache);
    await cluster.provide(wish("v1"));
    expect((await cluster.provide(wish("v2"))).message).toContain("ends before the next begins");
    expect(cluster.names()).toEqual(["Deployment cache"]);
    await cluster.provide(wish("v2"));
    expect(cluster.get(migration("v2"))).toBeDefined();
  });

  it("leaves the Jobs of a CronJob to it, whatever labels they carry", async () => {
    const cluster = await Cluster.open();
    await cluster.settle("v1");
    const made = object("batch/v1", "Job", "cron-29000000", {});
    const of = { apiVersion: "batch/v1", kind: "CronJob", name: "cron", uid: cluster.get(cron)?.metadata.uid };
    await cluster.create({ ...made, metadata: { ...made.metadata, ownerReferences: [of] } } as Manifest);
    await cluster.provide(wish("v1"));
    expect(cluster.get(made)).toBeDefined();
  });

  it.each([
    ["v1", "PersistentVolumeClaim"],
    ["postgresql.cnpg.io/v1", "Cluster"],
  ])("removes nothing that holds data because it is no longer wanted: %s %s", async (apiVersion, kind) => {
    const cluster = await Cluster.open();
    await cluster.create(object(apiVersion, kind, "earlier", {}));
    await cluster.settle("v1");
    await cluster.end(wish("v1"));
    expect(cluster.names()).toEqual([`${kind} earlier`]);
  });

  it("ends with its Jobs and CronJobs, and keeps volumes", async () => {
    const cluster = await Cluster.open();
    await cluster.settle("v1");
    await cluster.create(object("v1", "PersistentVolumeClaim", "files", {}));
    await cluster.end(wish("v1"));
    expect(cluster.names()).toEqual(["PersistentVolumeClaim files"]);
    expect(await cluster.end(wish("v1"))).toMatchObject({ status: "True" });
  });
});

describe("the name of a Job", () => {
  it("says what it carries out", () => {
    const job = object("batch/v1", "Job", "migrate", { image: "v1" });
    expect(jobOf(job).metadata.name).toMatch(/^migrate-[0-9a-f]{10}$/);
    expect(jobOf(job)).toEqual(jobOf(job));
    const others = [jobOf(job), jobOf(job, "settings"), migration("v2")].map(({ metadata }) => metadata.name);
    expect(new Set(others).size).toBe(3);
  });
});

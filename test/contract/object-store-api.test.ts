import { createServer } from "node:net";
import { ListObjectVersionsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BucketDesired, ObjectStoreApi, ObjectStoreServer } from "../../operator/objectstore/object-store-api.ts";
import { ownerMark } from "../../operator/objectstore/owner-mark.ts";
import { bucketPlan, eraseBucketPlan } from "../../operator/objectstore/plan.ts";
import { connectS3 } from "../../operator/objectstore/s3-object-store-api.ts";
import { EvidenceKeeper } from "../../operator/policy/evidence/keeper.ts";
import type { Head } from "../../operator/policy/evidence/record.ts";
import { verifyEvidence } from "../../operator/policy/evidence/verify.ts";
import type { Logger } from "../../operator/runtime/reconciler.ts";
import { bucketEvidence, evidenceBucket } from "../../operator/systems/bucket-evidence.ts";
import { provideBucket } from "../../operator/systems/bucket.ts";
import { keepEvidence } from "../../operator/systems/evidence.ts";
import { AlreadyExistsError, TransientError } from "../../operator/runtime/errors.ts";
import { startObjectStore } from "../servers/versitygw-server.ts";
import { InMemoryObjectStore } from "../support/in-memory-object-store-api.ts";
import { statementOf } from "../support/statements.ts";
import { uniqueName } from "../support/test-cluster.ts";

const never = new AbortController().signal;
const nothing = (): void => undefined;
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };

interface StoreWorld {
  readonly server: ObjectStoreServer;
  /** Whether rules about the age of versions are known here. */
  readonly hasLifecycle: boolean;
  readonly connect: (server: ObjectStoreServer) => ObjectStoreApi;
  /** An application writes an object, `times` times. */
  write(bucket: string, key: string, times: number): Promise<void>;
  /** How many versions the store holds of an object. */
  versions(bucket: string, key: string): Promise<number>;
  close(): Promise<void>;
}

function inMemoryWorld(): StoreWorld {
  const store = new InMemoryObjectStore();
  return {
    server: store.server,
    hasLifecycle: true,
    connect: (server) => store.connect(server),
    write: (bucket, key, times) => {
      for (let count = 0; count < times; count += 1) store.buckets.get(bucket)?.objects.push(key);
      return Promise.resolve();
    },
    versions: (bucket, key) =>
      Promise.resolve(store.buckets.get(bucket)?.objects.filter((one) => one === key).length ?? 0),
    close: () => Promise.resolve(),
  };
}

async function realWorld(): Promise<StoreWorld> {
  const { server, stop } = await startObjectStore(() => undefined);
  const { url: endpoint, region, accessKeyId, secretAccessKey } = server;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  return {
    server,
    hasLifecycle: false,
    connect: connectS3,
    write: async (Bucket, Key, times) => {
      for (let count = 0; count < times; count += 1)
        await client.send(new PutObjectCommand({ Bucket, Key, Body: String(count) }));
    },
    versions: async (Bucket, Prefix) =>
      (await client.send(new ListObjectVersionsCommand({ Bucket, Prefix }))).Versions?.length ?? 0,
    close: async () => {
      client.destroy();
      await stop();
    },
  };
}

const worlds: readonly { readonly of: string; readonly open: () => Promise<StoreWorld> }[] = [
  { of: "the in-memory double", open: () => Promise.resolve(inMemoryWorld()) },
  { of: "an S3 server", open: realWorld },
];

describe.each(worlds)("the port of an object store over $of", ({ open }) => {
  let world: StoreWorld;
  let api: ObjectStoreApi;

  beforeAll(async () => {
    world = await open();
    api = world.connect(world.server);
  }, 600_000);

  afterAll(async () => {
    await api.close();
    await world.close();
  });

  const desiredOf = (bucket: string, versioned = true): BucketDesired => ({
    bucket,
    marker: JSON.stringify({ installation: "here", tenant: bucket }),
    versioned,
  });

  const provide = async (desired: BucketDesired): Promise<void> => {
    await provideBucket({ desired, server: "here", api }, { adopt: false, correct: true, signal: never });
  };

  async function provided(prefix: string): Promise<BucketDesired> {
    const desired = desiredOf(uniqueName(prefix));
    await provide(desired);
    return desired;
  }

  async function erase(desired: BucketDesired): Promise<void> {
    for (const change of eraseBucketPlan({ desired, observed: await api.observe(desired.bucket, never) }))
      await api.execute(change, never);
  }

  test("a bucket that is not there is seen as absent", async () => {
    expect(await api.observe(uniqueName("absent"), never)).toBeUndefined();
  });

  test("a plan makes it, with its mark and its versions, and is done then", async () => {
    const desired = await provided("made");
    const observed = await api.observe(desired.bucket, never);
    expect(observed).toEqual({
      readable: true,
      mark: ownerMark(desired.marker),
      empty: true,
      versioned: true,
      oldVersionsDays: undefined,
      hasLifecycle: world.hasLifecycle,
    });
    expect(bucketPlan({ desired, observed, adopt: false })).toMatchObject({ changes: [], drift: [] });
  });

  test("one that a killed process left without a mark is completed", async () => {
    const desired = desiredOf(uniqueName("killed"));
    await api.execute({ kind: "createBucket", bucket: desired.bucket, why: "" }, never);
    expect(await api.observe(desired.bucket, never)).toMatchObject({ mark: undefined, empty: true, versioned: false });
    await provide(desired);
    expect(await api.observe(desired.bucket, never)).toMatchObject({
      mark: ownerMark(desired.marker),
      versioned: true,
    });
  });

  test("one that exists is not made again", async () => {
    const { bucket } = await provided("twice");
    const again = api.execute({ kind: "createBucket", bucket, why: "" }, never);
    await expect(again).rejects.toBeInstanceOf(AlreadyExistsError);
  });

  test("versions that were switched off are drift, and are switched on again", async () => {
    const desired = await provided("drift");
    await api.execute({ kind: "setVersioning", bucket: desired.bucket, versioned: false, why: "by hand" }, never);
    const observed = await api.observe(desired.bucket, never);
    expect(bucketPlan({ desired, observed, adopt: false })).toMatchObject({
      drift: [`bucket ${desired.bucket}: old versions are not kept`],
    });
    await provide(desired);
    expect(await api.observe(desired.bucket, never)).toMatchObject({ versioned: true });
  });

  test("rules about the age of versions are set, or said to be missing", async () => {
    const desired = { ...(await provided("aged")), oldVersionsDays: 30 };
    const observed = await api.observe(desired.bucket, never);
    await provide(desired);
    const days = (await api.observe(desired.bucket, never))?.oldVersionsDays;
    const plan = bucketPlan({ desired, observed, adopt: false });
    const lacks = plan.kind === "plan" ? plan.lacks : "";
    expect([days, lacks.includes("no lifecycle rules")]).toEqual(world.hasLifecycle ? [30, false] : [undefined, true]);
  });

  test("one that somebody filled is refused, unless it is adopted", async () => {
    const desired = desiredOf(uniqueName("filled"));
    await api.execute({ kind: "createBucket", bucket: desired.bucket, why: "" }, never);
    await world.write(desired.bucket, "theirs", 1);
    await expect(provide(desired)).rejects.toMatchObject({ reason: "NotOwned" });
    await provideBucket({ desired, server: "here", api }, { adopt: true, correct: true, signal: never });
    expect(await api.observe(desired.bucket, never)).toMatchObject({ mark: ownerMark(desired.marker), empty: false });
  });

  test("erasure takes every version of every object along", async () => {
    const desired = await provided("erased");
    await world.write(desired.bucket, "urn:oid:1", 3);
    await world.write(desired.bucket, "été/é", 1);
    expect(await api.observe(desired.bucket, never)).toMatchObject({ empty: false });
    await erase(desired);
    expect(await api.observe(desired.bucket, never)).toBeUndefined();
    await erase(desired);
  });

  test("nothing is erased that bears another mark", async () => {
    const desired = await provided("theirs");
    const { bucket } = desired;
    await world.write(bucket, "kept", 1);
    await erase({ ...desired, marker: "another" });
    await api.execute({ kind: "deleteBucket", bucket, marker: "another", why: "" }, never);
    expect(await api.observe(bucket, never)).toMatchObject({ mark: ownerMark(desired.marker), empty: false });
  });

  test("a text is written once: a second one of its name changes nothing, old versions included", async () => {
    const { bucket } = await provided("texts");
    const key = "t-meteo/2026-06-15/000000000001.jsonl";
    expect(await api.read({ bucket, key }, never)).toBeUndefined();
    expect(await api.writeNew({ bucket, key, text: "été\n" }, never)).toBe(true);
    expect(await api.writeNew({ bucket, key, text: "another\n" }, never)).toBe(false);
    expect(await api.read({ bucket, key }, never)).toBe("été\n");
    expect(await world.versions(bucket, key)).toBe(1);
  });

  test("of several who write a text of one name at once, one is told that it was theirs", async () => {
    const { bucket } = await provided("race");
    const texts = ["a", "b", "c", "d"];
    const told = await Promise.all(texts.map((text) => api.writeNew({ bucket, key: "one", text }, never)));
    expect(told.filter((written) => written)).toHaveLength(1);
    expect(await api.read({ bucket, key: "one" }, never)).toBe(texts[told.indexOf(true)]);
  });

  test("a folder is listed by what lies directly in it", async () => {
    const { bucket } = await provided("folders");
    for (const key of ["a/2026-06-16/2", "a/2026-06-15/1", "a/top", "ab/other"])
      await api.writeNew({ bucket, key, text: key }, never);
    expect(await api.list(bucket, "a/", never)).toEqual(["2026-06-15/", "2026-06-16/", "top"]);
    expect(await api.list(bucket, "a/2026-06-15/", never)).toEqual(["1"]);
    expect(await api.list(bucket, "nowhere/", never)).toEqual([]);
  });

  test("a bucket that is not there is no empty one", async () => {
    const bucket = uniqueName("gone");
    for (const ask of [
      () => api.read({ bucket, key: "a" }, never),
      () => api.list(bucket, "a/", never),
      () => api.writeNew({ bucket, key: "a", text: "a" }, never),
    ])
      await expect(ask()).rejects.toMatchObject({ reason: "DependencyUnavailable" });
  });

  test("evidence that an operator keeps is whole when it is read back, and is continued by the next operator", async () => {
    const desired = evidenceBucket(uniqueName("region"), "here");
    const { bucket } = desired;
    const look = async (...names: readonly string[]): Promise<Head | undefined> =>
      await keepEvidence(
        {
          scope: "t-meteo",
          statements: names.map((name) => statementOf(name)),
          reports: [],
          now: "2026-06-15T12:00:00Z",
        },
        {
          keeper: new EvidenceKeeper({ catalogue: "0.1.0", redact: (text) => text }),
          sink: bucketEvidence({ desired, server: "here", api }, { log: silent, signal: never }),
        },
      );
    await look("été", "b");
    const head = await look("c");
    const segments = await api.list(bucket, "t-meteo/2026-06-15/", never);
    const texts = segments.map(async (name) => {
      const text = await api.read({ bucket, key: `t-meteo/2026-06-15/${name}` }, never);
      return { name, bytes: Buffer.from(text ?? "") };
    });
    const verdict = verifyEvidence(await Promise.all(texts), { log: false, head });
    expect(verdict).toMatchObject({ kind: "whole", chains: [{ count: 3, last: { object: { name: "c" } } }] });
    expect(await api.observe(bucket, never)).toMatchObject({ versioned: true });
  });

  test("a wrong secret is said to be one, and is not repeated", async () => {
    const secretAccessKey = "wrong-secret-of-the-platform";
    const stranger = world.connect({ ...world.server, secretAccessKey });
    const error: unknown = await stranger.observe("any", never).catch((thrown: unknown) => thrown);
    await stranger.close();
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ reason: "PermissionMissing" });
    expect(String(error)).not.toContain(secretAccessKey);
    expect(String(error)).not.toContain(world.server.secretAccessKey);
  });

  test("names each bucket of the account", async () => {
    const { bucket } = await provided("named");
    expect(await api.buckets(never)).toContain(bucket);
  });

  test("answers when it is asked whether it is there", async () => {
    await expect(api.ping(never)).resolves.not.toThrow();
  });
});

test("a port where nobody listens is a dependency that is unavailable", async () => {
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address() as { readonly port: number };
      server.close(() => {
        resolve(free);
      });
    });
  });
  const api = connectS3({
    url: `http://127.0.0.1:${port}`,
    region: "test",
    pathStyle: true,
    accessKeyId: "platform",
    secretAccessKey: "secret",
  });
  const error: unknown = await api.ping(never).catch((thrown: unknown) => thrown);
  await api.close();
  expect(error).toMatchObject({ reason: "DependencyUnavailable" });
});

import type { ObjectIdentifier, Tag } from "@aws-sdk/client-s3";
import { InternalError, WaitingError } from "../runtime/errors.ts";
import type {
  BucketChange,
  ObjectStoreApi,
  ObjectStoreServer,
  ObservedBucket,
  StoredText,
  TextPlace,
} from "./object-store-api.ts";
import { ownerMark, ownerTag } from "./owner-mark.ts";
import { type OpenedS3, openS3 } from "./s3-client.ts";
import { isForbidden, isUnsupported, s3Code, s3Error, s3Status } from "./s3-errors.ts";
import { listFolder, readText, writeNewText } from "./s3-texts.ts";

/** How many versions one look deletes: some seconds of work, so that a stop of the operator never waits for a whole bucket. */
const pagesPerPass = 10;
const ruleId = "socle.dev/old-versions";

export const connectS3 = (server: ObjectStoreServer): ObjectStoreApi => new S3ObjectStoreApi(server);

/** The port over S3. */
class S3ObjectStoreApi implements ObjectStoreApi {
  readonly #server: ObjectStoreServer;
  #opened: Promise<OpenedS3> | undefined;

  constructor(server: ObjectStoreServer) {
    this.#server = server;
  }

  async observe(bucket: string, signal: AbortSignal): Promise<ObservedBucket | undefined> {
    return await this.#attempt(`look at bucket ${bucket}`, signal, async ({ s3, client }) => {
      const Bucket = bucket;
      const abort = { abortSignal: signal };
      try {
        const { Status } = await client.send(new s3.GetBucketVersioningCommand({ Bucket }), abort);
        const mark = await readMark({ s3, client }, bucket, signal);
        const lifecycle = await readLifecycle({ s3, client }, bucket, signal);
        const empty = await isEmpty({ s3, client }, bucket, signal);
        return { readable: true, mark, empty, versioned: Status === "Enabled", ...lifecycle };
      } catch (error) {
        if (isMissing(error)) return undefined;
        if (!isForbidden(error)) throw error;
        const unknown = { mark: undefined, empty: false, versioned: false, oldVersionsDays: undefined };
        return { readable: false, hasLifecycle: false, ...unknown };
      }
    });
  }

  async execute(change: BucketChange, signal: AbortSignal): Promise<void> {
    await this.#attempt(describe(change), signal, (opened) => carryOut(change, opened, signal));
  }

  async buckets(signal: AbortSignal): Promise<readonly string[]> {
    return await this.#attempt("list buckets", signal, async ({ s3, client }) => {
      const names: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new s3.ListBucketsCommand(ContinuationToken === undefined ? {} : { ContinuationToken }),
          { abortSignal: signal },
        );
        names.push(...(page.Buckets ?? []).flatMap(({ Name }) => Name ?? []));
        ({ ContinuationToken } = page);
      } while (ContinuationToken !== undefined && ContinuationToken !== "");
      return names;
    });
  }

  async writeNew(text: StoredText, signal: AbortSignal): Promise<boolean> {
    return await this.#attempt(`write ${placeText(text)}`, signal, (opened) => writeNewText(opened, text, signal));
  }

  async read(place: TextPlace, signal: AbortSignal): Promise<string | undefined> {
    return await this.#attempt(`read ${placeText(place)}`, signal, (opened) => readText(opened, place, signal));
  }

  async list(bucket: string, folder: string, signal: AbortSignal): Promise<readonly string[]> {
    return await this.#attempt(`list folder ${folder} of bucket ${bucket}`, signal, (opened) =>
      listFolder(opened, { bucket, folder }, signal),
    );
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#attempt("list buckets", signal, ({ s3, client }) =>
      client.send(new s3.ListBucketsCommand({ MaxBuckets: 1 }), { abortSignal: signal }),
    );
  }

  async close(): Promise<void> {
    const opened = await this.#opened;
    opened?.client.destroy();
  }

  async #attempt<T>(doing: string, signal: AbortSignal, act: (opened: OpenedS3) => Promise<T>): Promise<T> {
    this.#opened ??= openS3(this.#server);
    try {
      return await act(await this.#opened);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof WaitingError) throw error;
      throw s3Error(error, { server: new URL(this.#server.url).host, doing });
    }
  }
}

const placeText = ({ bucket, key }: TextPlace): string => `${key} of bucket ${bucket}`;

function describe({ kind, bucket }: BucketChange): string {
  const verbs: Readonly<Record<BucketChange["kind"], string>> = {
    createBucket: "make",
    markBucket: "mark",
    setVersioning: "set versioning of",
    setLifecycle: "set lifecycle rules of",
    deleteBucket: "delete",
  };
  return `${verbs[kind]} bucket ${bucket}`;
}

async function carryOut(change: BucketChange, opened: OpenedS3, signal: AbortSignal): Promise<void> {
  const { s3, client } = opened;
  const { bucket: Bucket } = change;
  const abort = { abortSignal: signal };
  switch (change.kind) {
    case "createBucket":
      await client.send(new s3.CreateBucketCommand({ Bucket }), abort);
      return;
    case "markBucket":
      await writeMark(opened, change, signal);
      return;
    case "setVersioning": {
      const VersioningConfiguration = { Status: change.versioned ? "Enabled" : "Suspended" } as const;
      await client.send(new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }), abort);
      return;
    }
    case "setLifecycle":
      await writeLifecycle(opened, change, signal);
      return;
    case "deleteBucket":
      await deleteBucket(opened, change, signal);
  }
}

/** A tag; where the store has none, an object of that name holds it. */
async function readMark(
  { s3, client }: OpenedS3,
  Bucket: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const tags = await tagsOf({ s3, client }, Bucket, abortSignal);
  if (tags !== undefined) return tags.find(({ Key }) => Key === ownerTag)?.Value;
  try {
    const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key: ownerTag }), { abortSignal });
    return (await Body?.transformToString())?.trim();
  } catch (error) {
    if (s3Status(error) === 404 && s3Code(error) !== "NoSuchBucket") return undefined;
    throw error;
  }
}

/** Undefined: the store has no tags for buckets. */
async function tagsOf({ s3, client }: OpenedS3, Bucket: string, abortSignal: AbortSignal): Promise<Tag[] | undefined> {
  try {
    const { TagSet = [] } = await client.send(new s3.GetBucketTaggingCommand({ Bucket }), { abortSignal });
    return TagSet;
  } catch (error) {
    if (s3Code(error) === "NoSuchTagSet" || s3Code(error) === "NoSuchTagSetError") return [];
    if (isUnsupported(error)) return undefined;
    throw error;
  }
}

async function writeMark(
  opened: OpenedS3,
  { bucket: Bucket, marker }: Pick<Extract<BucketChange, { kind: "markBucket" }>, "bucket" | "marker">,
  abortSignal: AbortSignal,
): Promise<void> {
  const { s3, client } = opened;
  const Value = ownerMark(marker);
  const tags = await tagsOf(opened, Bucket, abortSignal);
  if (tags === undefined) {
    await client.send(new s3.PutObjectCommand({ Bucket, Key: ownerTag, Body: Value }), { abortSignal });
    return;
  }
  // The request replaces all tags: those of others go along.
  const TagSet = [...tags.filter(({ Key }) => Key !== ownerTag), { Key: ownerTag, Value }];
  await client.send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }), { abortSignal });
}

async function readLifecycle(
  { s3, client }: OpenedS3,
  Bucket: string,
  abortSignal: AbortSignal,
): Promise<Pick<ObservedBucket, "oldVersionsDays" | "hasLifecycle">> {
  try {
    const { Rules = [] } = await client.send(new s3.GetBucketLifecycleConfigurationCommand({ Bucket }), {
      abortSignal,
    });
    const ours = Rules.find(({ ID, Status }) => ID === ruleId && Status === "Enabled");
    return { oldVersionsDays: ours?.NoncurrentVersionExpiration?.NoncurrentDays, hasLifecycle: true };
  } catch (error) {
    if (s3Code(error) === "NoSuchLifecycleConfiguration") return { oldVersionsDays: undefined, hasLifecycle: true };
    if (isUnsupported(error)) return { oldVersionsDays: undefined, hasLifecycle: false };
    throw error;
  }
}

async function writeLifecycle(
  { s3, client }: OpenedS3,
  { bucket: Bucket, oldVersionsDays }: Extract<BucketChange, { kind: "setLifecycle" }>,
  abortSignal: AbortSignal,
): Promise<void> {
  if (oldVersionsDays === undefined) {
    await client.send(new s3.DeleteBucketLifecycleCommand({ Bucket }), { abortSignal });
    return;
  }
  const rule = {
    ID: ruleId,
    Status: "Enabled" as const,
    Filter: { Prefix: "" },
    NoncurrentVersionExpiration: { NoncurrentDays: oldVersionsDays },
  };
  const LifecycleConfiguration = { Rules: [rule] };
  await client.send(new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }), { abortSignal });
}

/** Versions, what deletes left behind, uploads that were never finished, and then the bucket: a store deletes none that holds something. */
async function deleteBucket(
  opened: OpenedS3,
  { bucket, marker }: Extract<BucketChange, { kind: "deleteBucket" }>,
  abortSignal: AbortSignal,
): Promise<void> {
  const { s3, client } = opened;
  if ((await readMark(opened, bucket, abortSignal)) !== ownerMark(marker)) return;
  await abortUploads(opened, bucket, abortSignal);
  for (let page = 0; page < pagesPerPass; page += 1) {
    const { Versions = [], DeleteMarkers = [] } = await client.send(
      new s3.ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1_000 }),
      { abortSignal },
    );
    // Where the mark is an object, it goes last: a bucket without it would be nobody's.
    const found = [...Versions, ...DeleteMarkers].flatMap(({ Key, VersionId }) =>
      Key === undefined ? [] : [{ Key, ...(VersionId === undefined ? {} : { VersionId }) }],
    );
    const others = found.filter(({ Key }) => Key !== ownerTag);
    if (others.length > 0) await deleteVersions(opened, { bucket, versions: others }, abortSignal);
    else if (found.length > 0) await deleteVersions(opened, { bucket, versions: found }, abortSignal);
    else {
      await client.send(new s3.DeleteBucketCommand({ Bucket: bucket }), { abortSignal });
      return;
    }
  }
  throw new WaitingError("Terminating", `Bucket ${bucket} holds many objects; they go some thousands at a time.`, {
    retryAfterMs: 1_000,
  });
}

async function isEmpty({ s3, client }: OpenedS3, Bucket: string, abortSignal: AbortSignal): Promise<boolean> {
  const listed = await client.send(new s3.ListObjectVersionsCommand({ Bucket, MaxKeys: 1 }), { abortSignal });
  return [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])].length === 0;
}

async function abortUploads({ s3, client }: OpenedS3, Bucket: string, abortSignal: AbortSignal): Promise<void> {
  const { Uploads = [] } = await client.send(new s3.ListMultipartUploadsCommand({ Bucket }), { abortSignal });
  for (const { Key, UploadId } of Uploads)
    await client.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal });
}

async function deleteVersions(
  { s3, client }: OpenedS3,
  { bucket, versions }: { readonly bucket: string; readonly versions: ObjectIdentifier[] },
  abortSignal: AbortSignal,
): Promise<void> {
  const { Errors = [] } = await client.send(
    new s3.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: versions, Quiet: true } }),
    { abortSignal },
  );
  const [first] = Errors;
  if (first !== undefined)
    throw new InternalError(`Object store: ${Errors.length} objects of bucket ${bucket} stay (${first.Code ?? ""}).`);
}

function isMissing(error: unknown): boolean {
  return s3Code(error) === "NoSuchBucket" || s3Status(error) === 404;
}

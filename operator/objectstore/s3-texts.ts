import type { StoredText, TextPlace } from "./object-store-api.ts";
import type { OpenedS3 } from "./s3-client.ts";
import { isUnsupported, s3Code, s3Status } from "./s3-errors.ts";

/**
 * The store itself refuses a second object of that name (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). One that does not
 * know this is asked beforehand, and keeps what a race would replace as an old version.
 */
export async function writeNewText(
  { s3, client }: OpenedS3,
  { bucket: Bucket, key: Key, text: Body }: StoredText,
  abortSignal: AbortSignal,
): Promise<boolean> {
  if (await exists({ s3, client }, { bucket: Bucket, key: Key }, abortSignal)) return false;
  const object = { Bucket, Key, Body, ContentType: "text/plain; charset=utf-8" };
  try {
    await client.send(new s3.PutObjectCommand({ ...object, IfNoneMatch: "*" }), { abortSignal });
    return true;
  } catch (error) {
    if (s3Status(error) === 412) return false;
    if (!isUnsupported(error)) throw error;
  }
  await client.send(new s3.PutObjectCommand(object), { abortSignal });
  return true;
}

export async function readText(
  { s3, client }: OpenedS3,
  { bucket: Bucket, key: Key }: TextPlace,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key }), { abortSignal });
    return await Body?.transformToString("utf-8");
  } catch (error) {
    if (isNoObject(error)) return undefined;
    throw error;
  }
}

export async function listFolder(
  { s3, client }: OpenedS3,
  { bucket: Bucket, folder: Prefix }: { readonly bucket: string; readonly folder: string },
  abortSignal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix, Delimiter: "/", ContinuationToken }), {
      abortSignal,
    });
    const keys = [
      ...(page.CommonPrefixes ?? []).map((one) => one.Prefix),
      ...(page.Contents ?? []).map(({ Key }) => Key),
    ];
    found.push(...keys.flatMap((key) => (key === undefined ? [] : [key.slice(Prefix.length)])));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return found.sort();
}

async function exists(
  { s3, client }: OpenedS3,
  { bucket, key }: TextPlace,
  abortSignal: AbortSignal,
): Promise<boolean> {
  try {
    await client.send(new s3.HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
    return true;
  } catch (error) {
    // An answer without a body: there is no telling a missing object from a missing bucket, which the next request tells.
    if (s3Status(error) === 404) return false;
    throw error;
  }
}

function isNoObject(error: unknown): boolean {
  return s3Status(error) === 404 && s3Code(error) !== "NoSuchBucket";
}

import { createHash } from "node:crypto";
import { canonicalJson } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";
import type { BucketDesired } from "../objectstore/object-store-api.ts";
import { checkpointLine, type EvidenceRecord, type Head, readLine, recordLine } from "../policy/evidence/record.ts";
import type { EvidenceSink } from "../policy/evidence/sink.ts";
import { ConflictError } from "../runtime/errors.ts";
import type { Logger } from "../runtime/reconciler.ts";
import { type BucketPlace, provideBucket } from "./bucket.ts";
import { logCheckpoint } from "./log-evidence.ts";

/**
 * The bucket of a region's evidence. It has versions and no rule that ends them: what somebody overwrites or deletes by hand stays as an old version.
 * A long or dotted name of a region keeps its beginning and a digest of the whole.
 */
export function evidenceBucket(region: string, installation: string): BucketDesired {
  const name = `socle-evidence-${region}`;
  const digest = createHash("sha256").update(region).digest("hex").slice(0, 8);
  const isPlain = name.length <= 63 && !name.includes(".");
  const bucket = isPlain ? name : `${name.slice(0, 50).replaceAll(".", "-")}-${digest}`;
  return { bucket, marker: canonicalJson({ installation, region, purpose: names.evidenceHead }), versioned: true };
}

/**
 * Records as objects of a bucket, one for each note, none of which is ever written again: `<scope>/<day>/<first sequence>.jsonl`, and
 * `<scope>/checkpoints/<day>.jsonl`. The bucket is made, and its versions are switched on again, before each of these.
 */
export function bucketEvidence(
  place: BucketPlace,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): EvidenceSink {
  const { api, desired, server } = place;
  const { bucket } = desired;
  const provided = async (): Promise<void> => {
    await provideBucket(place, { adopt: false, correct: true, signal });
  };
  const note = async (scope: string, records: readonly EvidenceRecord[]): Promise<void> => {
    const [first] = records;
    if (first === undefined) return;
    const key = segmentKey(scope, first);
    const lines = records.map((record) => `${recordLine(record)}\n`);
    if (await api.writeNew({ bucket, key, text: lines.join("") }, signal)) return;
    const kept = ((await api.read({ bucket, key }, signal)) ?? "").split(/(?<=\n)/);
    // Written before, by a request whose answer was lost; there may be more to tell since.
    if (kept.every((line, index) => line === lines[index])) await note(scope, records.slice(kept.length));
    else
      throw new ConflictError(
        `Object ${key} of bucket ${bucket} on ${server} holds other records than these: another operator wrote it, or somebody by hand.`,
      );
  };
  return {
    async head(scope) {
      await provided();
      const text = await lastSegment(place, scope, signal);
      return text === undefined ? undefined : headOf(text);
    },
    async note(scope, records) {
      await provided();
      await note(scope, records);
    },
    async checkpoint(checkpoint, day) {
      const key = `${checkpoint.scope}/checkpoints/${day}.jsonl`;
      await api.writeNew({ bucket, key, text: `${checkpointLine(checkpoint)}\n` }, signal);
      logCheckpoint(log, checkpoint, day);
    },
  };
}

/** By day for people, and by number so that names sort as records do. */
function segmentKey(scope: string, { sequence, time }: EvidenceRecord): string {
  return `${scope}/${time.slice(0, 10)}/${String(sequence).padStart(12, "0")}.jsonl`;
}

async function lastSegment(
  { api, desired }: BucketPlace,
  scope: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { bucket } = desired;
  const days = await api.list(bucket, `${scope}/`, signal);
  const day = days.findLast((name) => /^\d{4}-\d{2}-\d{2}\/$/.test(name));
  if (day === undefined) return undefined;
  const names = await api.list(bucket, `${scope}/${day}`, signal);
  const last = names.findLast((name) => /^\d{12}\.jsonl$/.test(name));
  return last === undefined ? undefined : await api.read({ bucket, key: `${scope}/${day}${last}` }, signal);
}

/** Of the last line; undefined where it is no record, and then the reports say where the chain was. */
function headOf(text: string): Head | undefined {
  const read = readLine(text.trimEnd().split("\n").at(-1) ?? "");
  return read === undefined || "checkpoint" in read ? undefined : { sequence: read.sequence, hash: read.hash };
}

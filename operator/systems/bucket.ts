import type { BucketDesired, ObjectStoreApi } from "../objectstore/object-store-api.ts";
import { bucketPlan } from "../objectstore/plan.ts";
import { succeeded } from "../reconcile/story.ts";
import { AlreadyExistsError, TerminalError, WaitingError } from "../runtime/errors.ts";
import type { ExternalReport, Mode } from "./database.ts";

/** A bucket, and where it lies. */
export interface BucketPlace {
  readonly desired: BucketDesired;
  /** As shown in status. */
  readonly server: string;
  readonly api: ObjectStoreApi;
}

/** The bucket is there, ours, and as we want it, as far as the store can do it; what it cannot is said. */
export async function provideBucket({ desired, server, api }: BucketPlace, mode: Mode): Promise<ExternalReport> {
  const { bucket } = desired;
  const observed = await api.observe(bucket, mode.signal);
  const plan = bucketPlan({ desired, observed, adopt: mode.adopt });
  if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
  const told = (text: string): string => (plan.lacks === "" ? text : `${text} ${plan.lacks}`);
  if (plan.drift.length > 0 && !mode.correct) {
    const finding = succeeded(told(`Bucket ${bucket} exists on ${server}; differences are only reported.`));
    return { finding, drift: plan.drift, corrected: false };
  }
  try {
    for (const change of plan.changes) await api.execute(change, mode.signal);
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const message = `Bucket ${bucket} appeared on ${server} while it was being made; looking again.`;
    throw new WaitingError("Progressing", message, { retryAfterMs: 1_000, cause: error });
  }
  const finding = succeeded(told(`Bucket ${bucket} exists on ${server}.`));
  return { finding, drift: plan.drift, corrected: plan.drift.length > 0 };
}

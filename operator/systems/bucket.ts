import type { BucketChange, BucketDesired, ObjectStoreApi } from "../objectstore/object-store-api.ts";
import { type BucketPlan, bucketPlan } from "../objectstore/plan.ts";
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
  const look = async (): Promise<Extract<BucketPlan, { readonly kind: "plan" }>> => {
    const plan = bucketPlan({ desired, observed: await api.observe(bucket, mode.signal), adopt: mode.adopt });
    if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
    return plan;
  };
  let plan = await look();
  if (plan.changes.some(({ kind }) => kind === "createBucket")) {
    await make({ desired, server, api }, plan.changes, mode.signal);
    plan = await look();
  }
  const told = (text: string): string => (plan.lacks === "" ? text : `${text} ${plan.lacks}`);
  if (plan.drift.length > 0 && !mode.correct) {
    const finding = succeeded(told(`Bucket ${bucket} exists on ${server}; differences are only reported.`));
    return { finding, drift: plan.drift, corrected: false };
  }
  for (const change of plan.changes) await api.execute(change, mode.signal);
  const finding = succeeded(told(`Bucket ${bucket} exists on ${server}.`));
  return { finding, drift: plan.drift, corrected: plan.drift.length > 0 };
}

async function make({ desired, server, api }: BucketPlace, changes: readonly BucketChange[], signal: AbortSignal) {
  try {
    for (const change of changes) await api.execute(change, signal);
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const message = `Bucket ${desired.bucket} appeared on ${server} while it was being made; looking again.`;
    throw new WaitingError("Progressing", message, { retryAfterMs: 1_000, cause: error });
  }
}

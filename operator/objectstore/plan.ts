import type { BucketChange, BucketDesired, ObservedBucket } from "./object-store-api.ts";
import { ownerMark } from "./owner-mark.ts";

export interface BucketState {
  readonly desired: BucketDesired;
  /** Undefined: there is no such bucket. */
  readonly observed: ObservedBucket | undefined;
}

export type BucketPlan =
  | { readonly kind: "refused"; readonly reason: "NotOwned"; readonly message: string }
  | {
      readonly kind: "plan";
      readonly changes: readonly BucketChange[];
      /** What somebody else changed on what is ours, for people. */
      readonly drift: readonly string[];
      /** What the store cannot do, for people; empty where it does all that is asked. */
      readonly lacks: string;
    };

/**
 * What turns `observed` into `desired`, or why nothing may be done. What a store can do is asked of a bucket that exists, so the plan for one that is
 * missing is to make it, and to look again.
 *
 * The mark comes last, when everything else is as it should be: a bucket of ours that differs was changed by somebody. One that is empty and
 * unmarked, and that the platform's account may look at, is what a killed process left; with anything in it, adoptionPolicy Adopt has to say so.
 */
export function bucketPlan({ desired, observed, adopt }: BucketState & { readonly adopt: boolean }): BucketPlan {
  const { bucket, marker } = desired;
  const refusal = refusalOf({ desired, observed }, adopt);
  if (refusal !== undefined) return { kind: "refused", reason: "NotOwned", message: refusal };
  if (observed === undefined) {
    const create: BucketChange = { kind: "createBucket", bucket, why: "the bucket is missing" };
    return { kind: "plan", changes: [create], drift: [], lacks: "" };
  }
  const isOurs = observed.mark === ownerMark(marker);
  const mark: BucketChange = { kind: "markBucket", bucket, marker, why: "says whose it is" };
  const differences = differencesOf(desired, observed);
  return {
    kind: "plan",
    changes: [...differences, ...(isOurs ? [] : [mark])],
    drift: isOurs ? differences.map(({ why }) => `bucket ${bucket}: ${why}`) : [],
    lacks: lackOf(desired, observed),
  };
}

/** Deletes the bucket with everything in it, by its mark. */
export function eraseBucketPlan({ desired, observed }: BucketState): BucketChange[] {
  const { bucket, marker } = desired;
  if (observed === undefined || observed.mark !== ownerMark(marker)) return [];
  return [{ kind: "deleteBucket", bucket, marker, why: "erasure is due" }];
}

function refusalOf({ desired, observed }: BucketState, adopt: boolean): string | undefined {
  const subject = `Bucket ${desired.bucket}`;
  if (observed === undefined || observed.mark === ownerMark(desired.marker)) return undefined;
  if (!observed.readable)
    return `${subject} exists and belongs to another account of the object store; it is never touched. Choose another name, or let its owner give it up.`;
  if (observed.mark !== undefined) return `${subject} exists and bears the mark of somebody else; it is never touched.`;
  if (adopt || observed.empty) return undefined;
  return `${subject} exists and was not made by Socle; set adoptionPolicy Adopt to take it over, or remove it.`;
}

function differencesOf(desired: BucketDesired, observed: ObservedBucket): BucketChange[] {
  const { bucket, versioned, oldVersionsDays } = desired;
  const changes: BucketChange[] = [];
  if (observed.versioned !== versioned) {
    const why = versioned ? "old versions are not kept" : "old versions are kept";
    changes.push({ kind: "setVersioning", bucket, versioned, why });
  }
  if (observed.hasLifecycle && observed.oldVersionsDays !== oldVersionsDays) {
    const why = `old versions go ${daysText(observed.oldVersionsDays)}, not ${daysText(oldVersionsDays)}`;
    changes.push({ kind: "setLifecycle", bucket, oldVersionsDays, why });
  }
  return changes;
}

function daysText(days: number | undefined): string {
  return days === undefined ? "never" : `after ${days} days`;
}

function lackOf({ oldVersionsDays }: BucketDesired, { hasLifecycle }: ObservedBucket): string {
  if (oldVersionsDays === undefined || hasLifecycle) return "";
  return "The object store has no lifecycle rules: old versions are kept until somebody removes them.";
}

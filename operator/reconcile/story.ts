import type { Condition, Reason } from "../../crds/v1alpha1/conditions.ts";
import {
  asOperatorError,
  ConflictError,
  type OperatorError,
  TerminalError,
  TransientError,
  WaitingError,
} from "../runtime/errors.ts";
import type { Check, Progress } from "./conditions.ts";

/** What a chapter found: a check without its type, and whether the story may go on. */
export interface Finding {
  readonly status: Check["status"];
  readonly reason: Reason;
  readonly message: string;
  /** Look again after this long although nothing is wrong, e.g. when a qualification expires. */
  readonly againAfterMs?: number;
}

export const succeeded = (message: string): Finding => ({ status: "True", reason: "Succeeded", message });

/** One finding over several pieces of work, done one after the other: the first that is not True speaks, else all of them. */
export async function inTurn(pieces: readonly (() => Promise<Finding>)[]): Promise<Finding> {
  const messages: string[] = [];
  for (const piece of pieces) {
    const finding = await piece();
    if (finding.status !== "True") return finding;
    messages.push(finding.message);
  }
  return succeeded(messages.join(" "));
}

/** One condition and the work behind it. */
export interface Chapter {
  readonly type: string;
  /** True: later chapters run even if this one is not True. */
  readonly optional?: boolean;
  run(): Promise<Finding>;
}

export interface StoryEnd {
  readonly checks: readonly Check[];
  readonly progress: Progress;
  readonly error: OperatorError | undefined;
  readonly againAfterMs: number | undefined;
}

/** How many failures in a row turn a condition that was True into Unknown: one lost packet is no outage. */
export const failuresBeforeUnknown = 3;

export interface StorySoFar {
  readonly previous: readonly Condition[];
  /** Failed passes in a row before this one. */
  readonly failures: number;
  /** Of the object that is looked at: what was True for another one says nothing about it. */
  readonly generation: number;
}

/**
 * Runs chapters in order and stops at the first that is not True. A thrown OperatorError becomes the check of its chapter;
 * a ConflictError is thrown on: our view was stale, so it says nothing about the object.
 * This is the only try/catch of a reconciler.
 */
export async function tellStory(chapters: readonly Chapter[], soFar: StorySoFar): Promise<StoryEnd> {
  const checks: Check[] = [];
  let error: OperatorError | undefined;
  let againAfterMs: number | undefined;
  for (const chapter of chapters) {
    const told = await attempt(chapter, soFar);
    checks.push({ type: chapter.type, ...told.finding });
    againAfterMs = earliest(againAfterMs, told.againAfterMs);
    error ??= told.error;
    if (told.stop && chapter.optional !== true) break;
  }
  const open = checks.some((check) => check.status !== "True" && !isOptional(chapters, check.type));
  const progress: Progress = error instanceof TerminalError ? "stalled" : open ? "waiting" : "settled";
  return { checks, progress, error, againAfterMs };
}

function isOptional(chapters: readonly Chapter[], type: string): boolean {
  return chapters.find((chapter) => chapter.type === type)?.optional === true;
}

interface Told {
  readonly finding: Pick<Check, "status" | "reason" | "message">;
  readonly stop: boolean;
  readonly againAfterMs: number | undefined;
  readonly error: OperatorError | undefined;
}

async function attempt(chapter: Chapter, soFar: StorySoFar): Promise<Told> {
  try {
    const { status, reason, message, againAfterMs } = await chapter.run();
    return { finding: { status, reason, message }, stop: status !== "True", againAfterMs, error: undefined };
  } catch (thrown) {
    const error = asOperatorError(thrown);
    if (error instanceof ConflictError) throw error;
    return { finding: findingOf(chapter, error, soFar), stop: true, againAfterMs: undefined, error };
  }
}

function findingOf(
  chapter: Chapter,
  error: OperatorError,
  soFar: StorySoFar,
): Pick<Check, "status" | "reason" | "message"> {
  const reason = error.reason as Reason;
  if (error instanceof TerminalError || error instanceof WaitingError) {
    return { status: "False", reason, message: error.message };
  }
  const before = soFar.previous.find(
    ({ type, observedGeneration }) => type === chapter.type && observedGeneration === soFar.generation,
  );
  if (error instanceof TransientError && before?.status === "True" && soFar.failures + 1 < failuresBeforeUnknown) {
    return { status: "True", reason: before.reason as Reason, message: before.message };
  }
  return { status: "Unknown", reason, message: error.message };
}

/** The earlier of two delays; `undefined` means no wish. */
export function earliest(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  return Math.min(left, right);
}

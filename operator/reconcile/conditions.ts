import type { Condition, Reason } from "../../crds/v1alpha1/conditions.ts";

export type ConditionStatus = "True" | "False" | "Unknown";

/** What one look at the world found. */
export interface Check {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: Reason;
  readonly message: string;
}

/** How the summary moves: `waiting` = something else must happen first, `stalled` = a person must act. */
export type Progress = "settled" | "waiting" | "stalled";

export interface ConditionTable {
  /** Types that feed Ready, in the order in which a person should read them. */
  readonly feeding: readonly string[];
  /** Types that are shown and do not feed Ready. */
  readonly shown: readonly string[];
}

export interface ConditionsInput {
  readonly table: ConditionTable;
  /** Types of the table that do not apply to this object; they are left out. */
  readonly notApplicable?: readonly string[];
  readonly checks: readonly Check[];
  readonly progress: Progress;
  readonly previous: readonly Condition[];
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A check, and the generation of the object that was looked at. */
interface Seen extends Check {
  readonly generation: number;
}

/**
 * The complete condition list of an object. A type without a check keeps what was last seen, with the generation in which it was seen,
 * or is Unknown/NotObserved; what was True before the last change of the spec does not make Ready True.
 * lastTransitionTime moves only with the status. Reconciling and Stalled are there only while they are true (kstatus).
 */
export function conditionList(input: ConditionsInput): Condition[] {
  const skipped = new Set(input.notApplicable ?? []);
  const feeding = input.table.feeding.filter((type) => !skipped.has(type)).map((type) => checkOf(type, input));
  const shown = input.table.shown.filter((type) => !skipped.has(type)).map((type) => checkOf(type, input));
  const ready = readyCheck(feeding, input);
  const { generation } = input;
  const abnormal: Seen[] = [];
  if (input.progress === "stalled") abnormal.push({ ...ready, type: "Stalled", status: "True" });
  else if (ready.status !== "True" || input.progress === "waiting") {
    const progressing: Pick<Check, "reason" | "message"> =
      ready.status === "True" ? { reason: "Progressing", message: "Work goes on." } : ready;
    abnormal.push({ type: "Reconciling", status: "True", generation, ...pick(progressing) });
  }
  return [ready, ...abnormal, ...feeding, ...shown].map((check) => stamped(check, input));
}

function pick(check: Pick<Check, "reason" | "message">): Pick<Check, "reason" | "message"> {
  return { reason: check.reason, message: check.message };
}

function checkOf(type: string, input: ConditionsInput): Seen {
  const found = input.checks.find((check) => check.type === type);
  if (found !== undefined) return { ...found, generation: input.generation };
  const before = input.previous.find((condition) => condition.type === type);
  if (before !== undefined) {
    const { status, message, observedGeneration = 0 } = before;
    return { type, status, reason: before.reason as Reason, message, generation: observedGeneration };
  }
  return {
    type,
    status: "Unknown",
    reason: "NotObserved",
    message: "Not looked at yet.",
    generation: input.generation,
  };
}

/**
 * Ready speaks for the first condition that this pass found wrong; without one, for the first that is not True. A check of
 * type "Ready" overrides everything: Paused, Terminating and RemovalBlocked speak for the whole object.
 */
function readyCheck(feeding: readonly Seen[], { checks, generation }: ConditionsInput): Seen {
  const override = checks.find((check) => check.type === "Ready");
  if (override !== undefined) return { ...override, generation };
  const looked = new Set(checks.map((check) => check.type));
  const wrong =
    feeding.find((check) => check.status === "False" && looked.has(check.type)) ??
    feeding.find((check) => check.status !== "True" && looked.has(check.type)) ??
    feeding.find((check) => check.status !== "True");
  const ready = { type: "Ready", generation };
  if (wrong !== undefined && wrong.reason !== "NotObserved") return { ...wrong, ...ready };
  const unseen = wrong ?? feeding.find((check) => check.generation !== generation);
  if (unseen !== undefined) {
    const message = `${unseen.type} was not looked at yet.`;
    return { ...ready, status: "Unknown", reason: "NotObserved", message };
  }
  return { ...ready, status: "True", reason: "Succeeded", message: "Everything asked for is in place and answers." };
}

const longestMessage = 1024;

function stamped(check: Seen, input: ConditionsInput): Condition {
  const before = input.previous.find((condition) => condition.type === check.type);
  const unchanged = before !== undefined && before.status === check.status;
  return {
    type: check.type,
    status: check.status,
    reason: check.reason,
    message: check.message.slice(0, longestMessage),
    observedGeneration: check.generation,
    lastTransitionTime: unchanged
      ? before.lastTransitionTime
      : new Date(input.now).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}

/** Is the condition of that type True? */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}

import type { ObjectRef } from "../../constructs/manifest.ts";
import { type Check, type Layer, severities, type Severity } from "../policy/check.ts";
import type { Problem } from "../policy/read.ts";
import type { History } from "./history.ts";
import type { Result } from "../policy/result.ts";
import type { Language } from "./language.ts";

/** What is open: an object that fails, or that could not be judged. */
export interface Finding {
  readonly check: string;
  readonly requirement: string;
  readonly title: string;
  readonly severity: Severity;
  readonly layer: Layer;
  readonly result: "fail" | "error";
  readonly object: ObjectRef;
  readonly problems: readonly Problem[];
  /** RFC 3339; absent where no report in the cluster tells. */
  readonly firstFailedAt?: string;
  readonly ageInDays?: number;
}

/** What findings are told with. */
export interface FindingSources {
  readonly results: readonly Result[];
  readonly history: History;
  readonly language: Language;
  readonly now: string;
}

/** Every open finding, the most severe first and among those the oldest. Pure. */
export function findingsOf(checks: readonly Check[], sources: FindingSources): readonly Finding[] {
  const { results, history, language, now } = sources;
  const byId = new Map(checks.map((check) => [check.id, check]));
  const findings = results.flatMap(({ check: id, result, object, problems }): Finding[] => {
    const check = byId.get(id);
    if (check === undefined || (result !== "fail" && result !== "error")) return [];
    const { requirement, title, severity, layer } = check;
    const { apiVersion, kind, namespace, name } = object;
    const ref = { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name };
    const age = ageOf(history.failedSince(id, object), now);
    return [{ check: id, requirement, title: title[language], severity, layer, result, object: ref, problems, ...age }];
  });
  return findings.toSorted(
    (left, right) =>
      severities.indexOf(left.severity) - severities.indexOf(right.severity) ||
      (right.ageInDays ?? 0) - (left.ageInDays ?? 0),
  );
}

function ageOf(since: string | undefined, now: string): Pick<Finding, "firstFailedAt" | "ageInDays"> {
  if (since === undefined) return {};
  const days = Math.floor((Date.parse(now) - Date.parse(since)) / 86_400_000);
  return { firstFailedAt: since, ageInDays: Math.max(0, days) };
}

import type { Result } from "../../operator/policy/result.ts";

/** What a check says of one Service of a ministry. */
export function statementOf(name: string, more: Partial<Result> = {}): Result {
  return {
    check: "13-06",
    version: 1,
    object: { apiVersion: "v1", kind: "Service", namespace: "t-meteo-apps", name },
    result: "pass",
    problems: [],
    digest: "a".repeat(64),
    ...more,
  };
}

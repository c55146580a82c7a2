import type { Statement } from "../../operator/policy/evidence/chain.ts";

/** What a check says of one Service of a ministry. */
export function statementOf(name: string, more: Partial<Statement> = {}): Statement {
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

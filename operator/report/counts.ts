import type { Severity } from "../policy/check.ts";
import { type RequirementReport, type State, states } from "./by-requirement.ts";
import { severities } from "../policy/check.ts";

/** How many checks of each severity came to what. */
export type Counts = Readonly<Record<Severity, Readonly<Record<State, number>>>>;

/** Numbers of checks, never a share: a hundred small things do not make up for a critical one. */
export function countsOf(requirements: readonly RequirementReport[]): Counts {
  const checks = requirements.flatMap(({ layers }) => Object.values(layers).flatMap((layer) => layer.checks));
  const count = (severity: Severity, state: State): number =>
    checks.filter((check) => check.severity === severity && check.state === state).length;
  const row = (severity: Severity) => Object.fromEntries(states.map((state) => [state, count(severity, state)]));
  return Object.fromEntries(severities.map((severity) => [severity, row(severity)])) as Counts;
}

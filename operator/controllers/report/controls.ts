import { isDeepStrictEqual } from "node:util";
import type { Controls } from "../../reconcile/controls.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import type { Result } from "../../policy/result.ts";
import type { CheckedWorld } from "../../policy/checked-world.ts";
import type { Clock } from "../../runtime/reconciler.ts";

/** Findings that a message names; all of them stand in the Reports. */
const namedFindings = 5;

/** What tenants are told of their checks: kept from one evaluation to the next, so that a look at a Tenant costs nothing. */
export class TenantControls implements Controls {
  readonly #world: Pick<CheckedWorld, "onboarding">;
  readonly #clock: Clock;
  readonly #findings = new Map<string, Finding>();
  readonly #listeners: ((tenant: string) => void)[] = [];

  constructor(world: Pick<CheckedWorld, "onboarding">, clock: Clock) {
    this.#world = world;
    this.#clock = clock;
  }

  of(tenant: string): Finding | undefined {
    return this.#findings.get(tenant);
  }

  onboarding(tenant: string): Finding {
    return onboardingFinding(this.#world.onboarding(tenant, new Date(this.#clock.now()).toISOString()).results);
  }

  onChange(listener: (tenant: string) => void): void {
    this.#listeners.push(listener);
  }

  note(tenant: string, finding: Finding): void {
    if (isDeepStrictEqual(this.#findings.get(tenant), finding)) return;
    this.#findings.set(tenant, finding);
    for (const listener of this.#listeners) listener(tenant);
  }

  forget(tenant: string): void {
    this.#findings.delete(tenant);
  }
}

/** Fail closed: what could not be judged holds back as what failed does. Pure. */
export function onboardingFinding(results: readonly Result[]): Finding {
  const open = results.filter(({ result }) => result === "fail" || result === "error");
  if (open.length === 0) return succeeded("The checks of onboarding pass.");
  const message = `Held back until the checks of onboarding pass: ${listed(open)}`;
  return { status: "False", reason: "ControlFailed", message };
}

/** What ControlsSatisfied says; of results, the most severe first. Without a place for reports nobody can look up what was found, so it is not True then. Pure. */
export function controlsFinding(results: readonly Result[], store: "there" | "missing"): Finding {
  const of = (wanted: Result["result"]): Result[] => results.filter(({ result }) => result === wanted);
  const [failed, unknown, excused] = [of("fail"), of("error"), of("skip")];
  const missing =
    store === "there"
      ? ""
      : " Results are not kept: install the kinds Report and ClusterReport of openreports.io, and they are written.";
  if (failed.length > 0)
    return {
      status: "False",
      reason: "ControlFailed",
      message: `${failed.length} results fail: ${listed(failed)}${missing}`,
    };
  if (unknown.length > 0) {
    const message = `${unknown.length} objects could not be judged: ${listed(unknown)}${missing}`;
    return { status: "Unknown", reason: "ControlFailed", message };
  }
  const told = `${of("pass").length} results pass, ${excused.length} are excused.`;
  if (store === "missing") return { status: "Unknown", reason: "EvidenceStoreMissing", message: `${told}${missing}` };
  return succeeded(told);
}

function listed(results: readonly Result[]): string {
  const named = results.slice(0, namedFindings).map(({ check, object: { kind, namespace, name } }) => {
    const where = namespace === undefined ? name : `${namespace}/${name}`;
    return `${check} on ${kind} ${where}`;
  });
  const rest = results.length - named.length;
  return `${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}.`;
}

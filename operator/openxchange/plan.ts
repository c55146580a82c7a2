import { createHash } from "node:crypto";
import type { ContextChange, ContextDesired, ObservedContext } from "./openxchange-api.ts";

export interface ContextState {
  readonly desired: ContextDesired;
  readonly observed: ObservedContext | undefined;
}

export interface ContextPlanInput extends ContextState {
  /** Take over a context that bears no marker. One with a foreign marker is never taken over. */
  readonly adopt: boolean;
}

export type ContextPlan =
  | { readonly kind: "refused"; readonly reason: "NotOwned"; readonly message: string }
  | {
      readonly kind: "plan";
      readonly changes: readonly ContextChange[];
      /** What somebody else changed on what is ours. A wish that is new and a return from retention are no drift. */
      readonly drift: readonly string[];
    };

/**
 * What turns `observed` into `desired`, or why nothing may be done. Creation carries the marker, so a context of ours never lacks it. A context
 * is opened last, when it is as it should be.
 */
export function contextPlan({ desired, observed, adopt }: ContextPlanInput): ContextPlan {
  const { name, marker } = desired;
  const applied = appliedText(desired);
  if (observed === undefined) return plan([{ kind: "create", context: desired, applied, why: "it is missing" }], []);
  const isOurs = observed.marker === marker;
  if (!isOurs && !(observed.marker === undefined && adopt)) return refusal(desired, observed);
  // Where the context does not say that today's wish was applied, the wish is new, and nobody changed anything by hand.
  const isNew = observed.applied !== applied;
  const fields = differences(desired, observed);
  const changes: ContextChange[] = [];
  if (!isOurs || isNew || fields.length > 0) {
    const { loginMappings, quotaMi } = desired;
    const why = isOurs ? "it differs" : "it is adopted";
    changes.push({ kind: "change", name, loginMappings, quotaMi, marker, applied, why });
  }
  if (!observed.enabled) changes.push({ kind: "enable", name, why: "it is closed" });
  return plan(changes, isOurs && !isNew ? fields : []);
}

/** Closes the context: nobody logs in, the data stays. Touches only what bears our marker. */
export function retainPlan({ desired, observed }: ContextState): ContextChange[] {
  if (observed?.marker !== desired.marker || !observed.enabled) return [];
  return [{ kind: "disable", name: desired.name, why: "the data is kept, closed, for the return of its owner" }];
}

/** Deletes the context with everything in it, by marker. */
export function erasePlan({ desired, observed }: ContextState): ContextChange[] {
  if (observed?.marker !== desired.marker) return [];
  return [{ kind: "delete", name: desired.name, marker: desired.marker, why: "erasure is due" }];
}

function plan(changes: readonly ContextChange[], drift: readonly string[]): ContextPlan {
  return { kind: "plan", changes, drift };
}

function appliedText({ loginMappings, quotaMi }: ContextDesired): string {
  return createHash("sha256")
    .update(`${quotaMi} ${wordsText(loginMappings)}`)
    .digest("hex")
    .slice(0, 12);
}

/** The server keeps them as a set, and tells them in whatever order. */
function wordsText(words: readonly string[]): string {
  return JSON.stringify([...new Set(words)].sort());
}

function differences(desired: ContextDesired, observed: ObservedContext): string[] {
  const same = wordsText(desired.loginMappings) === wordsText(observed.loginMappings);
  return [
    ...(same ? [] : [`contexts.${desired.name}.loginMappings`]),
    ...(desired.quotaMi === observed.quotaMi ? [] : [`contexts.${desired.name}.maxQuota`]),
  ];
}

function refusal({ name }: ContextDesired, observed: ObservedContext): ContextPlan {
  const message =
    observed.marker === undefined
      ? `Context ${name} exists on the App Suite and was not made by Socle; set adoptionPolicy Adopt to take it over, or remove it.`
      : `Context ${name} exists on the App Suite and bears the mark of somebody else; it is never touched.`;
  return { kind: "refused", reason: "NotOwned", message };
}

import type { ObjectRef } from "../../constructs/manifest.ts";

/** Something that people should see with `kubectl events`: a transition, or an act that cannot be undone. */
export interface EventFact {
  readonly regarding: ObjectRef & { readonly uid: string };
  readonly type: "Normal" | "Warning";
  /** CamelCase, at most 128 characters. */
  readonly reason: string;
  /** What was being done. */
  readonly action: string;
  /** At most 1 kB; never a secret. */
  readonly note: string;
}

/** Records events in the background; never throws, so that a full event store stops no reconcile. */
export interface EventRecorder {
  record(event: EventFact): void;
}

import { randomBytes } from "node:crypto";
import type { Clock, Logger } from "../runtime/reconciler.ts";
import type { KubeApi } from "./kube-api.ts";

interface EventFact {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

const sameAgainMs = 360_000;
const longestNote = 1000;

/** Writes events.k8s.io/v1 Events in the background; the same fact again within six minutes is not said twice. */
export class KubeEventRecorder {
  readonly #kube: KubeApi;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #said = new Map<string, number>();

  constructor(kube: KubeApi, clock: Clock, log: Logger) {
    this.#kube = kube;
    this.#clock = clock;
    this.#log = log;
  }

  record(fact: EventFact): void {
    const now = this.#clock.now();
    const id = [fact.regarding.uid, fact.reason, fact.note].join("|");
    for (const [key, at] of this.#said) if (now - at > sameAgainMs) this.#said.delete(key);
    if (this.#said.has(id)) return;
    this.#said.set(id, now);
    this.#kube.create(manifest(fact, now)).catch((error: unknown) => {
      this.#log.warn(
        { reason: fact.reason, error: error instanceof Error ? error.message : String(error) },
        "Recording an event failed",
      );
    });
  }
}

function manifest(fact: EventFact, now: number) {
  // Events of cluster-scoped objects lie in namespace default (events.k8s.io/v1).
  const namespace = fact.regarding.namespace ?? "default";
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: `${fact.regarding.name}.${randomBytes(8).toString("hex")}`, namespace },
    eventTime: new Date(now).toISOString().replace("Z", "000Z"),
    reportingController: "socle.dev/operator",
    reportingInstance: "socle",
    action: fact.action,
    reason: fact.reason,
    regarding: fact.regarding,
    note: fact.note.slice(0, longestNote),
    type: fact.type,
  };
}

import { refOf } from "../../../constructs/manifest.ts";
import { apiVersion } from "../../../crds/group.ts";
import type { PolicyException } from "../../../crds/v1alpha1/policy-exception.ts";
import type { KubeApi, ObjectCache } from "../../kube/kube-api.ts";
import type { Check } from "../../policy/check.ts";
import type { EventRecorder } from "../../reconcile/event-recorder.ts";
import { publishStatus } from "../../reconcile/publish-status.ts";
import {
  type Clock,
  gone,
  type ObjectKey,
  type Outcome,
  type Reconciler,
  requeue,
  settled,
} from "../../runtime/reconciler.ts";
import { activityOf } from "./activity.ts";
import { nextMoment, noticeDue } from "./notices.ts";
import { policyExceptionStatusOf } from "./status.ts";

export interface PolicyExceptionPorts {
  readonly kube: KubeApi;
  readonly exceptions: ObjectCache<PolicyException>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly catalogue: readonly Check[];
}

/** A timer stands still while a machine sleeps; nobody waits longer than this for what the clock says. */
const longestWaitMs = 3_600_000;

/** Says whether an exception is in force, and in time that it ends. What it excuses is decided where checks are evaluated, by the same rule. */
export class PolicyExceptionReconciler implements Reconciler {
  readonly #ports: PolicyExceptionPorts;
  constructor(ports: PolicyExceptionPorts) {
    this.#ports = ports;
  }

  async reconcile(key: ObjectKey): Promise<Outcome> {
    const { kube, exceptions, events, clock, catalogue } = this.#ports;
    const exception = exceptions.get(key);
    if (exception === undefined) return gone;
    const now = clock.now();
    const activity = activityOf(exception, catalogue, now);
    const status = policyExceptionStatusOf(exception, activity, now);
    await publishStatus(
      { object: exception, apiVersion, kind: "PolicyException", status, fieldManager: "socle-policy-exception-status" },
      { kube, cache: exceptions, events },
    );
    if (activity.check.status === "True") this.#giveNotice(exception, now);
    const next = nextMoment(exception.spec.expiresAt, now);
    return next === undefined ? settled : requeue(Math.min(next - now, longestWaitMs));
  }

  /** After the status, which remembers it: whoever comes next says it no second time. */
  #giveNotice(exception: PolicyException, now: number): void {
    const { spec, status } = exception;
    const days = noticeDue(status?.conditions, spec.expiresAt, now);
    if (days === undefined) return;
    this.#warn(
      exception,
      "ExceptionExpiring",
      `It ends on ${spec.expiresAt}, within ${days} days; check ${spec.check} of ${spec.target.module} fails again then.`,
    );
  }

  #warn(exception: PolicyException, reason: string, note: string): void {
    const regarding = { ...refOf(exception), uid: exception.metadata.uid };
    this.#ports.events.record({ regarding, type: "Warning", reason, action: "Reconcile", note });
  }
}

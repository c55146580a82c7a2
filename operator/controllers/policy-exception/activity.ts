import type { PolicyException } from "../../../crds/v1alpha1/policy-exception.ts";
import type { Check as CatalogueCheck } from "../../policy/check.ts";
import { homeNamespace, tenantOfNamespace } from "../../policy/checks/tenant-namespace.ts";
import { isInForce } from "../../policy/exceptions.ts";
import type { Check, Progress } from "../../reconcile/conditions.ts";
import { noticeText, noticeWithin } from "./notices.ts";

/** Whether an exception excuses anything now, and whose turn it is if not. */
export interface Activity {
  readonly check: Check;
  readonly progress: Progress;
}

/** By the clock, the approval and the catalogue of this release; the API server saw to who may approve. Pure. */
export function activityOf(exception: PolicyException, catalogue: readonly CatalogueCheck[], now: number): Activity {
  const { spec, metadata } = exception;
  const wrong = mistakeIn(exception, catalogue);
  if (wrong !== undefined) return inactive({ reason: "InvalidSpec", message: wrong }, "stalled");
  if (!(now < Date.parse(spec.expiresAt))) {
    const message = `It ended on ${spec.expiresAt}; what it excused fails again. File a new one.`;
    return inactive({ reason: "Expired", message }, "stalled");
  }
  if (!isInForce(spec, now)) {
    const command = `socle exception approve ${metadata.name} -n ${metadata.namespace ?? ""}`;
    const message = `Nobody has approved it, and it excuses nothing. Somebody of the security group other than ${spec.requestedBy} runs ${command}.`;
    return inactive({ reason: "AwaitingConfirmation", message }, "waiting");
  }
  const notice = noticeText(noticeWithin(spec.expiresAt, now));
  const message = `Excuses check ${spec.check} of ${spec.target.module} until ${spec.expiresAt}.${notice}`;
  return { check: { type: "Active", status: "True", reason: "Succeeded", message }, progress: "settled" };
}

/** What no approval can mend. */
function mistakeIn({ spec, metadata }: PolicyException, catalogue: readonly CatalogueCheck[]): string | undefined {
  const check = catalogue.find(({ id }) => id === spec.check);
  if (check === undefined)
    return `spec.check: ${spec.check} is no check of this release; socle policy catalog lists them. File a new one.`;
  if (!check.excusable) return `spec.check: ${spec.check} cannot be excused; what it finds has to be mended.`;
  const tenant = tenantOfNamespace(metadata.namespace);
  if (tenant === undefined || metadata.namespace !== homeNamespace(tenant))
    return `metadata.namespace: ${metadata.namespace ?? ""} is the home namespace of no tenant; file it in t-<tenant>.`;
  return undefined;
}

function inactive(why: Pick<Check, "reason" | "message">, progress: Progress): Activity {
  return { check: { type: "Active", status: "False", ...why }, progress };
}

import { isTrue } from "../../reconcile/conditions.ts";
import type { Condition } from "../../../crds/v1alpha1/conditions.ts";

const dayMs = 86_400_000;
/** How many days before its end an exception is spoken of. */
const noticeDays = [14, 3] as const;
type NoticeDays = (typeof noticeDays)[number];

/** The shortest notice that its end falls into. */
export function noticeWithin(expiresAt: string, now: number): NoticeDays | undefined {
  return noticeDays.findLast((days) => Date.parse(expiresAt) - now <= days * dayMs);
}

/** What the condition says of it. It is also how the next pass, of this process or of another, knows that notice was given. */
export function noticeText(days: NoticeDays | undefined): string {
  return days === undefined ? "" : ` It ends within ${days} days; file a new one in time, or mend what it excuses.`;
}

/** The notice that is to be given now: not of one that was not active before, and each once. */
export function noticeDue(
  before: readonly Condition[] | undefined,
  expiresAt: string,
  now: number,
): NoticeDays | undefined {
  const days = noticeWithin(expiresAt, now);
  const said = before?.find(({ type }) => type === "Active")?.message ?? "";
  return isTrue(before, "Active") && !said.endsWith(noticeText(days)) ? days : undefined;
}

/** When there is something new to say of it; undefined: never again. */
export function nextMoment(expiresAt: string, now: number): number | undefined {
  const end = Date.parse(expiresAt);
  return [...noticeDays.map((days) => end - days * dayMs), end].find((moment) => moment > now);
}

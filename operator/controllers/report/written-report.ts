import { z } from "zod";
import type { KubeObject } from "../../kube/kube-api.ts";
import { type Remembered, remembered, type Report } from "../../policy/reports.ts";

/** A report of ours as the operator remembers it: what it tells is looked up by people, and not held here. */
export interface WrittenReport extends KubeObject {
  readonly remembered: Remembered;
}

const told = z.looseObject({
  summary: z.record(z.string(), z.number()),
  results: z.array(
    z.looseObject({ policy: z.string(), result: z.string(), timestamp: z.looseObject({ seconds: z.number() }) }),
  ),
});

/** One that somebody changed into something else tells nothing, and is written again. */
export function asWritten(object: KubeObject): WrittenReport {
  const { apiVersion, kind, metadata } = object;
  const parsed = told.safeParse(object);
  const nothing: Remembered = { digest: "", since: {} };
  const known = parsed.success ? remembered(parsed.data as unknown as Pick<Report, "results" | "summary">) : nothing;
  return { apiVersion, kind, metadata, remembered: known };
}

import { z } from "zod";
import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";

/** As much of the reports of https://github.com/openreports/reports-api as tells since when something is so. */
const reportSchema = z.object({
  source: z.literal("socle"),
  results: z
    .array(
      z.object({
        policy: z.string(),
        result: z.string(),
        timestamp: z.object({ seconds: z.number() }),
        resources: z
          .array(z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() }))
          .optional(),
      }),
    )
    .default([]),
});

/** What reports that were written before tell. */
export interface History {
  /** The day from which on this object was found wanting by the check; undefined where no report tells. */
  readonly failedSince: (check: string, object: ObjectRef) => string | undefined;
  /** When what the check says changed last. */
  readonly changedAt: (check: string) => string | undefined;
  /** Heads of the chain of evidence, each once. */
  readonly heads: readonly string[];
}

/** Reads the reports of Socle among these; those of other programs tell nothing here. */
export function historyOf(reports: readonly Manifest[]): History {
  const [failed, changed] = [new Map<string, number>(), new Map<string, number>()];
  const own = reports.flatMap((report) => {
    const parsed = reportSchema.safeParse(report);
    return parsed.success ? [{ metadata: report.metadata, results: parsed.data.results }] : [];
  });
  for (const { policy, result, timestamp, resources = [] } of own.flatMap(({ results }) => results)) {
    changed.set(policy, Math.max(changed.get(policy) ?? 0, timestamp.seconds));
    if (result !== "fail" && result !== "error") continue;
    for (const object of resources) {
      const key = keyOf(policy, object);
      failed.set(key, Math.min(failed.get(key) ?? Infinity, timestamp.seconds));
    }
  }
  return {
    failedSince: (check, object) => rfc3339(failed.get(keyOf(check, object))),
    changedAt: (check) => rfc3339(changed.get(check)),
    heads: [...new Set(own.flatMap(({ metadata }) => metadata.annotations?.[names.evidenceHead] ?? []))],
  };
}

type Named = { readonly [Key in "kind" | "name"]: string } & { readonly namespace?: string | undefined };

const keyOf = (check: string, { kind, namespace, name }: Named): string =>
  JSON.stringify([check, kind, namespace ?? "", name]);

function rfc3339(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1_000).toISOString();
}

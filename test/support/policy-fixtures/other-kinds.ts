import type { Manifest } from "../../../constructs/manifest.ts";
import type { Read } from "../../../operator/policy/read.ts";
import type { Fixture } from "./fixture.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fixtures that are written, and one more for each other kind that the check judges by the same fields: the same object, of that kind. What a CronJob
 * makes pods from stands deeper in it.
 */
export function fixturesOfKinds(written: readonly Fixture[], reads: readonly Read[]): readonly Fixture[] {
  const found = [...written];
  const readOf = (kind: string): Read | undefined => reads.find((read) => read.kind === kind);
  for (const read of reads) {
    if (found.some(({ subject }) => subject.kind === read.kind)) continue;
    const like = found.find(({ subject }) => {
      const other = readOf(subject.kind);
      return other !== undefined && pathsOf(other) === pathsOf(read);
    });
    if (like !== undefined) found.push({ ...like, subject: ofKind(read, like.subject), rows: [] });
  }
  return found;
}

function pathsOf({ fields }: Read): string {
  return fields.map(({ path }) => path.replace(/^spec\.jobTemplate\./, "")).join(" ");
}

function ofKind({ apiVersion, kind }: Read, like: Manifest): Manifest {
  const { spec, ...rest } = like;
  if (spec === undefined) return { ...like, apiVersion, kind };
  const within = like.kind === "CronJob" ? ((spec as Fields)["jobTemplate"] as Fields)["spec"] : spec;
  return { ...rest, apiVersion, kind, spec: kind === "CronJob" ? { jobTemplate: { spec: within } } : within };
}

import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import { type Seen, type SeenText, Unknown, wordsOf } from "../seen.ts";
import { isNumSpotFacts, known, numSpotFacts, requireFact } from "./numspot-facts.ts";

const makers = "https://kubernetes.io/releases/";
/** Its pages name the versions that it supports, and until when. */
const numSpot = "https://docs.numspot.com";

/**
 * Last day of support of each minor version, and who says so: Kubernetes' makers, or the reference provider where it supports one longer. A minor that is
 * not here and older is out of support; one that is newer is not known.
 */
const lastDays: ReadonlyMap<number, { readonly day: string; readonly source: string }> = new Map([
  [33, { day: "2026-06-28", source: makers }],
  [34, { day: "2027-02-28", source: numSpot }],
  [35, { day: "2027-02-28", source: makers }],
  [36, { day: "2027-06-28", source: makers }],
]);
const marginDays = 60;

export const kubernetesSupport: Readonly<Record<string, Parameter>> = {
  lastDays: {
    value: [...lastDays].map(([minor, { day, source }]) => `1.${minor}: ${day} (${source})`),
    source: "ours",
  },
  margin: { value: marginDays, unit: "days", source: "ours" },
};

const kubelet = "status.nodeInfo.kubeletVersion";
const clusters = "facts.clusters";
const version = `${clusters}[].version`;
const offered = "facts.kubernetesVersions";

/** 5-02. What nodes run, and what the provider says of the clusters that it manages. */
export const supportedKubernetes: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion: "v1",
      kind: "Node",
      scope: "cluster",
      fields: [{ path: kubelet, whenAbsent: "error", violations: ["v1.33.9", "v1.21.0", "v1.9.11"] }],
    },
    numSpotFacts([known(clusters), known(version, ["1.33", "1.21"]), known(offered, [[], ["1.35"]])]),
  ],
  judge: (object, { now }) =>
    isNumSpotFacts(object.object) ? ofClusters(object, now) : supportProblems(object.text(kubelet), now),
};

function ofClusters(facts: Seen, now: string): readonly Problem[] {
  requireFact(facts, clusters);
  requireFact(facts, offered);
  const versions = wordsOf(facts.one(offered));
  return facts.texts(version).flatMap((seen): readonly Problem[] => {
    const problems = supportProblems(seen, now);
    if (problems.length > 0 || versions.includes(seen.value)) return problems;
    const message = `The provider makes no cluster of Kubernetes ${seen.value} any more; move to one of ${versions.join(", ")}.`;
    return [{ field: seen.field, observed: seen.value, message }];
  });
}

function supportProblems({ field, value: stated }: SeenText, now: string): readonly Problem[] {
  const minor = /^v?1\.(\d+)(\.|$)/.exec(stated)?.[1];
  if (minor === undefined) throw new Unknown(field, `${field} is no version of Kubernetes that this release knows.`);
  const lastDay = lastDayOf(Number(minor));
  if (lastDay === undefined) throw new Unknown(field, `How long 1.${minor} is supported is not known to this release.`);
  const untilEnd = Date.parse(lastDay) - Date.parse(now);
  if (untilEnd >= marginDays * 86_400_000) return [];
  const message = `Support of Kubernetes 1.${minor} ends on ${lastDay}, less than ${marginDays} days ahead; upgrade the cluster.`;
  return [{ field, observed: stated, message }];
}

function lastDayOf(minor: number): string | undefined {
  return lastDays.get(Math.max(minor, Math.min(...lastDays.keys())))?.day;
}

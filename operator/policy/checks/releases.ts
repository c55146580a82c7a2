import type { Evaluation, Parameter } from "../check.ts";
import type { Problem } from "../read.ts";
import { Unknown } from "../seen.ts";

/**
 * Last day of support of each minor version: of Kubernetes' makers, and of the reference provider where it supports one longer. A minor that is not
 * here and older is out of support; one that is newer is not known.
 */
const lastDays: ReadonlyMap<number, string> = new Map([
  [33, "2026-06-28"],
  [34, "2027-02-28"],
  [35, "2027-02-28"],
  [36, "2027-06-28"],
]);
const marginDays = 60;

export const kubernetesSupport: Readonly<Record<string, Parameter>> = {
  lastDays: { value: [...lastDays].map(([minor, day]) => `1.${minor}: ${day}`), source: "ours" },
  margin: { value: marginDays, unit: "days", source: "ours" },
};

/** 5-02. https://kubernetes.io/releases/ */
export const supportedKubernetes: Evaluation = {
  status: "implemented",
  subjects: [
    {
      apiVersion: "v1",
      kind: "Node",
      scope: "cluster",
      fields: [
        { path: "status.nodeInfo.kubeletVersion", whenAbsent: "error", violations: ["v1.33.9", "v1.21.0", "v1.9.11"] },
      ],
    },
  ],
  judge: (node, { now }) => {
    const { field, value: version } = node.text("status.nodeInfo.kubeletVersion");
    const minor = /^v1\.(\d+)\./.exec(version)?.[1];
    if (minor === undefined) throw new Unknown(field, `${field} is no version of Kubernetes that this release knows.`);
    const lastDay = lastDayOf(Number(minor));
    if (lastDay === undefined)
      throw new Unknown(field, `How long 1.${minor} is supported is not known to this release.`);
    const untilEnd = Date.parse(lastDay) - Date.parse(now);
    if (untilEnd >= marginDays * 86_400_000) return [];
    const message = `Support of Kubernetes 1.${minor} ends on ${lastDay}, less than ${marginDays} days ahead; upgrade the cluster.`;
    return [{ field, observed: version, message } satisfies Problem];
  },
};

function lastDayOf(minor: number): string | undefined {
  return lastDays.get(Math.max(minor, Math.min(...lastDays.keys())));
}

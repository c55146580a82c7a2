import { names } from "../crds/group.ts";
import type { AccessRule } from "../crds/rbac.ts";
import { keptSource } from "./kept-source.ts";
import type { KubeApi, KubeObject } from "./kube/kube-api.ts";
import { optionalKind, type WatchedKind } from "./optional-watches.ts";
import { openReports } from "./policy/reports.ts";
import { asWritten, type WrittenReport } from "./controllers/report/written-report.ts";
import type { OptionalCache } from "./runtime/optional-kind.ts";

const [group = ""] = openReports.apiVersion.split("/");
const kinds = [
  { kind: openReports.report, plural: "reports" },
  { kind: openReports.clusterReport, plural: "clusterreports" },
] as const;

/** Of a kind of others that the cluster may lack. */
export type WatchedReports = WatchedKind<WrittenReport, OptionalCache<WrittenReport>>;

export const reportDefinitions: readonly string[] = kinds.map(({ plural }) => `${plural}.${group}`);

export const reportAccess: readonly AccessRule[] = [
  {
    scope: "cluster",
    apiGroup: group,
    resources: kinds.map(({ plural }) => plural),
    verbs: ["list", "watch"],
    why: "sees which reports of its own there are, by label, and writes again what somebody changed",
  },
  {
    scope: "cluster",
    apiGroup: group,
    resources: ["clusterreports"],
    verbs: ["get", "create", "patch", "delete"],
    why: "writes what the checks found on the platform, and goes on after a start from what they said",
  },
  {
    scope: "tenant",
    apiGroup: group,
    resources: ["reports"],
    verbs: ["get", "create", "patch", "delete"],
    why: "writes what the checks found on a tenant into its home namespace, and goes on after a start from what they said",
  },
];

/** Watches of our own reports. Of each, only what is needed to write the next one is kept. */
export function reportWatches(kube: KubeApi): {
  readonly definitions: readonly WatchedKind[];
  readonly reports: WatchedReports;
  readonly clusterReports: WatchedReports;
} {
  const [reports, clusterReports] = kinds.map((kind) => {
    const optional = optionalKind(kube, openReports.apiVersion, kind);
    const list = { labelSelector: `${names.managedByLabel}=${names.managedBy}` };
    const source = keptSource(kube, { apiVersion: openReports.apiVersion, kind: kind.kind, list }, asWritten);
    return {
      definition: optional.definition,
      watched: optional.watched(source, { indexes: { owner: (report) => [ownerOfReport(report)] } }),
    };
  });
  if (reports === undefined || clusterReports === undefined) throw new Error("There are two kinds of reports.");
  return {
    definitions: [reports.definition, clusterReports.definition],
    reports: reports.watched,
    clusterReports: clusterReports.watched,
  };
}

/** The tenant or the region that it is about. */
export function ownerOfReport({ metadata }: KubeObject): string {
  const { [names.tenantLabel]: tenant, [names.regionLabel]: region } = metadata.labels ?? {};
  return tenant ?? region ?? "";
}

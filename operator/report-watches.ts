import { names } from "../crds/group.ts";
import type { AccessRule } from "../crds/rbac.ts";
import type { KubeApi, KubeObject, WatchEvent } from "./kube/kube-api.ts";
import { optionalKind, type WatchedKind } from "./optional-watches.ts";
import { openReports } from "./policy/reports.ts";
import { asWritten, type WrittenReport } from "./controllers/report/written-report.ts";
import type { OptionalCache } from "./runtime/optional-kind.ts";
import type { ListWatchSource } from "./runtime/reflector.ts";

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
    verbs: ["create", "patch", "delete"],
    why: "writes what the checks found on the platform",
  },
  {
    scope: "tenant",
    apiGroup: group,
    resources: ["reports"],
    verbs: ["create", "patch", "delete"],
    why: "writes what the checks found on a tenant into its home namespace",
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
    const type = { apiVersion: openReports.apiVersion, kind: kind.kind };
    return {
      definition: optional.definition,
      watched: optional.watched(sourceOf(kube, type), { indexes: { owner: (report) => [ownerOfReport(report)] } }),
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

function sourceOf(kube: KubeApi, type: Pick<KubeObject, "apiVersion" | "kind">): ListWatchSource<WrittenReport> {
  const ours = { labelSelector: `${names.managedByLabel}=${names.managedBy}` };
  return {
    list: async () => {
      const { items, resourceVersion } = await kube.list<KubeObject>(type, ours);
      return { items: items.map(asWritten), resourceVersion };
    },
    watch: (from) => written(kube.watch<KubeObject>(type, { ...ours, ...from })),
  };
}

async function* written(events: AsyncIterable<WatchEvent<KubeObject>>): AsyncIterable<WatchEvent<WrittenReport>> {
  for await (const event of events)
    yield event.type === "BOOKMARK" ? event : { ...event, object: asWritten(event.object) };
}

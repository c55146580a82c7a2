import type { AuditReport } from "./audit-report.ts";
import { type LayerReport, layerReport } from "./by-requirement.ts";
import { countsOf } from "./counts.ts";

/**
 * Of a report, what changed since: what a report in the cluster tells to be older is left out, what none tells of stays. What has no history (flows,
 * rights, places, things) is left out as a whole. Pure.
 */
export function changedSince(report: AuditReport, since: string): AuditReport {
  const from = Date.parse(since);
  const isNews = (at: string | undefined): boolean => at === undefined || Date.parse(at) >= from;
  const happened = (at: string): boolean => Date.parse(at) >= from && Date.parse(at) <= Date.parse(report.madeAt);
  const changed = ({ checks }: LayerReport): LayerReport =>
    layerReport(checks.filter(({ state, changedAt }) => state !== "notEvaluated" && isNews(changedAt)));
  const requirements = report.requirements
    .map(({ layers: { infrastructure, platform, tenant }, ...requirement }) => ({
      ...requirement,
      layers: { infrastructure: changed(infrastructure), platform: changed(platform), tenant: changed(tenant) },
    }))
    .filter(({ layers }) => Object.values(layers).some(({ checks }) => checks.length > 0));
  const { annexes: _withoutHistory, ...rest } = report;
  return {
    ...rest,
    since,
    requirements,
    counts: countsOf(requirements),
    findings: report.findings.filter(({ firstFailedAt }) => isNews(firstFailedAt)),
    attestations: report.attestations.filter(({ validFrom, expiresAt }) => [validFrom, expiresAt].some(happened)),
    exceptions: report.exceptions.filter(({ filedAt, expiresAt }) => isNews(filedAt) || happened(expiresAt)),
  };
}

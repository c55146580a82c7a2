import { refOf } from "../../../constructs/manifest.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../../kube/kube-api.ts";
import { isNews, type Report } from "../../policy/reports.ts";
import { asWritten, type WrittenReport } from "./written-report.ts";

export interface ReportPorts {
  readonly kube: KubeApi;
  readonly reports: ObjectCache<WrittenReport> & { readonly isAbsent: boolean };
}

const fieldManager = "socle-report";

/** Writes what is news, and takes away the reports of chapters of which there is nothing to tell any more. At rest it writes nothing. */
export async function writeReports(
  wanted: readonly Report[],
  before: readonly WrittenReport[],
  { kube, reports }: ReportPorts,
): Promise<void> {
  for (const report of wanted) {
    const known = before.find(({ metadata }) => metadata.name === report.metadata.name);
    if (!isNews(report, known?.remembered)) continue;
    reports.noteWrite(asWritten(await kube.apply<KubeObject>(report, { fieldManager, force: true })));
  }
  const kept = new Set(wanted.map(({ metadata }) => metadata.name));
  for (const one of before.filter(({ metadata }) => !kept.has(metadata.name))) {
    await kube.delete(refOf(one), { uid: one.metadata.uid });
    reports.noteDelete(one);
  }
}

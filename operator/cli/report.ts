import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { Manifest } from "../../constructs/manifest.ts";
import { catalogue, catalogueVersion } from "../policy/catalogue/catalogue.ts";
import { openReports } from "../policy/reports.ts";
import type { AuditReport } from "../report/audit-report.ts";
import { pageOf } from "../report/html/page.ts";
import type { Language } from "../report/language.ts";
import { auditReport } from "../report/make-audit-report.ts";
import type { ReportSubject } from "../report/subject.ts";
import { readManifests } from "./file-manifests.ts";
import type { SeenCluster } from "./report-objects.ts";
import { reportLines } from "./report-text.ts";
import { exitCode, type FileStreams } from "./terminal.ts";
import { programVersion } from "../version.ts";

/** What the person asked a report for. */
export interface ReportWish {
  readonly region?: string;
  /** `30d`, `12h`, a day or an hour of RFC 3339. */
  readonly since?: string;
  /** Where the page goes. */
  readonly html?: string;
  readonly lang: Language;
  /** Objects instead of a cluster. */
  readonly filename?: readonly string[];
  readonly output: "text" | "json";
}

/** What a report is made with; the cluster is asked only where no files are named. */
export interface ReportSurroundings {
  readonly streams: FileStreams;
  /** RFC 3339. */
  readonly now: string;
  readonly see: (subject: ReportSubject) => Promise<SeenCluster>;
}

/**
 * Prints a report and writes its page. What it finds does not change the exit code: a report that tells of findings is written like any other. Exit
 * code 2 where the wish or a file is wrong. Throws Error where the subject is not there, or the page cannot be written.
 */
export async function runReport(
  tenant: string | undefined,
  wish: ReportWish,
  { streams, now, see }: ReportSurroundings,
): Promise<number> {
  const wrong = (sentences: readonly string[]): number => {
    for (const sentence of sentences) streams.remarks.write(`${sentence}\n`);
    return exitCode.usage;
  };
  const subject = subjectOf(tenant, wish.region);
  if (subject === undefined) return wrong(["Name a Tenant, or a SovereignRegion with --region; one of them."]);
  const since = wish.since === undefined ? undefined : sinceOf(wish.since, now);
  if (since === "")
    return wrong([
      `--since ${wish.since ?? ""}: give days or hours before now (30d, 12h), or a day that has begun (2026-09-01).`,
    ]);
  const seen = wish.filename === undefined ? await see(subject) : await seenInFiles(wish.filename, streams);
  if ("problems" in seen) return wrong(seen.problems);
  const report = auditReport({
    subject,
    checks: catalogue,
    ...seen,
    versions: { engine: programVersion(), catalogue: catalogueVersion },
    language: wish.lang,
    now,
    ...(since === undefined ? {} : { since }),
  });
  const file = wish.html === undefined ? undefined : writePage(wish.html, report);
  if (wish.output === "json") {
    const told = file === undefined ? report : { ...report, file };
    streams.results.write(`${JSON.stringify(told, undefined, 2)}\n`);
  } else {
    const written = file === undefined ? [] : ["", `${file.path}  SHA-256 ${file.sha256}`];
    streams.results.write(`${[...reportLines(report), ...written].join("\n")}\n`);
  }
  return exitCode.done;
}

function subjectOf(tenant: string | undefined, region: string | undefined): ReportSubject | undefined {
  if (tenant !== undefined && region === undefined) return { kind: "Tenant", name: tenant };
  if (tenant === undefined && region !== undefined) return { kind: "SovereignRegion", name: region };
  return undefined;
}

const milliseconds: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000 };

/** RFC 3339; empty where it is no moment before now. */
function sinceOf(text: string, now: string): string {
  const [, count, unit = ""] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(Date.parse(now) - Number(count) * (milliseconds[unit] ?? 0)).toISOString();
  const [, day] = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(text) ?? [];
  const at = new Date(text);
  // A 31st of February is taken for a day in March.
  if (day === undefined || Number.isNaN(at.getTime()) || !new Date(day).toISOString().startsWith(day)) return "";
  return at.getTime() <= Date.parse(now) ? at.toISOString() : "";
}

async function seenInFiles(
  paths: readonly string[],
  { input }: FileStreams,
): Promise<SeenCluster | { readonly problems: readonly string[] }> {
  const { objects, problems } = await readManifests(paths, input);
  if (problems.length > 0) return { problems };
  const isReport = (object: Manifest): boolean => object.apiVersion === openReports.apiVersion;
  return { objects: objects.filter((one) => !isReport(one)), reports: objects.filter(isReport), unread: [] };
}

interface WrittenPage {
  readonly path: string;
  /** Of the file, which cannot hold it itself; beside it stands the same for `sha256sum --check`. */
  readonly sha256: string;
}

/** For its owner's eyes: what is open is of use to others too. */
const mode = 0o600;

function writePage(path: string, report: AuditReport): WrittenPage {
  const page = pageOf(report);
  const sha256 = createHash("sha256").update(page).digest("hex");
  writeFileSync(path, page, { mode });
  writeFileSync(`${path}.sha256`, digestLine(basename(path), sha256), { mode });
  return { path, sha256 };
}

/** As `sha256sum` writes it: a name with a line feed or a backslash is marked and escaped. */
function digestLine(name: string, sha256: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `${escaped === name ? "" : "\\"}${sha256}  ${escaped}\n`;
}

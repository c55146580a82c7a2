import { canonicalJson, type Manifest, type ObjectRef } from "../../constructs/manifest.ts";
import { type Check, type Layer, type Severity, severities } from "./check.ts";
import { digestOf } from "./digest.ts";
import type { Result } from "./evaluate.ts";

/** Kinds of https://github.com/openreports/reports-api, which belong to others: a cluster may lack them. */
export const openReports = {
  apiVersion: "openreports.io/v1alpha1",
  report: "Report",
  clusterReport: "ClusterReport",
} as const;

/** As the schema of those kinds wants it. */
interface ReportResult {
  readonly policy: string;
  readonly category: string;
  readonly severity: Severity;
  readonly result: "pass" | "fail" | "error" | "warn" | "skip";
  readonly scored: boolean;
  readonly message: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly resources?: readonly ObjectRef[];
  readonly timestamp: { readonly seconds: number; readonly nanos: 0 };
}

export interface Report extends Manifest {
  readonly source: "socle";
  readonly summary: Readonly<Record<"pass" | "fail" | "error" | "warn" | "skip", number>>;
  readonly results: readonly ReportResult[];
}

/** What a set of reports is about. */
export interface ReportScope {
  /** Checks of these layers belong into it. */
  readonly layers: readonly Layer[];
  /** Begins the name of each report. */
  readonly prefix: string;
  /** Of Reports; absent = ClusterReports. */
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Six reports at most: chapters that one office reads together. */
const groups: readonly { readonly name: string; readonly from: number; readonly to: number }[] = [
  { name: "organisation", from: 5, to: 8 },
  { name: "access", from: 9, to: 9 },
  { name: "cryptography", from: 10, to: 11 },
  { name: "operations", from: 12, to: 12 },
  { name: "communications", from: 13, to: 14 },
  { name: "service", from: 15, to: 19 },
];

/** Bytes of one report; etcd takes 1.5 MB, and who reads reports reads all of them. */
export const largestReport = 200_000;
const longestMessage = 600;

/**
 * The reports of one scope, without those that would be empty: each finding by itself, passes as one result per check with their number, those that rest
 * on an attestation by themselves too. A result keeps the time since which it is so, as the reports of before tell it. Pure; `now` is in seconds since 1970.
 */
export function reportsOf(
  { checks, results }: { readonly checks: readonly Check[]; readonly results: readonly Result[] },
  scope: ReportScope,
  { now, before }: { readonly now: number; readonly before: readonly Remembered[] },
): readonly Report[] {
  const since = new Map(before.flatMap((report) => Object.entries(report.since)));
  const byCheck = Map.groupBy(results, ({ check }) => check);
  return groups.flatMap(({ name, from, to }) => {
    const own = checks.filter(({ id, layer }) => {
      const chapter = Number(id.split("-")[0]);
      return chapter >= from && chapter <= to && scope.layers.includes(layer);
    });
    const told = own
      .flatMap((check) => resultsOf(check, byCheck.get(check.id) ?? []))
      .map((one) => ({ ...one, timestamp: { seconds: since.get(keyOf(one)) ?? now, nanos: 0 as const } }));
    return told.length === 0 ? [] : [reportOf(`${scope.prefix}-${name}`, scope, told)];
  });
}

/** What has to be known of a report that was written to write the next one. It is small, however many objects the report names. */
export interface Remembered {
  /** Of everything that it tells. */
  readonly digest: string;
  /** Since when each of its results is so, in seconds since 1970, by what the result is about. */
  readonly since: Readonly<Record<string, number>>;
}

export function remembered({ results, summary }: Pick<Report, "results" | "summary">): Remembered {
  return {
    digest: digestOf(canonicalJson([results, summary])),
    since: Object.fromEntries(results.map((one) => [keyOf(one), one.timestamp.seconds])),
  };
}

/** Whether there is anything in a report that the one of before does not tell. */
export function isNews(report: Report, before: Remembered | undefined): boolean {
  return before === undefined || remembered(report).digest !== before.digest;
}

type Untimed = Omit<ReportResult, "timestamp">;

function resultsOf(check: Check, results: readonly Result[]): readonly Untimed[] {
  // What rests on a person's word is told apart from what was seen, each with the attestation by which it is looked up.
  const [counted, told] = [results.filter(isPlainPass), results.filter((one) => !isPlainPass(one))];
  const findings = told.map((one) => findingOf(check, one));
  if (counted.length === 0) return findings;
  const digests = counted.map(({ digest }) => digest).sort();
  const more = { mode: check.mode, objects: String(counted.length), digest: digestOf(digests) };
  return [...findings, untimed(check, { result: "pass", message: check.title.en, more })];
}

const isPlainPass = ({ result, attestation }: Result): boolean => result === "pass" && attestation === undefined;

function findingOf(check: Check, { result, problems, digest, object, excusedBy, attestation }: Result): Untimed {
  const why = problems.map(({ field, message }) => `${field}: ${message}`).join(" ");
  const more = {
    mode: attestation === undefined ? check.mode : "attested",
    ...(attestation === undefined ? {} : { attestation }),
    ...(excusedBy === undefined ? {} : { exception: excusedBy }),
    digest,
  };
  return {
    ...untimed(check, { result, message: result === "pass" ? check.title.en : why, more }),
    resources: [object],
  };
}

interface Said {
  readonly result: Untimed["result"];
  readonly message: string;
  readonly more: Readonly<Record<string, string>>;
}

function untimed({ id, version, severity, requirement, layer }: Check, { result, message, more }: Said): Untimed {
  return {
    policy: id,
    category: requirement,
    severity,
    result,
    scored: true,
    message: message.slice(0, longestMessage),
    properties: { version: String(version), layer, ...more },
  };
}

/** Not by what was seen: an object that fails in another way fails since it first did. */
function keyOf({ policy, result, resources = [] }: Pick<ReportResult, "policy" | "result" | "resources">): string {
  return digestOf([policy, result, resources.map(({ kind, namespace, name }) => [kind, namespace, name])]);
}

function reportOf(name: string, scope: ReportScope, told: readonly ReportResult[]): Report {
  const { namespace, labels } = scope;
  const count = (wanted: string): number => told.filter(({ result }) => result === wanted).length;
  const whole: Report = {
    apiVersion: openReports.apiVersion,
    kind: namespace === undefined ? openReports.clusterReport : openReports.report,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels },
    source: "socle",
    summary: { pass: count("pass"), fail: count("fail"), error: count("error"), warn: 0, skip: count("skip") },
    results: told,
  };
  return fitted(whole);
}

/** A report that would be too large says how much it leaves out; its summary counts all. */
function fitted(report: Report): Report {
  const size = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
  if (size(report) <= largestReport) return report;
  const [first] = report.results;
  // What is cut off weighs least.
  const sorted = report.results.toSorted(
    (left, right) => severities.indexOf(left.severity) - severities.indexOf(right.severity),
  );
  // Room for what is said of the rest.
  let left = largestReport - size({ ...report, results: [] }) - 1_000;
  const kept = sorted.filter((result) => {
    left -= size(result) + 1;
    return left >= 0;
  });
  const rest: ReportResult = {
    policy: "socle",
    category: "",
    severity: "high",
    result: "warn",
    scored: false,
    message: `${report.results.length - kept.length} more results are not listed here; socle policy check shows all.`,
    properties: { digest: digestOf(report.results) },
    timestamp: first?.timestamp ?? { seconds: 0, nanos: 0 },
  };
  return { ...report, summary: { ...report.summary, warn: 1 }, results: [...kept, rest] };
}

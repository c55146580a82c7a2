import { names } from "../../../crds/group.ts";
import { digestOf } from "../digest.ts";
import type { Report } from "../reports.ts";
import type { Result } from "../result.ts";
import { type Head, headText, readHead } from "./record.ts";

type ReportResult = Report["results"][number];

/** A report that names the last record of its scope: what an operator that starts goes on from, and what an auditor holds the records against. */
export function withHead<R extends Report>(report: R, head: Head): R {
  const annotations = { ...report.metadata.annotations, [names.evidenceHead]: headText(head) };
  return { ...report, metadata: { ...report.metadata, annotations } };
}

/** The latest that these reports of one scope name. */
export function headIn(reports: readonly Report[]): Head | undefined {
  const heads = reports.flatMap(({ metadata }) => readHead(metadata.annotations?.[names.evidenceHead] ?? "") ?? []);
  return heads.reduce<Head | undefined>(
    (latest, head) => (latest === undefined || head.sequence > latest.sequence ? head : latest),
    undefined,
  );
}

/**
 * What an operator that has just started knows to have been said before. Reports tell each finding by itself; of what passes without anybody's word they
 * tell how many objects there are and one digest of all, so these are known where number and digest are still the same.
 */
export function saidBefore(reports: readonly Report[], statements: readonly Result[]): readonly Result[] {
  const passing = Map.groupBy(
    statements.filter(({ result, attestation }) => result === "pass" && attestation === undefined),
    ({ check }) => check,
  );
  return reports
    .flatMap(({ results }) => results)
    .flatMap((told) =>
      told.properties["objects"] === undefined ? finding(told) : stillPassing(told, passing.get(told.policy) ?? []),
    );
}

function stillPassing({ properties }: ReportResult, statements: readonly Result[]): readonly Result[] {
  const digests = statements.map(({ digest }) => digest).sort();
  const isSame =
    properties["objects"] === String(statements.length) &&
    properties["digest"] === digestOf(digests) &&
    statements.every(({ version }) => properties["version"] === String(version));
  return isSame ? statements : [];
}

/** Without an object it is the line that says how much a report leaves out. */
function finding({ policy, properties, result, resources }: ReportResult): readonly Result[] {
  const [object] = resources ?? [];
  if (object === undefined || result === "warn") return [];
  const { version, digest = "", exception, attestation } = properties;
  const said = { check: policy, version: Number(version), object, result, problems: [], digest };
  return [
    {
      ...said,
      ...(exception === undefined ? {} : { excusedBy: exception }),
      ...(attestation === undefined ? {} : { attestation }),
    },
  ];
}

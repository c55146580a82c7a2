import type { AuditReport } from "../report/audit-report.ts";
import { states } from "../report/by-requirement.ts";
import { severities } from "../policy/check.ts";
import { objectText } from "../report/subject.ts";
import { visible } from "../html/visible-text.ts";
import type { Wording } from "../report/wording.ts";
import { dateText, words } from "../report/words.ts";
import { table } from "./terminal.ts";

/** What a person reads on a terminal: counts, what is open, where data lie, what could not be read. The page tells the rest. */
export function reportLines(report: AuditReport): readonly string[] {
  const say = words[report.language];
  const { subject, since } = report;
  return [
    `${say.title[subject.kind]} ${subject.displayName} (${subject.name})`,
    `${say.labels.madeAt} ${dateText(report.madeAt, say)}`,
    ...(since === undefined ? [] : [`${say.labels.since} ${dateText(since, say)}`]),
    "",
    ...table([
      [say.labels.severity, ...states.map((state) => say.states[state])],
      ...severities.map((severity) => [
        say.severities[severity],
        ...states.map((state) => String(report.counts[severity][state])),
      ]),
    ]),
    "",
    ...findingLines(report, say),
    ...storeLines(report, say),
    ...unreadLines(report, say),
  ].map(shown);
}

/** An object chooses none of the controls of a terminal. */
const shown = (line: string): string => visible(line.replaceAll("\n", " "));

function findingLines({ findings }: AuditReport, say: Wording): readonly string[] {
  const { sections, labels } = say;
  if (findings.length === 0) return [`${sections.findings} : ${say.none}`];
  const rows = findings.map(({ severity, check, requirement, object, problems, ageInDays }) => [
    say.severities[severity],
    check,
    say.requirement(requirement),
    objectText(object),
    ageInDays === undefined ? say.unknown : say.days(ageInDays),
    problems.map(({ field, message }) => `${field}: ${message}`).join(" "),
  ]);
  const heads = [labels.severity, labels.check, labels.requirement, labels.object, labels.age, labels.problem];
  return table([heads, ...rows]);
}

/** How many stores lie where, and how that is known. */
function storeLines({ annexes }: AuditReport, say: Wording): readonly string[] {
  const { labels, sections } = say;
  const location = annexes?.location;
  if (location === undefined) return [];
  const rows = location.stores.map(({ kind, country, region, zones, proof, vouchedBy }) => [
    say.stores[kind],
    country ?? say.unknown,
    region ?? "–",
    zones.length === 0 ? "–" : zones.join(", "),
    vouchedBy === undefined ? say.placeProofs[proof] : `${say.placeProofs[proof]} (${vouchedBy.name})`,
  ]);
  const alike = Map.groupBy(rows, (row) => JSON.stringify(row));
  const counted = [...alike.values()].flatMap(([row = [], ...more]) => [[...row, String(1 + more.length)]]);
  const heads = [labels.store, labels.country, labels.region, labels.zones, labels.proof, labels.objects];
  return ["", sections.location, ...(rows.length === 0 ? [say.none] : table([heads, ...counted]))];
}

function unreadLines({ unread, malformed }: AuditReport, say: Wording): readonly string[] {
  const kinds = unread.map(({ kind, because, message }) => `  ${kind}: ${say.unread[because]} (${message})`);
  return [
    ...(kinds.length === 0 ? [] : ["", say.sections.unread, ...kinds]),
    ...(malformed.length === 0 ? [] : ["", say.labels.malformed, ...malformed.map((one) => `  ${one}`)]),
  ];
}

import type { Layer } from "../../policy/check.ts";
import type { AuditReport } from "../audit-report.ts";
import {
  type CheckReport,
  type JudgedObject,
  type LayerReport,
  type RequirementReport,
  states,
} from "../by-requirement.ts";
import { severities } from "../../policy/check.ts";
import { objectText } from "../subject.ts";
import type { Section, Wording } from "../wording.ts";
import { dateText } from "../words.ts";
import { type Content, element } from "../../html/element.ts";
import { listOf, tableOf } from "./table.ts";

/** The sections of a report that are not annexes, in their order. */
export function mainContents(report: AuditReport, say: Wording): readonly (readonly [Section, Content])[] {
  return [
    ["counts", counts(report, say)],
    ["findings", findings(report, say)],
    ["unread", unread(report, say)],
    ["requirements", byChapter(report, say, requirementsTable)],
    ["checked", byChapter(report, say, checkedTable)],
    ["inherited", inherited(report, say)],
    ["attestations", attestations(report, say)],
  ];
}

function counts({ counts: numbers }: AuditReport, say: Wording): Content {
  return tableOf({
    id: "table-counts",
    caption: say.sections.counts,
    heads: [say.labels.severity, ...states.map((state) => say.states[state])],
    rows: severities.map((severity) => [
      say.severities[severity],
      ...states.map((state) => String(numbers[severity][state])),
    ]),
  });
}

function findings({ findings: open }: AuditReport, say: Wording): Content {
  const { labels } = say;
  if (open.length === 0) return element("p", {}, say.none);
  return tableOf({
    id: "table-findings",
    caption: say.sections.findings,
    heads: [
      labels.object,
      labels.severity,
      labels.check,
      labels.layer,
      labels.result,
      labels.problem,
      labels.firstFailedAt,
      labels.age,
    ],
    rows: open.map(({ object, severity, check, requirement, title, layer, result, problems, ...when }) => [
      element("code", {}, objectText(object)),
      say.severities[severity],
      `${check} (${say.requirement(requirement)}) ${title}`,
      say.layers[layer],
      stateText(result, say.results[result]),
      listOf(
        problems.map(({ field, message }) => [
          element("code", {}, field),
          ": ",
          element("span", { lang: "en" }, message),
        ]),
      ),
      when.firstFailedAt === undefined ? say.unknown : dateText(when.firstFailedAt, say),
      when.ageInDays === undefined ? say.unknown : say.days(when.ageInDays),
    ]),
  });
}

function unread({ unread: kinds, malformed }: AuditReport, say: Wording): Content {
  const { labels } = say;
  const left =
    kinds.length === 0
      ? element("p", {}, say.none)
      : tableOf({
          id: "table-unread",
          caption: say.sections.unread,
          heads: [labels.kind, labels.why, labels.details],
          rows: kinds.map(({ kind, apiVersion, because, message }) => [
            element("code", {}, `${kind} (${apiVersion})`),
            say.unread[because],
            element("span", { lang: "en" }, message),
          ]),
        });
  if (malformed.length === 0) return left;
  return [left, element("h3", {}, labels.malformed), element("p", {}, element("code", {}, malformed.join(", ")))];
}

/** A table for each chapter of the referential, below a heading of its own. */
function byChapter(
  { requirements }: AuditReport,
  say: Wording,
  table: (chapter: Chapter, say: Wording) => Content,
): Content {
  const chapters = Map.groupBy(requirements, ({ requirement }) => String(Number.parseInt(requirement, 10)));
  return [...chapters].map(([number, own]) => table({ number, title: say.chapters[number] ?? "", own }, say));
}

interface Chapter {
  readonly number: string;
  readonly title: string;
  readonly own: readonly RequirementReport[];
}

const layers: readonly Layer[] = ["infrastructure", "platform", "tenant"];

function requirementsTable({ number, title, own }: Chapter, say: Wording): Content {
  return [
    element("h3", {}, `${number}. ${title}`),
    tableOf({
      id: `table-requirements-${number}`,
      layers: true,
      caption: `${say.sections.requirements} – ${number}. ${title}`,
      heads: [say.labels.requirement, ...layers.map((layer) => say.layers[layer])],
      rows: own.map((requirement) => [
        say.requirement(requirement.requirement),
        ...layers.map((layer) => [
          layer === "infrastructure" ? proofs(requirement, say) : [],
          layerCell(requirement.layers[layer], say),
        ]),
      ]),
    }),
  ];
}

function proofs({ inherited: own }: RequirementReport, say: Wording): Content {
  return own.map(({ validUntil, ...proof }) =>
    element("p", {}, say.inherited({ ...proof, until: dateText(validUntil, say) })),
  );
}

function layerCell({ checks }: LayerReport, say: Wording): Content {
  if (checks.length === 0) return say.noCheck;
  return listOf(
    checks.map(({ check, title, severity, state, objects, ...more }) => [
      stateText(state, say.states[state]),
      ` – ${check} ${title} (${say.severities[severity]}${objects.length === 0 ? "" : `, ${say.objects(objects.length)}`})`,
      reason(more, say),
      basis(more, say),
    ]),
  );
}

function reason({ because, why }: Pick<CheckReport, "because" | "why">, say: Wording): Content {
  if (because === undefined) return [];
  const known = ` – ${say.because[because]}`;
  return why === undefined ? known : [`${known} : `, element("span", { lang: "en" }, why)];
}

/** The words of people on which a result rests; each is told in full elsewhere. */
function basis(
  { attestations: words, exceptions }: Pick<CheckReport, "attestations" | "exceptions">,
  say: Wording,
): Content {
  const named = [
    ...words.map((name) => `${say.states.attested} : ${name}`),
    ...exceptions.map((name) => `${say.states.excused} : ${name}`),
  ];
  return named.length === 0 ? [] : ` [${named.join(", ")}]`;
}

function checkedTable({ number, title, own }: Chapter, say: Wording): Content {
  const checks = own
    .flatMap(({ layers: byLayer }) => layers.flatMap((layer) => byLayer[layer].checks))
    .filter(({ objects }) => objects.length > 0);
  if (checks.length === 0) return [];
  const { labels } = say;
  return [
    element("h3", {}, `${number}. ${title}`),
    tableOf({
      id: `table-checked-${number}`,
      caption: `${say.sections.checked} – ${number}. ${title}`,
      heads: [labels.check, labels.mode, labels.checkedAt, labels.changedAt, labels.objects],
      rows: checks.map(({ check, version, title: name, mode, checkedAt, changedAt, objects }) => [
        `${check} (v${version}) ${name}`,
        say.modes[mode],
        checkedAt === undefined ? say.unknown : dateText(checkedAt, say),
        changedAt === undefined ? say.unknown : dateText(changedAt, say),
        objectsCell(objects, say),
      ]),
    }),
  ];
}

function objectsCell(objects: readonly JudgedObject[], say: Wording): Content {
  const byResult = Map.groupBy(objects, ({ result }) => result);
  return listOf(
    [...byResult].map(([result, own]) => [
      stateText(result, say.results[result]),
      " : ",
      element("code", {}, own.map(({ object }) => objectText(object)).join(", ")),
    ]),
  );
}

function inherited({ inherited: proofsOfRegion }: AuditReport, say: Wording): Content {
  const { labels } = say;
  if (proofsOfRegion.length === 0) return element("p", {}, say.none);
  return tableOf({
    id: "table-inherited",
    caption: say.sections.inherited,
    heads: [
      labels.reference,
      labels.scheme,
      labels.holder,
      labels.scope,
      labels.validFrom,
      labels.validUntil,
      labels.state,
      labels.verifiedBy,
      labels.evidence,
    ],
    rows: proofsOfRegion.map(({ reference, scheme, holder, scope, validFrom, validUntil, state, ...document }) => [
      reference,
      scheme,
      holder,
      scope.join(", "),
      dateText(validFrom, say),
      dateText(validUntil, say),
      say.proofs[state],
      document.verifiedBy ?? "–",
      documentCell(document.evidenceURI, document.evidenceSHA256),
    ]),
  });
}

function attestations({ attestations: words }: AuditReport, say: Wording): Content {
  const { labels } = say;
  if (words.length === 0) return element("p", {}, say.none);
  return tableOf({
    id: "table-attestations",
    caption: say.sections.attestations,
    heads: [
      labels.name,
      labels.check,
      labels.statement,
      labels.attestedBy,
      labels.validFrom,
      labels.validUntil,
      labels.state,
      labels.evidence,
    ],
    rows: words.map(({ name, check, statement, attestedBy, validFrom, expiresAt, state, evidence }) => [
      name,
      check,
      statement,
      attestedBy,
      dateText(validFrom, say),
      dateText(expiresAt, say),
      say.attestations[state],
      documentCell(evidence?.uri, evidence?.sha256),
    ]),
  });
}

/** The address is text and no link: whoever reads a report opens no address that an object chose. */
function documentCell(uri: string | undefined, sha256: string | undefined): Content {
  const known = [uri, sha256 === undefined ? undefined : `SHA-256 ${sha256}`].filter((one) => one !== undefined);
  return known.length === 0 ? "–" : listOf(known.map((text) => element("code", {}, text)));
}

/** Never by colour alone: the word says it. */
function stateText(state: string, text: string): Content {
  const shown = state === "skip" ? "excused" : state;
  return element("span", { class: `state state-${shown}` }, text);
}

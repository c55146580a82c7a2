import { chapters } from "../operator/policy/catalogue/chapters.ts";
import { type Counts, countsOf } from "../operator/policy/catalogue/listing.ts";
import type { Check, Mappings, Parameter } from "../operator/policy/check.ts";
import { page, table } from "./markdown.ts";

/** docs/checks.md: every check of the catalogue. Pure. */
export function checksPage(checks: readonly Check[]): string {
  const byChapter = Object.entries(chapters).flatMap(([chapter, title]) => {
    const own = checks.filter(({ id }) => id.split("-")[0] === chapter);
    return own.length === 0 ? [] : [`## Chapter ${chapter}: ${title}`, table(head, own.map(checkRow))];
  });
  return page([
    "# Checks",
    `Each check is evidence for one requirement of SecNumCloud 3.2, in our own words; none says that anybody meets it. \`socle policy catalog -o json\` lists the same, with what each reads.`,
    countsTable(countsOf(checks)),
    "**Evaluated:** `implemented` is judged from objects; `not observable` lacks a fact that no interface tells, or that the operator takes no right to read; `stage 2` waits for something of this product. **Values** marked with * are this product's, since the referential names none.",
    ...byChapter,
  ]);
}

const head = [
  "Check",
  "Requirement",
  "What is looked at",
  "Ce qui est regardé",
  "Severity",
  "Known",
  "Layer",
  "Evaluated",
];
const statuses = { implemented: "implemented", notObservable: "not observable", stage2: "stage 2" } as const;

function checkRow(check: Check): string[] {
  const { id, requirement, title, severity, mode, layer, gate, excusable, parameters = {} } = check;
  const notes = [
    gate === undefined ? "" : "holds back the first Ready",
    excusable ? "" : "cannot be excused",
    ...Object.entries(parameters).map(([name, parameter]) => `${name}: ${valueOf(parameter)}`),
    mapped(check.mappings),
  ].filter((note) => note !== "");
  return [
    id,
    requirement,
    notes.length === 0 ? title.en : `${title.en} (${notes.join("; ")})`,
    title.fr,
    severity,
    mode,
    layer,
    evaluated(check),
  ];
}

function evaluated({ evaluation }: Check): string {
  const name = statuses[evaluation.status];
  if (evaluation.status === "implemented") return name;
  return `${name}: ${evaluation.status === "notObservable" ? evaluation.lacks : evaluation.needs}`;
}

function valueOf({ value, unit, source }: Parameter): string {
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  return `${text}${unit === undefined ? "" : ` ${unit}`}${source === "ours" ? "*" : ""}`;
}

const frameworks: readonly (readonly [keyof Mappings, string])[] = [
  ["iso27001", "ISO 27001"],
  ["hds", "HDS"],
  ["rgs", "RGS"],
  ["gdpr", "GDPR"],
];

function mapped(mappings: Mappings): string {
  return frameworks
    .flatMap(([key, name]) => {
      const found = mappings[key] ?? [];
      return found.length === 0 ? [] : [`${name} ${found.join(", ")}`];
    })
    .join("; ");
}

function countsTable({ total, status, severity, mode, layer }: Counts): string {
  const row = (name: string, counts: Readonly<Record<string, number>>): string[] => [
    name,
    Object.entries(counts)
      .map(([key, count]) => `${key} ${count}`)
      .join(", "),
  ];
  const rows = [row("evaluated", status), row("severity", severity), row("known", mode), row("layer", layer)];
  return table(["", `${total} checks`], rows);
}

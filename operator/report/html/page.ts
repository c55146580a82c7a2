import { createHash } from "node:crypto";
import type { AuditReport } from "../audit-report.ts";
import type { Section, Wording } from "../wording.ts";
import { dateText, words } from "../words.ts";
import { annexContents } from "./annexes.ts";
import { type Content, element, markup } from "../../html/element.ts";
import { mainContents } from "./sections.ts";
import { style } from "./style.ts";
import { factsOf } from "./table.ts";

/** The report as one file that loads nothing, runs nothing, and can be read without a network. Pure. */
export function pageOf(report: AuditReport): string {
  const say = words[report.language];
  const heading = `${say.title[report.subject.kind]} ${report.subject.displayName}`;
  const parts = [
    ...mainContents(report, say).map(([section, content]) => partOf(section, say.sections[section], content)),
    ...annexContents(report, say).map(([section, content], index) =>
      partOf(section, `${say.annex} ${"ABCDEFGH".charAt(index)} – ${say.sections[section]}`, content),
    ),
  ];
  const page = element(
    "html",
    { lang: report.language },
    head(heading),
    element(
      "body",
      {},
      element("a", { class: "skip", href: "#content" }, say.skip),
      element("header", {}, element("h1", {}, heading), facts(report, say), notes(report, say)),
      contents(parts, say),
      element(
        "main",
        { id: "content", tabindex: "-1" },
        parts.map(({ section, title, content }) =>
          element("section", {}, element("h2", { id: section }, title), element("p", {}, say.leads[section]), content),
        ),
      ),
    ),
  );
  return `<!DOCTYPE html>\n${markup(page)}\n`;
}

interface Part {
  readonly section: Section;
  readonly title: string;
  readonly content: Content;
}

const partOf = (section: Section, title: string, content: Content): Part => ({ section, title, content });

/** Nothing may be loaded or run, whatever a value of the report holds; the one style is known by its digest. */
const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`;

function head(title: string): Content {
  return element(
    "head",
    {},
    element("meta", { charset: "utf-8" }),
    element("meta", { "http-equiv": "Content-Security-Policy", content: policy }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("title", {}, title),
    element("style", {}, style),
  );
}

function contents(parts: readonly Part[], say: Wording): Content {
  const links = parts.map(({ section, title }) => element("li", {}, element("a", { href: `#${section}` }, title)));
  return element(
    "nav",
    { "aria-labelledby": "contents" },
    element("h2", { id: "contents" }, say.contents),
    element("ul", {}, links),
  );
}

function facts({ subject, madeAt, since, versions, evidenceHeads }: AuditReport, say: Wording): Content {
  const { labels } = say;
  return factsOf([
    [labels.name, `${subject.kind} ${subject.name}`],
    ...(subject.region === undefined || subject.kind === "SovereignRegion"
      ? []
      : [[labels.region, subject.region] as const]),
    [labels.madeAt, dateText(madeAt, say)],
    ...(since === undefined ? [] : [[labels.since, dateText(since, say)] as const]),
    [labels.engine, versions.engine],
    [labels.catalogue, element("code", {}, versions.catalogue)],
    [labels.evidenceHead, evidenceHeads.length === 0 ? say.none : element("code", {}, evidenceHeads.join(", "))],
  ]);
}

function notes({ since }: AuditReport, say: Wording): Content {
  const texts = [say.meaning, ...(since === undefined ? [] : [say.sinceNote(dateText(since, say))])];
  return texts.map((text) => element("p", { class: "note" }, text));
}

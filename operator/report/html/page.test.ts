import { parseXml, type XmlElement } from "@rgrove/parse-xml";
import { describe, expect, it } from "vitest";
import { auditedMinistry } from "../../../test/support/audited-ministry.ts";
import { claimsIn } from "../../../test/support/claims.ts";
import { languages } from "../language.ts";
import { words } from "../words.ts";
import { markup } from "../../html/element.ts";
import { pageOf } from "./page.ts";
import { style } from "./style.ts";

/** Every element of the page, in their order; an XML parser accepts no page that an HTML parser would have to mend. */
function elementsOf(page: string): readonly XmlElement[] {
  const walk = (element: XmlElement): XmlElement[] => [
    element,
    ...element.children.flatMap((child) => ("attributes" in child ? walk(child) : [])),
  ];
  const { root } = parseXml(page);
  if (root === null) throw new Error("The page is empty.");
  return walk(root);
}

describe.each(languages)("the page in %s", (language) => {
  const report = auditedMinistry({ language });
  const page = pageOf(report);
  const elements = elementsOf(page);
  const named = (...names: readonly string[]): readonly XmlElement[] =>
    elements.filter(({ name }) => names.includes(name));

  it("claims nothing of anybody, and neither does the report for programs", () => {
    expect(claimsIn(page)).toEqual([]);
    expect(claimsIn(JSON.stringify(report))).toEqual([]);
    expect(claimsIn(JSON.stringify(words[language]))).toEqual([]);
    expect(JSON.stringify(words[language])).not.toContain("%");
  });

  it("loads nothing and runs nothing", () => {
    expect(named("script", "link", "img", "iframe", "object", "embed", "form", "base")).toEqual([]);
    const attributes = elements.flatMap((element) => Object.entries(element.attributes));
    expect(attributes.filter(([name]) => name.startsWith("on") || name === "src" || name === "style")).toEqual([]);
    expect(attributes.filter(([name, value]) => name === "href" && !value.startsWith("#"))).toEqual([]);
    expect(style).not.toMatch(/url\(|@import/);
    expect(named("meta").map(({ attributes }) => attributes["content"])).toContainEqual(
      expect.stringMatching(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='$/),
    );
  });

  it("says its language, has one first heading, skips no level, and leads every link to a place of its own", () => {
    expect(elements[0]?.attributes["lang"]).toBe(language);
    const levels = named("h1", "h2", "h3").map(({ name }) => Number(name.charAt(1)));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.every((level, index) => level <= (levels[index - 1] ?? 0) + 1)).toBe(true);
    const ids = elements.flatMap(({ attributes }) => attributes["id"] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = named("a").map(({ attributes }) => attributes["href"]?.slice(1));
    expect(targets.filter((target) => !ids.includes(target ?? ""))).toEqual([]);
  });

  it("gives each table a caption and each head a scope", () => {
    expect(named("table").length).toBeGreaterThan(20);
    expect(named("caption")).toHaveLength(named("table").length);
    expect(named("th").filter(({ attributes }) => attributes["scope"] === undefined)).toEqual([]);
  });

  it("tells what was inherited, attested, excused, found and not read, and every annex", () => {
    const text = parseXml(page).text;
    const say = words[language];
    const expected = [
      ...Object.values(say.sections),
      "decision-number",
      "security@platform.example",
      "The password is replaced every month",
      "t-minagri-apps/StatefulSet/synapse",
      "SovereignRegion cloudgouv spec.country",
      say.placeProofs.Declared,
      say.vouchedByNobody,
      "list Node: forbidden",
      "0123456789abcdef",
      "a".repeat(64),
    ];
    expect(expected.filter((told) => !text.includes(told))).toEqual([]);
  });
});

describe("the page", () => {
  it("has a style in which nothing would be escaped: a browser reads it as it is", () => {
    expect(markup(style)).toBe(style);
  });
});

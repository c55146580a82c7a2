import { parseXml, type XmlElement } from "@rgrove/parse-xml";
import { describe, expect, it } from "vitest";
import { type AccessibilityStatement, accessibilityStatement } from "./accessibility-statement.ts";

const statement: AccessibilityStatement = {
  service: "Messagerie",
  organisation: "Ministère de l’Agriculture",
  hosts: ["chat.agriculture.example", "matrix.agriculture.example"],
  contact: "dpo@agriculture.example",
};

/** An XML parser accepts no page that an HTML parser would have to mend. */
const textOf = (one: AccessibilityStatement): string => parseXml(accessibilityStatement(one)).text;
function elementsOf(one: AccessibilityStatement): readonly XmlElement[] {
  const walk = (element: XmlElement): XmlElement[] => [
    element,
    ...element.children.flatMap((child) => ("attributes" in child ? walk(child) : [])),
  ];
  const { root } = parseXml(accessibilityStatement(one));
  return root === null ? [] : walk(root);
}
const named = (name: string, one = statement): readonly XmlElement[] =>
  elementsOf(one).filter((element) => element.name === name);

describe("a statement of accessibility", () => {
  it("names the service, who offers it, and each host under which it is published", () => {
    const text = textOf(statement);
    for (const told of ["Messagerie", "Ministère de l’Agriculture", ...statement.hosts]) expect(text).toContain(told);
  });

  it("says that nobody has audited the service, which makes it non-compliant, and gives no rate", () => {
    const text = textOf(statement);
    expect(text).toContain("Non conforme : non évalué.");
    expect(text).not.toMatch(/%|\btaux\b|pour cent/i);
  });

  it.each([
    [undefined, "2026-11-27", "27 novembre 2026"],
    ["2026-03-01T08:00:00Z", "2026-11-27", "27 novembre 2026"],
    ["2027-02-14T23:59:59Z", "2027-02-14", "14 février 2027"],
    ["2027-05-01T00:00:00Z", "2027-05-01", "1er mai 2027"],
  ])(
    "of a service that was opened at %s is of %s: no statement is older than its text or its service",
    (at, day, told) => {
      const one = at === undefined ? statement : { ...statement, openedAt: at };
      expect(named("time", one).map(({ attributes, text }) => [attributes["datetime"], text])).toEqual([[day, told]]);
    },
  );

  it("leads to the address that the organisation publishes; without one, to whoever opened the account", () => {
    const hrefs = (one: AccessibilityStatement) => named("a", one).map(({ attributes }) => attributes["href"]);
    expect(hrefs(statement)).toContain("mailto:dpo@agriculture.example");
    const { contact: _none, ...anonymous } = statement;
    expect(hrefs(anonymous).join()).not.toContain("mailto:");
    expect(textOf(anonymous)).toContain("l’organisme qui vous a ouvert votre compte");
  });

  it("says whom people can complain to", () => {
    expect(textOf(statement)).toContain("Défenseur des droits");
  });

  it("says its language, has a title, one first heading, a second one for each part, and loads nothing", () => {
    expect(elementsOf(statement)[0]?.attributes["lang"]).toBe("fr");
    expect(named("title").map(({ text }) => text)).toEqual([
      "Accessibilité : non conforme – Messagerie – Ministère de l’Agriculture",
    ]);
    expect(named("h1")).toHaveLength(1);
    expect(named("h2")).toHaveLength(named("section").length);
    for (const name of ["script", "link", "img", "iframe", "form", "style"]) expect(named(name)).toEqual([]);
  });
});

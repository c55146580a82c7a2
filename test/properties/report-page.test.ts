import { parseXml } from "@rgrove/parse-xml";
import { expect, test } from "vitest";
import { element, markup } from "../../operator/html/element.ts";
import { visible } from "../../operator/html/visible-text.ts";
import { pageOf } from "../../operator/report/html/page.ts";
import { words } from "../../operator/report/words.ts";
import { auditedMinistry } from "../support/audited-ministry.ts";
import { fc, runs } from "../support/fast-check.ts";
import { hostileMarkup } from "../support/hostile-text.ts";

test("any text is read back as it is shown, in content and in an attribute", () => {
  fc.assert(
    fc.property(hostileMarkup, hostileMarkup, (content, attribute) => {
      const { root } = parseXml(markup(element("p", { id: attribute }, content)));
      // An XML parser makes blanks of what stands on several lines in an attribute; an HTML parser does not.
      expect(root?.attributes["id"]).toBe(visible(attribute).replaceAll(/[\n\t]/g, " "));
      expect(root?.text).toBe(visible(content));
      expect(root?.children.every((child) => !("attributes" in child))).toBe(true);
    }),
  );
});

test("what is shown holds nothing that cannot be seen", () => {
  fc.assert(
    fc.property(hostileMarkup, (text) => {
      expect(visible(text)).not.toMatch(
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
      );
      expect(visible(text).isWellFormed()).toBe(true);
    }),
  );
});

/** The report with that text in place of every text of an object. */
function filled<Value>(value: Value, text: string): Value {
  if (typeof value === "string") return (value + text) as Value;
  if (Array.isArray(value)) return value.map((one: unknown) => filled(one, text)) as Value;
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value as Record<string, unknown>).map(([key, one]) => [
    key,
    isOurs(key, one) ? one : filled(one, text),
  ]);
  return Object.fromEntries(entries) as Value;
}
/** What is one of a few words of ours. */
const kept = new Set([
  ...["language", "state", "result", "severity", "layer", "mode", "because", "what", "requirement", "proof"],
]);
const isOurs = (key: string, value: unknown): boolean =>
  kept.has(key) || (key === "kind" && Object.hasOwn(words.en.stores, String(value)));

test("a page has the same elements whatever objects say of themselves", () => {
  const report = auditedMinistry();
  const { annexes, requirements, ...rest } = report;
  const small = { ...rest, findings: report.findings.slice(0, 2), requirements: requirements.slice(0, 3) };
  const some = {
    ...small,
    annexes: {
      flows: { flows: (annexes?.flows.flows ?? []).slice(0, 2), problems: [], leftOut: ["one"] },
      access: { byPerson: [], byResource: [], unknownRoles: ["one"], malformed: ["one"] },
      ...(annexes?.location === undefined
        ? {}
        : { location: { ...annexes.location, stores: annexes.location.stores.slice(0, 2) } }),
      inventory: (annexes?.inventory ?? []).slice(0, 2),
    },
  };
  const shape = (page: string): string => page.replaceAll(/>[^<]*/g, ">").replaceAll(/="[^"]*"/g, "");
  const expected = shape(pageOf(filled(some, "x")));
  fc.assert(
    fc.property(hostileMarkup, (text) => {
      const page = pageOf(filled(some, text));
      expect(shape(page)).toBe(expected);
      expect(() => parseXml(page)).not.toThrow();
    }),
    { numRuns: runs(50) },
  );
});

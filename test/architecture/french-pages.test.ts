import { describe, expect, it } from "vitest";
import { openModuleFields } from "../../crds/admission/tenant-roles.ts";
import { codeSpansOf, proseOf } from "./page-code.ts";
import { pages } from "./repository.ts";

const french = pages.filter((page) => page.startsWith("docs/fr/"));
describe.each(french)("%s", (page) => {
  it("keeps what French writes before : ; ? ! and within « » on one line with its word", () => {
    expect(proseOf(page).match(/\S* [:;?!»](?=\s|$)|« \S*/gm) ?? []).toEqual([]);
  });
});

describe("docs/fr/administrer.md", () => {
  const spans = codeSpansOf("docs/fr/administrer.md");

  it("names every field that administrators of a ministry may set, and none that they may not", () => {
    const open = Object.entries(openModuleFields.blocks).flatMap(([block, parts]) =>
      parts.map((part) => `${block}.${part}`),
    );
    const [whole, parts] = [openModuleFields.fields, spans.filter((span) => /^[a-z]\w+\.\w+$/.test(span))];
    expect(parts.filter((part) => !whole.some((field) => part.startsWith(`${field}.`))).sort()).toEqual(open.sort());
    for (const field of whole) expect(spans.some((span) => span.split(".")[0] === field)).toBe(true);
  });
});

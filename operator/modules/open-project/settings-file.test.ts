import { describe, expect, it } from "vitest";
import { fc } from "../../../test/support/fast-check.ts";
import { readConfiguration } from "../../../test/support/ruby-template.ts";
import { fromFile, settingsFile } from "./settings-file.ts";

/** Texts that mean something to YAML, to a template of Ruby's, or to nobody. */
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "yes",
    "null",
    "12",
    "1e3",
    "Ministère: test",
    "# comment",
    "<%= `id` %>",
    "<%% x",
    "%>",
    "- a\n- b",
    "{a: b}",
    "&a *a !b",
    '"',
    "\\",
    "\u0085\u2028\u007f\u0000",
    "\u{1f600}",
    "\ud800",
    "---\n...",
  ),
);

describe("the file of settings", () => {
  it("says every text as it is, under every name", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          hostile.filter((key) => key !== "__proto__"),
          hostile,
        ),
        fc.array(hostile),
        (texts, list) => {
          const file = settingsFile({ texts, list });
          const wellFormed = Object.fromEntries(
            Object.entries(texts).map(([key, text]) => [key.toWellFormed(), text.toWellFormed()]),
          );
          const expected = {
            texts: Object.keys(wellFormed).length === 0 ? null : wellFormed,
            list: list.map((text) => text.toWellFormed()),
          };
          expect(readConfiguration(file, {})).toEqual({ default: expected });
        },
      ),
    );
  });

  it("holds printable ASCII alone, so that no reader sees a line where there is none", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(settingsFile({ text })).toMatch(/^"default":\n {2}"text": [ -~]*\n$/);
      }),
    );
  });

  it("takes the content of files as it is, whatever they hold, and what stands around them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (secret) => {
        const file = settingsFile({ plain: fromFile("/a"), url: { parts: ["redis://:", { file: "/a" }, "@h'\\st"] } });
        expect(readConfiguration(file, { "/a": secret })).toEqual({
          default: { plain: secret, url: `redis://:${secret}@h'\\st` },
        });
      }),
    );
  });

  it("keeps numbers, truths, blocks and empty lists", () => {
    const settings = { port: 25, on: true, list: [], block: { inner: { text: "a" } } };
    expect(readConfiguration(settingsFile(settings), {})).toEqual({ default: settings });
  });

  it("refuses a file whose name would end the tag", () => {
    expect(() => settingsFile({ secret: fromFile("/a%>b") })).toThrow("A name of a file");
    expect(() => settingsFile({ secret: fromFile("/a\nb") })).toThrow("A name of a file");
  });
});

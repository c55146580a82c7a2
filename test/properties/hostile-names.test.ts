import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfiguration } from "../support/ruby-template.ts";
import { wholeSuite } from "../support/whole-suite.ts";

/** Words that YAML, JSON, PHP, Ruby, Lua, shells, nginx, HTML or SQL take for something else than text. */
const trap = fc.constantFrom(
  ...["'", '"', "\\", "`", "$(id)", "${HOME}", "{{", "}}", "%{x}", "#{x}", "<%= 1 %>", "<?php exit; ?>", "?>", "*/"],
  ...[
    "]]",
    "--",
    "; DROP ROLE x",
    "</script>",
    "\n",
    "\r\n",
    "\t",
    "\u0000",
    "\u0085",
    "\u2028",
    ": ",
    " #",
    "- ",
    "---",
  ],
  ...["&a", "*a", "!!python/object", "null", "yes", "0x10", "%s", "é", "😀", "BENIGN"],
);
const name = fc
  .array(fc.oneof(trap, fc.string({ maxLength: 4, unit: "grapheme" })), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(""))
  .filter((text) => text.length >= 1 && text.length <= 128);

/** Every file of configuration that the ministry with the whole suite has, called that. */
function filesOf(displayName: string): ReadonlyMap<string, string> {
  const named = JSON.stringify(displayName).replaceAll("\u2028", "\\u2028").replaceAll("\u0085", "\\u0085");
  const { manifests, leftOut } = wholeSuite((file) => file.replace(/displayName: .*/, () => `displayName: ${named}`));
  expect(leftOut).toEqual([]);
  const files = manifests
    .filter(({ kind }) => kind === "ConfigMap")
    .flatMap(({ metadata, ...rest }) =>
      Object.entries((rest["data"] ?? {}) as Readonly<Record<string, string>>).map(
        ([file, text]) => [`${metadata.name}/${file}`, text] as const,
      ),
    );
  return new Map(files);
}

/** How its program reads a file that people have a word in; all others have to be the same whatever they say. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  "synapse-config/homeserver.yaml": (text) => parse(text, { version: "1.1" }) as unknown,
  "web-client-config/config.json": (text) => JSON.parse(text) as unknown,
  "nextcloud-config/settings.json": (text) => JSON.parse(text) as unknown,
  "openproject-config/configuration.yml": (text) => readConfiguration(text, secrets),
};
/** What mounted Secrets hold. */
const secrets = new Proxy({}, { get: () => "of a Secret" }) as Readonly<Record<string, string>>;

/** With another name in each text, and spaces for what breaks lines: a window has one line for a title. */
function renamed(value: unknown, from: string, to: string): unknown {
  if (typeof value === "string")
    return value
      .replaceAll(from, () => to)
      .replaceAll(/[\p{Cc}\s]+/gu, " ")
      .trim();
  if (Array.isArray(value)) return value.map((item) => renamed(item, from, to));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renamed(item, from, to)]));
}

describe("whatever a ministry is called", () => {
  const plain = "A name without any trap";
  const expected = filesOf(plain);

  it("is in the files that show it", () => {
    for (const file of Object.keys(readers)) expect(expected.get(file), file).toContain("trap");
  });

  it("every file of configuration of the whole suite says the same as with any other name", () => {
    fc.assert(
      fc.property(name, (displayName) => {
        const files = filesOf(displayName);
        expect([...files.keys()]).toEqual([...expected.keys()]);
        for (const [file, text] of files) {
          const read = readers[file];
          if (read === undefined) expect(text, file).toBe(expected.get(file));
          else
            expect(renamed(read(text), plain, plain), file).toEqual(
              renamed(read(expected.get(file) ?? ""), plain, displayName),
            );
        }
      }),
      { numRuns: 40 },
    );
  });
});

import { fc } from "./fast-check.ts";
import type { TextLeaf } from "./text-leaves.ts";

/**
 * Words that YAML, JSON, PHP, Ruby, Lua, shells, Kubernetes, nginx, HTML, SQL, LDAP or mail take for something else than text. No half of a
 * character is among them: the API server makes a question mark of one before anybody reads it.
 */
const trap = fc.constantFrom(
  ...["'", '"', "\\", "`", "$(id)", "$(HOME)", "$$(HOME)", "$$", "${HOME}", "{{", "}}", "%{x}", "#{x}", "*)(uid=*"],
  ...["<%= 1 %>", "<?php exit; ?>", "?>", "*/", "]]", "--", "; DROP ROLE x", "'||pg_sleep(10)||'", "</script>"],
  ...["\n", "\r\n", "\r\nBcc: all@example", "\nenable_registration: true", "\t", "\u0000", "\u0085", "\u2028"],
  ...[": ", " #", "- ", "---", "&a", "*a", "!!python/object", "null", "yes", "0o7", "1e3", "0x10", "%s%n"],
  ...["__proto__", "constructor", "NODE_OPTIONS=", "é", "😀", "BENIGN"],
);

/** Text of that length that is hostile to whoever reads it as something else. */
export const hostileText = ({ min, max }: Pick<TextLeaf, "min" | "max">): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(trap, fc.string({ maxLength: 4, unit: "grapheme" })), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join("").toWellFormed())
    .filter((text) => fits(text, { min, max }));

/** Whole code points and halves, controls, marks of direction, and what HTML gives a meaning. */
export const hostileMarkup = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc
    .array(
      fc.constantFrom(
        ...["<", ">", "&", '"', "'", "</", "<script>", "</style>", "<!--", "-->", "]]>", "&lt;", "&#60;", "\u0000"],
        ...[
          "\r",
          "\n",
          "\t",
          "\u202e",
          "\u2066",
          "\u200b",
          "\ufeff",
          "\u2028",
          "\ud800",
          "\udfff",
          "\ufffe",
          "javascript:",
        ],
      ),
    )
    .map((parts) => parts.join("")),
);

/** Text of the field's pattern, as odd as the pattern lets it be. */
export const confinedText = ({ pattern, min, max }: TextLeaf): fc.Arbitrary<string> =>
  fc.stringMatching(pattern ?? /^$/).filter((text) => fits(text, { min, max }));

/** As the API server and zod count: a character beyond the first 65536 is one. */
function fits(text: string, { min, max }: Pick<TextLeaf, "min" | "max">): boolean {
  const { length } = Array.from(text);
  return length >= min && length <= max;
}

/** The API server parses each, by a rule in CEL. None of these holds the addresses of a node itself, which are cut out of one that does. */
const range = fc
  .oneof(
    fc.tuple(
      fc.ipV4().map((address) => address.replace(/^\d+/, "198")),
      fc.integer({ min: 8, max: 32 }),
    ),
    fc.tuple(
      fc
        .ipV6()
        .filter((address) => !address.startsWith(":"))
        .map((address) => address.replace(/^[^:]*/, "2001")),
      fc.integer({ min: 16, max: 128 }),
    ),
  )
  .map(([address, length]) => `${address}/${length}`);

const urlPort = 8443;
const isUrl = ({ pattern }: TextLeaf): boolean => pattern?.source.startsWith("^https") === true;

/** What the schema and its rules let people write into a field. URLs have one port, so that it can be told from numbers. */
export function writable(leaf: TextLeaf): fc.Arbitrary<string> {
  if (leaf.path.endsWith(".media.addresses[]")) return fc.oneof(fc.ipV4(), fc.ipV6());
  if (/(cidrs|CIDRs)\[\]$/.test(leaf.path)) return range.filter((text) => fits(text, leaf));
  if (leaf.pattern === undefined) return hostileText(leaf);
  // A slash at its end is left out.
  if (leaf.path.endsWith(".mirror")) return confinedText(leaf).map((text) => text.replace(/\/+$/, ""));
  if (!isUrl(leaf)) return confinedText(leaf);
  return confinedText({ ...leaf, max: leaf.max - 8 }).map((url) =>
    url.replace(/^https?:\/\/([^/:?]+)(:\d+)?(.*?)\/*$/, `https://$1:${urlPort}$3`),
  );
}

/** Text that stands nowhere else, and that the field takes. */
export function marker(leaf: TextLeaf, number: number): string {
  if (leaf.path.endsWith(".media.addresses[]")) return `198.51.100.${number}`;
  if (/(cidrs|CIDRs)\[\]$/.test(leaf.path)) return `10.77.${number}.0/24`;
  const word = `marker${number}x`;
  if (leaf.pattern === undefined) return word.padEnd(leaf.min, "x");
  const domain = `${word}.example`;
  const digits = [9, 14, 36, 64].map((length) => String(number).padStart(length, "8"));
  const url = `https://${domain}:${urlPort}/base${number}x`;
  const found = [word, domain, url, `person@${domain}`, word.toUpperCase(), "ZZ", ...digits].find((text) =>
    leaf.pattern?.test(text),
  );
  if (found === undefined) throw new Error(`No marker fits ${leaf.path}; add one here.`);
  return found;
}

/** What stands for a text where something is made of it: itself, its host, and each in a regular expression. */
export function wordsOf(text: string): string[] {
  const host = /^https?:\/\/([^/:]+)/.exec(text)?.[1] ?? /@(.*)$/.exec(text)?.[1] ?? text;
  return [text, host].flatMap((word) => [word, word.replaceAll(".", "[.]")]);
}

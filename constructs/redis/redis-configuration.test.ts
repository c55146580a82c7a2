import { describe, expect, it } from "vitest";
import { fc } from "../../test/support/fast-check.ts";
import { redisConf } from "./redis-configuration.ts";

/** How the server splits a line, written down from its manual: words, or double quotes with escapes in them. */
function split(line: string): string[] {
  const words = line.match(/"(?:[^"\\]|\\.)*"|[^ "]+/g) ?? [];
  expect(words.join(" ")).toBe(line);
  return words.map((word) => (word.startsWith('"') ? bytesOf(word.slice(1, -1)).toString("utf8") : word));
}

/** `\xHH` is one byte; after any other backslash comes the character itself. */
function bytesOf(text: string): Buffer {
  const pieces = text.match(/\\x[0-9a-f]{2}|\\.|[^\\]/g) ?? [];
  return Buffer.from(
    pieces.map((piece) =>
      piece.startsWith("\\x") ? Number.parseInt(piece.slice(2), 16) : piece.charCodeAt(piece.length - 1),
    ),
  );
}

describe("a redis.conf", () => {
  it("leaves plain values as they are", () => {
    expect(redisConf([["maxmemory", "64mb"]])).toBe("maxmemory 64mb\n");
  });

  it("keeps an empty value a value", () => {
    expect(redisConf([["save", ""]])).toBe('save ""\n');
  });

  it("gives back every value, whatever is in it, in one line each", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 4 }), (values) => {
        const text = redisConf([["directive", ...values]]);
        expect(text.match(/[\r\n]/g)).toEqual(["\n"]);
        expect(text).toMatch(/^[\x20-\x7e]*\n$/);
        expect(split(text.trimEnd())).toEqual(["directive", ...values]);
      }),
    );
  });
});

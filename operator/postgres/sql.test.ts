import { describe, expect, it } from "vitest";
import { identifier, literal, sql, sqlText } from "./sql.ts";

describe("identifier", () => {
  it.each([
    ["minagri", `"minagri"`],
    ["MinAgri", `"MinAgri"`],
    ["select", `"select"`],
    [`a"b`, `"a""b"`],
    [`x"; DROP ROLE y; --`, `"x""; DROP ROLE y; --"`],
    ["a.b", `"a.b"`],
    ["back\\slash", `"back\\slash"`],
    ["é", `"é"`],
    ["a".repeat(63), `"${"a".repeat(63)}"`],
  ])("quotes %j", (name, quoted) => {
    expect(sqlText(identifier(name))).toBe(quoted);
  });

  it.each([
    ["nothing", ""],
    ["64 bytes", "a".repeat(64)],
    ["64 bytes in 32 letters", "é".repeat(32)],
    ["NUL", "a\0b"],
  ])("refuses what the server would cut or refuse: %s", (_what, name) => {
    expect(() => identifier(name)).toThrow(expect.objectContaining({ reason: "InternalError" }));
  });
});

describe("literal", () => {
  it.each([
    ["", "''"],
    ["plain", "'plain'"],
    ["it's", "'it''s'"],
    ["'; DROP ROLE y; --", "'''; DROP ROLE y; --'"],
    [`say "no"`, `'say "no"'`],
    ["back\\slash", "E'back\\\\slash'"],
    ["\\'", "E'\\\\'''"],
    ["$$", "'$$'"],
  ])("quotes %j", (text, quoted) => {
    expect(sqlText(literal(text))).toBe(quoted);
  });

  it("refuses NUL, without repeating the text", () => {
    expect(() => literal("secret\0")).toThrow(
      expect.objectContaining({ reason: "InternalError", message: expect.not.stringContaining("secret") }),
    );
  });
});

describe("sql", () => {
  it("joins quoted parts, pieces of SQL and whole numbers", () => {
    const settings = sql`LOGIN CONNECTION LIMIT ${50}`;
    expect(sqlText(sql`CREATE ROLE ${identifier("a b")} ${settings}`)).toBe(
      `CREATE ROLE "a b" LOGIN CONNECTION LIMIT 50`,
    );
  });

  it.each([1.5, Number.NaN, Infinity, 2 ** 60])("refuses %d, which is no whole number", (value) => {
    expect(() => sql`SELECT ${value}`).toThrow(/whole numbers/);
  });

  it("keeps a text of the caller out of its type", () => {
    // @ts-expect-error a raw string is no piece of SQL
    const raw = () => sql`SELECT ${"1; DROP ROLE y"}`;
    expect(sqlText(raw())).not.toContain("DROP");
  });
});

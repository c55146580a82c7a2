import { describe, expect, it } from "vitest";
import { table, Terminal, type TerminalOptions } from "./terminal.ts";

function terminalOf(wish: Partial<TerminalOptions> & { readonly isTTY?: boolean }): {
  readonly terminal: Terminal;
  readonly written: () => string;
} {
  let text = "";
  const sink = {
    isTTY: wish.isTTY ?? true,
    write: (more: string): void => {
      text += more;
    },
  };
  const terminal = new Terminal({ output: "text", color: true, environment: {}, sink, ...wish });
  return { terminal, written: () => text };
}

describe("colour", () => {
  it.each([
    { where: "on a terminal", wish: {}, coloured: true },
    { where: "in a pipe", wish: { isTTY: false }, coloured: false },
    { where: "with --no-color", wish: { color: false }, coloured: false },
    { where: "with NO_COLOR", wish: { environment: { NO_COLOR: "1" } }, coloured: false },
    { where: "with an empty NO_COLOR, which is none", wish: { environment: { NO_COLOR: "" } }, coloured: true },
    { where: "on a dumb terminal", wish: { environment: { TERM: "dumb" } }, coloured: false },
  ])("$where: $coloured", ({ wish, coloured }) => {
    expect(terminalOf(wish).terminal.paint("ready", "Ready")).toBe(coloured ? "\u001b[32mReady\u001b[0m" : "Ready");
  });

  it("differs for each light", () => {
    const { paint } = terminalOf({}).terminal;
    const painted = [paint("ready", "x"), paint("not-ready", "x"), paint("unknown", "x")];
    expect(new Set(painted).size).toBe(3);
  });
});

describe("output", () => {
  it("ends with one newline", () => {
    const { terminal, written } = terminalOf({});
    terminal.print("one", "two");
    expect(written()).toBe("one\ntwo\n");
  });

  it("of a value is JSON that parses", () => {
    const { terminal, written } = terminalOf({ output: "json" });
    terminal.printJson({ ready: true, text: "é\n" });
    expect(terminal.json).toBe(true);
    expect(JSON.parse(written())).toEqual({ ready: true, text: "é\n" });
  });
});

describe("a table", () => {
  it("has columns as wide as their widest cell, and no line that ends in blanks", () => {
    const rows = [
      ["TENANT", "STATE"],
      ["a", "Ready", "x"],
      ["longer-name", "Not ready", ""],
    ];
    expect(table(rows)).toEqual(["TENANT       STATE", "a            Ready      x", "longer-name  Not ready"]);
  });

  it("of nothing is nothing", () => {
    expect(table([])).toEqual([]);
  });
});

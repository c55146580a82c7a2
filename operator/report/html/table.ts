import { type Content, element } from "../../html/element.ts";

export interface TableContent {
  /** Unique on the page. */
  readonly id: string;
  readonly caption: string;
  readonly heads: readonly string[];
  /** Columns of one width, so that tables below each other line up. */
  readonly layers?: true;
  /** The first cell of a row is its head. */
  readonly rows: readonly (readonly Content[])[];
}

/** A table that a screen reader can walk, in a region that can be scrolled by keyboard where it is wider than the page. */
export function tableOf({ id, caption, heads, rows, layers }: TableContent): Content {
  const head = heads.map((text) => element("th", { scope: "col" }, text));
  const body = rows.map(([first = "", ...rest]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, first),
      rest.map((cell) => element("td", {}, cell)),
    ),
  );
  return element(
    "div",
    { class: "wide", role: "region", tabindex: "0", "aria-labelledby": id },
    element(
      "table",
      layers === true ? { class: "layers" } : {},
      element("caption", { id }, caption),
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, body),
    ),
  );
}

/** Several things of one cell, each on a line of its own. */
export function listOf(items: readonly Content[]): Content {
  if (items.length <= 1) return items;
  return element(
    "ul",
    { class: "plain" },
    items.map((item) => element("li", {}, item)),
  );
}

/** Facts with their names. */
export function factsOf(facts: readonly (readonly [label: string, value: Content])[]): Content {
  return element(
    "dl",
    {},
    facts.map(([label, value]) => [element("dt", {}, label), element("dd", {}, value)]),
  );
}

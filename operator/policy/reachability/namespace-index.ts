import { type Labels, type Selector, selects } from "./label-selector.ts";

/** Which namespaces a selector selects; each selector is looked up once, and by one of its labels where it names values. */
export class NamespaceIndex {
  readonly #namespaces: ReadonlyMap<string, Labels>;
  /** Names of the namespaces that have a label with a value. */
  readonly #labelled = new Map<string, string[]>();
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(namespaces: ReadonlyMap<string, Labels>) {
    this.#namespaces = namespaces;
    for (const [name, labels] of namespaces) {
      for (const label of labels) {
        const named = this.#labelled.get(JSON.stringify(label));
        if (named === undefined) this.#labelled.set(JSON.stringify(label), [name]);
        else named.push(name);
      }
    }
  }

  selected(selector: Selector): ReadonlySet<string> {
    const text = JSON.stringify(selector);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const found = new Set<string>();
    for (const name of this.#candidates(selector)) {
      const labels = this.#namespaces.get(name);
      if (labels !== undefined && selects(selector, labels)) found.add(name);
    }
    this.#known.set(text, found);
    return found;
  }

  #candidates(selector: Selector): Iterable<string> {
    const listed = selector.find(({ operator }) => operator === "In");
    if (listed === undefined) return this.#namespaces.keys();
    return listed.values.flatMap((value) => this.#labelled.get(JSON.stringify([listed.key, value])) ?? []);
  }
}

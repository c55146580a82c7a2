/** The way to a field of a manifest: names of fields and places in lists. */
export type FieldPath = readonly (string | number)[];

/** Characters, not units: none is cut in two. */
const beyondLine = /^(.{60}).+$/su;
const plainName = /^[A-Za-z_][A-Za-z0-9_-]*$/;
/** What a terminal would obey, swallow or show as nothing. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** As kubectl writes it: spec.containers[0].image. Names that hold anything else are quoted. */
export function pathText(path: FieldPath): string {
  return path.length === 0 ? "the manifest" : path.map(step).join("").replace(/^\./, "");
}

function step(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return plainName.test(key) ? `.${key}` : `[${quoted(key)}]`;
}

/** What a field holds, in one short line. */
export function valueText(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return kindText(value);
  return quoted(value.replace(beyondLine, "$1…"));
}

/** What kind of value a field holds: of one that stands in the wrong place nothing else is told, as it may be a secret. */
export function kindText(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return kinds.get(typeof value) ?? "something else";
}

const kinds: ReadonlyMap<string, string> = new Map([
  ["string", "a text"],
  ["number", "a number"],
  ["boolean", "true or false"],
  ["object", "an object"],
]);

function quoted(text: string): string {
  return JSON.stringify(text).replace(unprintable, (character) =>
    [...Array(character.length).keys()].map((at) => escaped(character.charCodeAt(at))).join(""),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

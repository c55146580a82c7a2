import { parse } from "yaml";
import type { Manifest } from "../../constructs/manifest.ts";
import { digestOf } from "./digest.ts";
import type { FieldRead, Problem, Read } from "./read.ts";

/** A value, and the place where it stands: `spec.rules[0].host`. */
export interface SeenValue {
  readonly field: string;
  readonly value: unknown;
}

/** Something that has to be known to judge is not: the result is an error, never a pass. */
export class Unknown extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A field that has to be there is not. */
export class Missing extends Error {
  readonly problem: Problem;
  constructor(field: string) {
    super(`${field} is missing`);
    this.problem = { field, observed: "absent", message: `${field} is not set; set it.` };
  }
}

/**
 * An object as a check may look at it: only the fields that it says it reads. What a field means where it is absent is decided here, once, as the check
 * declares it.
 */
export class Seen {
  readonly object: Manifest;
  readonly #fields: ReadonlyMap<string, FieldRead>;

  constructor(object: Manifest, read: Pick<Read, "fields">) {
    this.object = object;
    this.#fields = fieldsOf(read);
  }

  get name(): string {
    return this.object.metadata.name;
  }

  get namespace(): string | undefined {
    return this.object.metadata.namespace;
  }

  /** Each value at that path. @throws Missing or Unknown as the field declares it. */
  each(path: string): readonly SeenValue[] {
    const declared = this.#fields.get(path);
    if (declared === undefined)
      throw new Error(`A check reads ${path} of ${this.object.kind} and does not declare it.`);
    return valuesIn(this.object, segmentsOf(path)).map(({ field, value }) => {
      if (value !== undefined && value !== null) return { field, value };
      if (declared.whenAbsent === "fail") throw new Missing(field);
      if (declared.whenAbsent === "error") throw new Unknown(field, `${field} is not known.`);
      return { field, value: declared.whenAbsent.default };
    });
  }

  /** The value at a path without `[]`. */
  one(path: string): SeenValue {
    const [first] = this.each(path);
    if (first === undefined) throw new Error(`${path} stands for several values.`);
    return first;
  }

  /** The same as text; anything else is unknown, since nobody can say what it means. */
  text(path: string): SeenText {
    return textOf(this.one(path));
  }

  /** Each value at that path, as text. */
  texts(path: string): readonly SeenText[] {
    return this.each(path).map(textOf);
  }

  /** Of everything that may be looked at here, and of nothing else: a heartbeat in a status that no check reads changes nothing. */
  digest(): string {
    return digestOf([...this.#fields.keys()].map((path) => [path, this.#valuesOf(path)]));
  }

  #valuesOf(path: string): unknown {
    try {
      return valuesIn(this.object, segmentsOf(path));
    } catch (error) {
      if (error instanceof Unknown) return error.message;
      throw error;
    }
  }
}

/** A value that is text. */
export interface SeenText extends SeenValue {
  readonly value: string;
}

/** @throws Unknown where it is no text. */
export function textOf({ field, value }: SeenValue): SeenText {
  if (typeof value !== "string") throw new Unknown(field, `${field} is no text.`);
  return { field, value };
}

/** A list whose items are all text. @throws Unknown where it is not. */
export function wordsOf({ field, value }: SeenValue): readonly string[] {
  if (!Array.isArray(value)) throw new Unknown(field, `${field} is no list.`);
  return value.map((item: unknown, index) => textOf({ field: `${field}[${index}]`, value: item }).value);
}

/** By what a check declares, which is the same for all objects. */
const fieldsByRead = new WeakMap<object, ReadonlyMap<string, FieldRead>>();

function fieldsOf(read: Pick<Read, "fields">): ReadonlyMap<string, FieldRead> {
  const known = fieldsByRead.get(read) ?? new Map(read.fields.map((field) => [field.path, field]));
  fieldsByRead.set(read, known);
  return known;
}

/** A key, each item of a list, or what a text says as YAML. */
type Segment = { readonly key: string } | "each" | "opened";

/** The paths of the catalogue are few, and each is walked for every object. */
const segmentsByPath = new Map<string, readonly Segment[]>();

function segmentsOf(path: string): readonly Segment[] {
  const known = segmentsByPath.get(path) ?? parsed(path);
  segmentsByPath.set(path, known);
  return known;
}

function parsed(path: string): readonly Segment[] {
  const words = path.match(/\[\]|\[[^\]]+\]|\||[^.[\]|]+/g) ?? [];
  return words.map((word) => {
    if (word === "[]") return "each";
    if (word === "|") return "opened";
    return { key: word.startsWith("[") ? word.slice(1, -1) : word };
  });
}

/** A list that is not there has no items; anything else that is not there is one value that is absent. */
function valuesAt(at: SeenValue, path: readonly Segment[], texts: Texts): readonly SeenValue[] {
  const [first, ...rest] = path;
  if (first === undefined) return [at];
  if (first === "each") {
    if (at.value === undefined || at.value === null) return [];
    if (!Array.isArray(at.value)) throw new Unknown(at.field, `${at.field} is no list.`);
    return at.value.flatMap((value: unknown, index) =>
      valuesAt({ field: `${at.field}[${index}]`, value }, rest, texts),
    );
  }
  if (first === "opened") return valuesAt({ field: `${at.field}|`, value: texts.open(at) }, rest, texts);
  const field = /^[\w-]+$/.test(first.key)
    ? `${at.field}${at.field === "" || at.field.endsWith("|") ? "" : "."}${first.key}`
    : `${at.field}[${first.key}]`;
  if (at.value === undefined || at.value === null) return valuesAt({ field, value: undefined }, rest, texts);
  if (typeof at.value !== "object" || Array.isArray(at.value)) throw new Unknown(at.field, `${at.field} is no object.`);
  const own = Object.hasOwn(at.value, first.key)
    ? (at.value as Readonly<Record<string, unknown>>)[first.key]
    : undefined;
  return valuesAt({ field, value: own }, rest, texts);
}

/** Texts of one object, each read once however many checks look into it. */
class Texts {
  readonly #read = new Map<string, unknown>();

  /** A file that is not there, or that nobody can read, says nothing: not even that its settings have their defaults. */
  open(seen: SeenValue): unknown {
    const { field, value } = textOf(seen);
    if (this.#read.has(value)) return this.#read.get(value);
    try {
      const read: unknown = parse(value, { prettyErrors: false });
      this.#read.set(value, read);
      return read;
    } catch {
      // What the parser says may quote the file.
      throw new Unknown(field, `${field} is no YAML or JSON.`);
    }
  }
}

const textsByObject = new WeakMap<Manifest, Texts>();

function valuesIn(object: Manifest, path: readonly Segment[]): readonly SeenValue[] {
  const texts = textsByObject.get(object) ?? new Texts();
  textsByObject.set(object, texts);
  return valuesAt({ field: "", value: object }, path, texts);
}

/** What a file holds at the moment when PHP asks for it: secrets lie in files, and never in a configuration. */
export class PhpFile {
  readonly path: string;
  /** Stands before what the file holds. */
  readonly prefix: string;

  constructor(path: string, prefix = "") {
    this.path = path;
    this.prefix = prefix;
  }
}

export type PhpValue = string | number | boolean | null | PhpFile | readonly PhpValue[] | PhpMap;

/** An array of PHP with keys. PHP makes a number of a key that looks like one, as it does of any other. */
export interface PhpMap {
  readonly [key: string]: PhpValue;
}

/**
 * A file of PHP that sets `$CONFIG`, as Nextcloud reads its configuration. Text may hold any characters: between single quotes PHP reads two
 * escapes and nothing else, so whatever looks like code, a variable or the end of the file is text.
 */
export function phpConfiguration(values: PhpMap): string {
  return `<?php\n$CONFIG = ${literal(values, "")};\n`;
}

function literal(value: PhpValue, indent: string): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return integer(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof PhpFile) {
    const read = `file_get_contents(${quoted(value.path)})`;
    return value.prefix === "" ? read : `${quoted(value.prefix)} . ${read}`;
  }
  if (isList(value))
    return block(
      value.map((item) => literal(item, `${indent}  `)),
      indent,
    );
  const entries = Object.entries(value).map(([key, item]) => `${quoted(key)} => ${literal(item, `${indent}  `)}`);
  return block(entries, indent);
}

function isList(value: readonly PhpValue[] | PhpMap): value is readonly PhpValue[] {
  return Array.isArray(value);
}

function block(items: readonly string[], indent: string): string {
  if (items.length === 0) return "[]";
  return `[\n${items.map((item) => `${indent}  ${item},\n`).join("")}${indent}]`;
}

/** Whole numbers alone: PHP writes others differently on different machines. */
function integer(value: number): string {
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${value} is no whole number that PHP and JavaScript both know`);
  return String(value);
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

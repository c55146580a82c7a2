import { escapeIdentifier, escapeLiteral } from "pg";
import { InternalError } from "../runtime/errors.ts";

const quoted = Symbol("quoted");

/** A piece of SQL whose values went through a quoting function. Made by this file only. */
export interface Sql {
  readonly [quoted]: string;
}

/** The server cuts longer names without a word (NAMEDATALEN − 1), and two names that are cut alike are the same object. */
const longestIdentifierBytes = 63;

/**
 * SQL from a template whose parts are pieces of SQL or whole numbers. Utility statements (CREATE ROLE, COMMENT, GRANT) take no parameters,
 * so this is how values reach them; a raw string does not type-check.
 */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | number)[]): Sql {
  const text = strings.map((piece, index) => piece + partText(parts[index])).join("");
  return { [quoted]: text };
}

/** A name, quoted. Throws InternalError on a name that the server would cut or refuse. */
export function identifier(name: string): Sql {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > longestIdentifierBytes || name.includes("\0")) {
    throw new InternalError(
      `A PostgreSQL name has 1 to ${longestIdentifierBytes} bytes and no NUL; this one has ${bytes}.`,
    );
  }
  return { [quoted]: escapeIdentifier(name) };
}

/** A text, quoted. Throws InternalError on NUL, which PostgreSQL cannot store. */
export function literal(text: string): Sql {
  if (text.includes("\0")) throw new InternalError("A PostgreSQL text cannot hold NUL.");
  return { [quoted]: escapeLiteral(text).trimStart() };
}

/** The text to send. */
export function sqlText(statement: Sql): string {
  return statement[quoted];
}

function partText(part: Sql | number | undefined): string {
  if (part === undefined) return "";
  if (typeof part !== "number") return part[quoted];
  if (!Number.isSafeInteger(part)) throw new InternalError("Only whole numbers go into SQL as they are.");
  return String(part);
}

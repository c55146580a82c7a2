import { parse } from "yaml";
import type { Manifest } from "../../../constructs/manifest.ts";

/** The object with another value at a path as checks declare it (`[]`: in each item, `|`: within a text); undefined takes the field away. */
export function withAt(object: Manifest, path: string, value: unknown): Manifest {
  const words = path.match(/\[\]|\[[^\]]+\]|\||[^.[\]|]+/g) ?? [];
  return set(object, words, value) as Manifest;
}

function set(at: unknown, [first, ...rest]: readonly string[], value: unknown): unknown {
  if (first === undefined) return value;
  if (first === "[]") return (Array.isArray(at) ? at : [{}]).map((item: unknown) => set(item, rest, value));
  if (first === "|") return JSON.stringify(set(parse(typeof at === "string" ? at : "{}"), rest, value));
  const key = first.replace(/^\[(.*)\]$/, "$1");
  const { [key]: before, ...others } = (at ?? {}) as Readonly<Record<string, unknown>>;
  const after = set(before, rest, value);
  return after === undefined ? others : { ...others, [key]: after };
}

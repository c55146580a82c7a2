import { isDeepStrictEqual } from "node:util";
import type { JsonPatchOperation } from "../../operator/kube/kube-api.ts";

/** The document after all operations (RFC 6902), or undefined if a test failed or a path is not there: then nothing was done. */
export function jsonPatched<T>(document: T, operations: readonly JsonPatchOperation[]): T | undefined {
  const copy = structuredClone(document);
  return operations.every((operation) => carriedOut(copy, operation)) ? copy : undefined;
}

function carriedOut(document: unknown, operation: JsonPatchOperation): boolean {
  const tokens = operation.path
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = tokens.pop() ?? "";
  let parent: unknown = document;
  for (const token of tokens) parent = childOf(parent, token);
  if (typeof parent !== "object" || parent === null) return false;
  if (Array.isArray(parent)) return onList(parent, last, operation);
  const map = parent as Record<string, unknown>;
  if (operation.op === "test") return isDeepStrictEqual(map[last], operation.value);
  if (operation.op !== "add" && !(last in map)) return false;
  if (operation.op === "remove") Reflect.deleteProperty(map, last);
  else map[last] = structuredClone(operation.value);
  return true;
}

function childOf(parent: unknown, token: string): unknown {
  return typeof parent === "object" && parent !== null ? (parent as Record<string, unknown>)[token] : undefined;
}

function onList(list: unknown[], token: string, operation: JsonPatchOperation): boolean {
  const index = token === "-" ? list.length : Number(token);
  const present = Number.isInteger(index) && index >= 0 && index < list.length;
  if (operation.op === "add") {
    if (!present && index !== list.length) return false;
    list.splice(index, 0, structuredClone(operation.value));
    return true;
  }
  if (!present) return false;
  if (operation.op === "test") return isDeepStrictEqual(list[index], operation.value);
  if (operation.op === "remove") list.splice(index, 1);
  else list[index] = structuredClone(operation.value);
  return true;
}

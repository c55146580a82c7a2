import { TransientError } from "../runtime/errors.ts";
import type { KubeObject, ResourceType, WatchEvent } from "./kube-api.ts";
import { translateAnswer } from "./translate-error.ts";

type TypeName = Pick<ResourceType, "apiVersion" | "kind">;

interface RawEvent {
  readonly type?: string;
  readonly object?: { readonly code?: number; readonly metadata?: { readonly resourceVersion?: string } };
}

/** One line of a watch. An ERROR event is thrown as what it means (410 is ExpiredError); a line that is no event is TransientError. */
export function watchEvent<T extends KubeObject>(line: string, type: TypeName): WatchEvent<T> {
  const { type: happened, object } = parsed(line, type);
  switch (happened) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type: happened, object: completed<T>(object as T, type) };
    case "BOOKMARK":
      return { type: "BOOKMARK", resourceVersion: object.metadata.resourceVersion };
    default:
      throw new TransientError("ProviderUnreachable", `watch ${type.kind}: unknown event ${happened.slice(0, 50)}.`);
  }
}

interface CompleteEvent {
  readonly type: string;
  readonly object: { readonly metadata: { readonly resourceVersion: string } };
}

function parsed(line: string, type: TypeName): CompleteEvent {
  let event: RawEvent | null;
  try {
    event = JSON.parse(line) as RawEvent | null;
  } catch (cause) {
    throw new TransientError("ProviderUnreachable", `watch ${type.kind}: a line is no JSON.`, { cause });
  }
  if (event?.type === "ERROR") {
    throw translateAnswer(
      { status: event.object?.code ?? 500, json: event.object, location: undefined, retryAfterMs: undefined },
      { verb: "watch", kind: type.kind },
    );
  }
  if (event?.type === undefined || event.object?.metadata?.resourceVersion === undefined) {
    throw new TransientError("ProviderUnreachable", `watch ${type.kind}: a line is no event.`);
  }
  return event as CompleteEvent;
}

/**
 * The object as the rest of the operator sees it: saying what it is, which items of a list do not, and without managedFields, which
 * are up to half of an object.
 */
export function completed<T extends KubeObject>(object: T, type: TypeName): T {
  const { managedFields: _dropped, ...metadata } = object.metadata as T["metadata"] & { managedFields?: unknown };
  return { ...object, apiVersion: type.apiVersion, kind: type.kind, metadata };
}

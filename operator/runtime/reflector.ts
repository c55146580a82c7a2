import { setTimeout as pause } from "node:timers/promises";
import { backoffMs, type Random } from "./backoff.ts";
import { ExpiredError, TransientError } from "./errors.ts";
import type { LiveObject, LocalCache } from "./object-cache.ts";
import type { Logger } from "./reconciler.ts";

export type SourceEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/** Where objects of one kind come from. */
export interface ListWatchSource<T> {
  list(signal: AbortSignal): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  watch(options: { readonly resourceVersion: string; readonly signal: AbortSignal }): AsyncIterable<SourceEvent<T>>;
}

export interface ReflectorOptions<T extends LiveObject> {
  readonly name: string;
  readonly source: ListWatchSource<T>;
  readonly cache: LocalCache<T>;
  readonly log: Logger;
  readonly random: Random;
  /** Nothing at all for this long means a dead connection: bookmarks come about once a minute. @defaultValue 150 s */
  readonly idleMs?: number;
}

const backoff = { firstMs: 800, longestMs: 30_000 };

/**
 * Keeps a cache current until the signal aborts: list, then watch from there; a watch that ends cleanly is resumed at once, one that
 * fails after a pause, and a version that is gone leads to a new list while the old content keeps serving. Never gives up.
 */
export async function reflect<T extends LiveObject>(options: ReflectorOptions<T>, signal: AbortSignal): Promise<void> {
  let version: string | undefined;
  let failures = 0;
  for (;;) {
    try {
      if (version === undefined) {
        const listed = await options.source.list(signal);
        options.cache.replace(listed.items, listed.resourceVersion);
        version = listed.resourceVersion;
      }
      version = await follow(options, version, signal);
      if (signal.aborted) return;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ExpiredError) version = undefined;
      failures += 1;
      const wish = error instanceof TransientError ? error.retryAfterMs : undefined;
      const waitMs = wish ?? backoffMs(failures, backoff, options.random);
      options.log.warn(
        { source: options.name, failures, waitMs, error: error instanceof Error ? error.message : String(error) },
        "Watching again after a failure",
      );
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** One watch; returns the version from which to go on. */
async function follow<T extends LiveObject>(
  options: ReflectorOptions<T>,
  from: string,
  signal: AbortSignal,
): Promise<string> {
  const silence = new AbortController();
  const idleMs = options.idleMs ?? 150_000;
  let timer = setTimeout(() => {
    silence.abort();
  }, idleMs);
  let version = from;
  try {
    for await (const event of options.source.watch({
      resourceVersion: from,
      signal: AbortSignal.any([signal, silence.signal]),
    })) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        silence.abort();
      }, idleMs);
      version = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
      if (event.type === "DELETED") options.cache.observeDelete(event.object);
      else if (event.type !== "BOOKMARK") options.cache.observe(event.object);
    }
  } catch (error) {
    if (!silence.signal.aborted || error instanceof ExpiredError) throw error;
  } finally {
    clearTimeout(timer);
  }
  return version;
}

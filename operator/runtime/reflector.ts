import { backoffMs, type BackoffRange, type Random } from "./backoff.ts";
import { ExpiredError, TransientError } from "./errors.ts";
import type { LiveObject, LocalCache } from "./object-cache.ts";
import type { Logger } from "./reconciler.ts";
import { rest } from "./rest.ts";

export type SourceEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/** Where objects of one kind come from. */
export interface ListWatchSource<T> {
  list(signal: AbortSignal): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  /** Ends, or throws, within a bounded time, also when nothing is heard any more. */
  watch(options: { readonly resourceVersion: string; readonly signal: AbortSignal }): AsyncIterable<SourceEvent<T>>;
}

export interface ReflectorOptions<T extends LiveObject> {
  readonly name: string;
  readonly source: ListWatchSource<T>;
  readonly cache: LocalCache<T>;
  readonly log: Logger;
  readonly random: Random;
  /** Told whenever the server said something: a list, an event, a bookmark, the end of a watch. */
  readonly onHeard?: () => void;
  /** Pauses after failures in a row. @defaultValue 0.8 to 30 s; 0.8 to 2 s for the first twenty that say that the server is away */
  readonly backoff?: BackoffRange;
}

const defaultBackoff: BackoffRange = { firstMs: 800, longestMs: 30_000 };
/** A restart takes seconds, and whoever waits for half a minute after it is deaf for longer than the server was away. */
const awayBackoff: BackoffRange = { firstMs: 800, longestMs: 2_000 };
const patience = 20;
/** A watch that lived for so long and told nothing was quiet; one that ended sooner was turned away. */
const quietMs = 5_000;

/**
 * Keeps a cache current until the signal aborts: list, then watch from there. A watch that ends cleanly is resumed at once, one that
 * fails or ends at once without a word after a pause, both from the last event that was seen; a version that is gone leads to a new list
 * while the old content keeps serving. Never gives up.
 */
export async function reflect<T extends LiveObject>(options: ReflectorOptions<T>, signal: AbortSignal): Promise<void> {
  const { name, source, cache, log, random } = options;
  let version: string | undefined;
  let failures = 0;
  let expired = false;
  while (!signal.aborted) {
    let openedAt: number | undefined;
    const livedLong = (): boolean => openedAt !== undefined && performance.now() - openedAt >= quietMs;
    try {
      if (version === undefined) {
        const listed = await source.list(signal);
        options.onHeard?.();
        cache.replace(listed.items, listed.resourceVersion);
        version = listed.resourceVersion;
      }
      const from: string = version;
      openedAt = performance.now();
      await follow(options, from, {
        signal,
        onVersion: (next) => {
          version = next;
          failures = 0;
          expired = false;
        },
      });
      options.onHeard?.();
      // A server that opens a watch and ends it at once would be asked without a pause; after a quiet one a pause would be deafness.
      if (livedLong()) failures = 0;
      else if (version === from) await rest(backoffMs(1, options.backoff ?? defaultBackoff, random), signal);
    } catch (error) {
      if (isAborted(signal)) return;
      const expiredBefore = expired;
      expired = error instanceof ExpiredError;
      if (expired) version = undefined;
      // A server that was away answers with "expired" when it is back: the outage is over, and its pauses are.
      failures = livedLong() || (expired && !expiredBefore) ? 1 : failures + 1;
      const wish = error instanceof TransientError ? error.retryAfterMs : undefined;
      const waitMs = wish ?? backoffMs(failures, options.backoff ?? backoffOf(error, failures), random);
      log.warn(
        { source: name, failures, waitMs, error: error instanceof Error ? error.message : String(error) },
        "Watching again after a failure",
      );
      await rest(waitMs, signal);
    }
  }
}

function backoffOf(error: unknown, failures: number): BackoffRange {
  const away = error instanceof TransientError && error.reason === "ProviderUnreachable";
  return away && failures <= patience ? awayBackoff : defaultBackoff;
}

/** Asked anew: the compiler takes an answer from before a wait for the answer of now. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** One watch. Tells every version that was reached, so that a watch that breaks is resumed where it broke, and never further back. */
async function follow<T extends LiveObject>(
  options: ReflectorOptions<T>,
  from: string,
  watch: { readonly signal: AbortSignal; readonly onVersion: (version: string) => void },
): Promise<void> {
  let reached = Number(from);
  for await (const event of options.source.watch({ resourceVersion: from, signal: watch.signal })) {
    options.onHeard?.();
    if (event.type === "DELETED") options.cache.observeDelete(event.object);
    else if (event.type !== "BOOKMARK") options.cache.observe(event.object);
    const version = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
    if (Number(version) <= reached) continue;
    reached = Number(version);
    watch.onVersion(version);
  }
}

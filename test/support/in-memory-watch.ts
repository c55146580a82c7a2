import type { KubeObject, WatchEvent } from "../../operator/kube/kube-api.ts";
import { ExpiredError } from "../../operator/runtime/errors.ts";

/** One change of the store: from nothing (created), to nothing (gone), or from one to the other. */
export interface Change {
  readonly version: number;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
  /** What a DELETED event shows. */
  readonly last: KubeObject;
}

interface Watcher {
  readonly matches: (object: KubeObject) => boolean;
  readonly queue: WatchEvent<KubeObject>[];
  ended: Error | true | undefined;
  wake: () => void;
}

/** The history of a store and everybody who follows it. */
export class InMemoryWatches {
  readonly #history: Change[] = [];
  readonly #watchers = new Set<Watcher>();
  #oldest: number;

  /** @param oldest - Versions before this one are gone from the start. */
  constructor(oldest: number) {
    this.#oldest = oldest;
  }

  get open(): number {
    return this.#watchers.size;
  }

  publish(change: Change): void {
    this.#history.push(change);
    for (const watcher of this.#watchers) offer(watcher, change);
  }

  /** Forgets what happened up to and including a version: watches from before it are Expired. */
  compact(version: number): void {
    this.#oldest = Math.max(this.#oldest, version);
    while ((this.#history[0]?.version ?? Infinity) <= version) this.#history.shift();
  }

  bookmark(version: number): void {
    for (const watcher of this.#watchers) {
      watcher.queue.push({ type: "BOOKMARK", resourceVersion: String(version) });
      watcher.wake();
    }
  }

  /** Ends every watch: cleanly, or with an error once its queue is empty. */
  end(error?: Error): void {
    for (const watcher of this.#watchers) {
      watcher.ended = error ?? true;
      watcher.wake();
    }
  }

  async *follow(
    from: number,
    matches: (object: KubeObject) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<KubeObject>, void> {
    if (from < this.#oldest) throw new ExpiredError(`too old resource version: ${from} (${this.#oldest})`);
    const watcher: Watcher = { matches, queue: [], ended: undefined, wake: () => undefined };
    for (const change of this.#history) if (change.version > from) offer(watcher, change);
    this.#watchers.add(watcher);
    try {
      yield* drained(watcher, signal);
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}

async function* drained(watcher: Watcher, signal: AbortSignal): AsyncGenerator<WatchEvent<KubeObject>, void> {
  const wake = (): void => {
    watcher.wake();
  };
  signal.addEventListener("abort", wake);
  try {
    while (!signal.aborted) {
      const event = watcher.queue.shift();
      if (event !== undefined) yield event;
      else if (watcher.ended === true) return;
      else if (watcher.ended !== undefined) throw watcher.ended;
      else
        await new Promise<void>((resolve) => {
          watcher.wake = resolve;
        });
    }
  } finally {
    signal.removeEventListener("abort", wake);
  }
}

/** An object that no longer fits a selector is DELETED for those who watch with it. */
function offer(watcher: Watcher, change: Change): void {
  const { before, after } = change;
  const was = before !== undefined && watcher.matches(before);
  if (after !== undefined && watcher.matches(after))
    watcher.queue.push({ type: was ? "MODIFIED" : "ADDED", object: after });
  else if (was) watcher.queue.push({ type: "DELETED", object: change.last });
  watcher.wake();
}

import { keyString, type ObjectKey } from "./reconciler.ts";

/** Lower runs first: a person's change before a child's, both before the periodic look. */
export const priorities = { user: 0, child: 1, resync: 2 } as const;
export type Priority = (typeof priorities)[keyof typeof priorities];

interface Waiting {
  readonly key: ObjectKey;
  readonly priority: Priority;
  readonly order: number;
  /** Since when it waits. */
  readonly since: number;
}

/**
 * Keys to look at. A key that is added twice runs once; a key that is added while it runs, runs again afterwards; a key never runs
 * twice at the same time. Of two delayed adds the earlier wins.
 */
export class WorkQueue {
  readonly #ready = new Map<string, Waiting>();
  readonly #running = new Set<string>();
  readonly #again = new Map<string, Waiting>();
  readonly #timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  readonly #takers: (() => void)[] = [];
  readonly #now: () => number;
  #order = 0;
  #closed = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  get depth(): number {
    return this.#ready.size;
  }

  /** How long the key that waits longest has waited; 0 where none does. What waits for its own run to end counts too. */
  get oldestMs(): number {
    const waiting = [...this.#ready.values(), ...this.#again.values()].map(({ since }) => since);
    return waiting.reduce((oldest, since) => Math.max(oldest, this.#now() - since), 0);
  }

  add(key: ObjectKey, priority: Priority = priorities.child): void {
    if (this.#closed) return;
    const id = keyString(key);
    this.#order += 1;
    const target = this.#running.has(id) ? this.#again : this.#ready;
    const known = target.get(id);
    if (known !== undefined && known.priority <= priority) return;
    target.set(id, { key, priority, order: known?.order ?? this.#order, since: known?.since ?? this.#now() });
    this.#takers.shift()?.();
  }

  addAfter(key: ObjectKey, afterMs: number, priority: Priority = priorities.child): void {
    if (this.#closed) return;
    if (afterMs <= 0) {
      this.add(key, priority);
      return;
    }
    const id = keyString(key);
    const at = this.#now() + afterMs;
    const known = this.#timers.get(id);
    if (known !== undefined && known.at <= at) return;
    if (known !== undefined) clearTimeout(known.timer);
    // A timer holds 31 bits of milliseconds; beyond that it would fire at once.
    const timer = setTimeout(
      () => {
        this.#timers.delete(id);
        this.add(key, priority);
      },
      Math.min(afterMs, 2 ** 31 - 1),
    );
    timer.unref();
    this.#timers.set(id, { at, timer });
  }

  /** The next key, or undefined once the queue is closed and empty. Call done() for it afterwards. */
  async take(): Promise<ObjectKey | undefined> {
    for (;;) {
      const next = this.#pop();
      if (next !== undefined) return next;
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => this.#takers.push(resolve));
    }
  }

  done(key: ObjectKey): void {
    const id = keyString(key);
    this.#running.delete(id);
    const again = this.#again.get(id);
    if (again === undefined) return;
    this.#again.delete(id);
    // Behind those who wait already: a key that never rests would be before them each time.
    this.#order += 1;
    this.#ready.set(id, { ...again, order: this.#order });
    this.#takers.shift()?.();
  }

  /** Takes nothing more in; what waits is dropped, what runs goes on. */
  close(): void {
    this.#closed = true;
    this.#ready.clear();
    this.#again.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const wake of this.#takers.splice(0)) wake();
  }

  #pop(): ObjectKey | undefined {
    let best: [string, Waiting] | undefined;
    for (const entry of this.#ready) {
      if (
        best === undefined ||
        entry[1].priority < best[1].priority ||
        (entry[1].priority === best[1].priority && entry[1].order < best[1].order)
      )
        best = entry;
    }
    if (best === undefined) return undefined;
    this.#ready.delete(best[0]);
    this.#running.add(best[0]);
    const timer = this.#timers.get(best[0]);
    if (timer !== undefined) {
      clearTimeout(timer.timer);
      this.#timers.delete(best[0]);
    }
    return best[1].key;
  }
}

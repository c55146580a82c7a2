import { setTimeout as pause } from "node:timers/promises";
import { ConflictError } from "./errors.ts";
import type { Clock, Logger } from "./reconciler.ts";

/** The lease as every candidate sees it. */
export interface LeaseRecord {
  readonly holder: string;
  readonly renewTime: string;
  readonly durationSeconds: number;
  readonly transitions: number;
  /** Version to write against; undefined while the lease does not exist. */
  readonly version: string | undefined;
}

/** Reads and writes the lease. `put` throws ConflictError if somebody was faster. */
export interface LeaseStore {
  get(): Promise<LeaseRecord>;
  put(record: LeaseRecord): Promise<LeaseRecord>;
}

export interface LeaderOptions {
  readonly store: LeaseStore;
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const durationMs = 15_000;
const deadlineMs = 10_000;
const retryMs = 2_000;

/**
 * Holds a Lease. Clocks of others are never compared: a lease is free when its record has not changed for its duration by our own
 * clock. A lease is a hint, not a lock, so every write outside stays safe without it.
 */
export class Leader {
  readonly #options: LeaderOptions;
  #seen: { readonly text: string; readonly at: number } | undefined;
  #record: LeaseRecord | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** Resolves once the lease is ours, or the signal aborts (false). */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#tryAcquire()) return true;
      await pause(retryMs, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  /** Renews until the signal aborts; resolves earlier when the lease is lost. */
  async keep(signal: AbortSignal): Promise<void> {
    let renewedAt = this.#options.clock.now();
    for (;;) {
      await pause(retryMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        if (!(await this.#tryAcquire())) return;
        renewedAt = this.#options.clock.now();
      } catch (error) {
        this.#options.log.warn(
          { error: error instanceof Error ? error.message : String(error) },
          "Renewing the lease failed",
        );
      }
      if (this.#options.clock.now() - renewedAt > deadlineMs) return;
    }
  }

  /** Hands the lease over, so that the next one need not wait. */
  async release(): Promise<void> {
    if (this.#record?.holder !== this.#options.identity) return;
    await this.#options.store
      .put({ ...this.#record, holder: "", durationSeconds: 1, renewTime: this.#time() })
      .catch(() => undefined);
    this.#record = undefined;
  }

  async #tryAcquire(): Promise<boolean> {
    const { store, identity, clock } = this.#options;
    const current = this.#record?.holder === identity ? this.#record : await store.get();
    const text = `${current.holder} ${current.renewTime}`;
    if (this.#seen?.text !== text) this.#seen = { text, at: clock.now() };
    const free =
      current.holder === "" ||
      current.holder === identity ||
      clock.now() - this.#seen.at > current.durationSeconds * 1000;
    if (!free) return false;
    try {
      const transitions = current.holder === identity ? current.transitions : current.transitions + 1;
      this.#record = await store.put({
        ...current,
        holder: identity,
        durationSeconds: durationMs / 1000,
        renewTime: this.#time(),
        transitions,
      });
      return true;
    } catch (error) {
      this.#record = undefined;
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  #time(): string {
    return new Date(this.#options.clock.now()).toISOString().replace("Z", "000Z");
  }
}

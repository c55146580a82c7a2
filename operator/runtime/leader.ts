import { ConflictError } from "./errors.ts";
import type { Clock, Logger } from "./reconciler.ts";
import { rest } from "./rest.ts";

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
  /** The record that was last seen, and when it runs out unless somebody renews it. */
  #seen: { readonly text: string; readonly until: number } | undefined;
  #record: LeaseRecord | undefined;
  /** How often the lease had changed hands when it came into ours. */
  #transitions: number | undefined;
  /** When the write was sent that last got or renewed the lease. */
  #renewedAt: number | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /**
   * May this process act? By its own clock alone, so that it is true of now: a process that slept past its lease wakes up in the
   * middle of its work, and finds news in its sockets before any timer tells it that it leads no more.
   */
  holds(): boolean {
    return this.#renewedAt !== undefined && this.#options.clock.now() - this.#renewedAt < deadlineMs;
  }

  /** Resolves once the lease is ours, or the signal aborts (false). */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#tryAcquire()) return true;
      await rest(this.#pauseMs(), signal);
    }
    return false;
  }

  /** Renews until the signal aborts; resolves earlier when the lease is lost, or could not be renewed in time. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (;;) {
      await rest(retryMs, signal);
      if (signal.aborted || !this.holds()) return;
      const leftMs = (this.#renewedAt ?? 0) + deadlineMs - clock.now();
      const answered = new AbortController();
      try {
        // A renewal that nobody answers ends with the deadline: by then another may take the lease.
        const renewed = await Promise.race([this.#renew(), rest(leftMs, answered.signal)]);
        if (renewed === false) return;
      } catch (error) {
        log.warn({ error: error instanceof Error ? error.message : String(error) }, "Renewing the lease failed");
      } finally {
        answered.abort();
      }
      if (!this.holds()) return;
    }
  }

  /** Hands the lease over, so that the next one need not wait. */
  async release(): Promise<void> {
    this.#renewedAt = undefined;
    if (this.#record?.holder !== this.#options.identity) return;
    await this.#options.store
      .put({ ...this.#record, holder: "", durationSeconds: 1, renewTime: this.#time() })
      .catch(() => undefined);
    this.#record = undefined;
  }

  /** Without a view, or after a conflict: our own write may be what is there, its answer lost. The lease is ours as long as nobody else has had it. */
  async #renew(): Promise<boolean> {
    if (this.#record !== undefined && (await this.#tryAcquire())) return true;
    const { holder, transitions } = await this.#options.store.get();
    if (holder !== this.#options.identity || transitions !== this.#transitions) return false;
    return await this.#tryAcquire();
  }

  async #tryAcquire(): Promise<boolean> {
    const { store, identity, clock } = this.#options;
    const current = this.#record?.holder === identity ? this.#record : await store.get();
    const text = `${current.holder} ${current.renewTime}`;
    const lastsMs = current.durationSeconds * 1000;
    if (this.#seen?.text !== text) this.#seen = { text, until: clock.now() + lastsMs };
    const free = current.holder === "" || current.holder === identity || clock.now() > this.#seen.until;
    if (!free) return false;
    const askedAt = clock.now();
    try {
      const transitions = current.holder === identity ? current.transitions : current.transitions + 1;
      this.#record = await store.put({
        ...current,
        holder: identity,
        durationSeconds: durationMs / 1000,
        renewTime: this.#time(),
        transitions,
      });
      this.#transitions = transitions;
      this.#renewedAt = askedAt;
      return true;
    } catch (error) {
      this.#record = undefined;
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  /** Until the next question: not beyond the moment at which a lease that nobody renews runs out, or a killed holder costs up to one pause more. */
  #pauseMs(): number {
    const leftMs = (this.#seen?.until ?? 0) - this.#options.clock.now() + 1;
    return leftMs > 0 ? Math.min(retryMs, leftMs) : retryMs;
  }

  #time(): string {
    return new Date(this.#options.clock.now()).toISOString().replace("Z", "000Z");
  }
}

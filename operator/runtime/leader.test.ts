import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConflictError, TransientError } from "./errors.ts";
import { Leader, type LeaseRecord, type LeaseStore } from "./leader.ts";
import { silent } from "../../test/support/silent-logger.ts";

/** The lease on a server: compare and swap by version. */
class InMemoryLease implements LeaseStore {
  record: LeaseRecord = { holder: "", renewTime: "", durationSeconds: 15, transitions: 0, version: undefined };
  #version = 0;
  get(): Promise<LeaseRecord> {
    return Promise.resolve(this.record);
  }
  put(record: LeaseRecord): Promise<LeaseRecord> {
    if (record.version !== this.record.version) return Promise.reject(new ConflictError("stale"));
    this.#version += 1;
    this.record = { ...record, version: String(this.#version) };
    return Promise.resolve(this.record);
  }
}

describe("Leader", () => {
  let lease: InMemoryLease;
  let stop: AbortController;
  beforeEach(() => {
    vi.useFakeTimers();
    lease = new InMemoryLease();
    stop = new AbortController();
  });
  afterEach(() => {
    stop.abort();
    vi.useRealTimers();
  });

  const candidate = (identity: string, store: LeaseStore = lease, skewMs = 0): Leader =>
    new Leader({ store, identity, clock: { now: () => Date.now() + skewMs }, log: silent });

  /** What a promise came to so far. */
  const watched = <T>(promise: Promise<T>): { result: T | undefined; at: number | undefined } => {
    const state: { result: T | undefined; at: number | undefined } = { result: undefined, at: undefined };
    const begin = Date.now();
    void promise.then((result) => {
      state.result = result;
      state.at = Date.now() - begin;
    });
    return state;
  };

  it("takes a lease that nobody holds at once", async () => {
    expect(await candidate("a").acquire(stop.signal)).toBe(true);
    expect(lease.record).toMatchObject({ holder: "a", transitions: 1, durationSeconds: 15 });
    expect(lease.record.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it("gives the lease to one of two who ask at once", async () => {
    const both = [candidate("a"), candidate("b")].map((one) => watched(one.acquire(stop.signal)));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(both.map((one) => one.result)).toEqual([true, undefined]);
    expect(lease.record).toMatchObject({ holder: "a", transitions: 1 });
  });

  it("leaves a lease that is renewed to its holder", async () => {
    const [a, b] = [candidate("a"), candidate("b")];
    await a.acquire(stop.signal);
    const kept = watched(a.keep(stop.signal));
    const waiting = watched(b.acquire(stop.signal));
    await vi.advanceTimersByTimeAsync(600_000);
    expect([lease.record.holder, kept.at, waiting.at]).toEqual(["a", undefined, undefined]);
  });

  it("takes over a lease that was not renewed for its whole duration", async () => {
    await candidate("a").acquire(stop.signal);
    const b = watched(candidate("b").acquire(stop.signal));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(b.result).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([b.result, lease.record.holder, lease.record.transitions]).toEqual([true, "b", 2]);
  });

  it("takes over as soon as the lease has run out, not at the next of its regular questions", async () => {
    await candidate("a").acquire(stop.signal);
    const b = watched(candidate("b").acquire(stop.signal));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(b.result).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2);
    expect([b.result, lease.record.holder]).toEqual([true, "b"]);
  });

  it("does not compare its clock with that of the holder", async () => {
    await candidate("a", lease, -3_600_000).acquire(stop.signal);
    const b = watched(candidate("b").acquire(stop.signal));
    await vi.advanceTimersByTimeAsync(14_000);
    expect([b.result, lease.record.holder]).toEqual([undefined, "a"]);
  });

  it("ends its watch when another has taken the lease", async () => {
    const a = candidate("a");
    await a.acquire(stop.signal);
    const kept = watched(a.keep(stop.signal));
    await lease.put({ ...lease.record, holder: "b", transitions: 2 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(kept.at).toBe(2_000);
    expect(lease.record.holder).toBe("b");
  });

  it("does not take for its own a lease that another has had meanwhile and handed back", async () => {
    const a = candidate("a");
    await a.acquire(stop.signal);
    const kept = watched(a.keep(stop.signal));
    await lease.put({ ...lease.record, holder: "b", transitions: 2 });
    await lease.put({ ...lease.record, holder: "" });
    await vi.advanceTimersByTimeAsync(2_000);
    expect([kept.at, lease.record.holder]).toEqual([2_000, ""]);
  });

  it("stays the leader when the answer to a renewal was lost: the conflict that follows is with itself", async () => {
    let lost = false;
    const store: LeaseStore = {
      get: () => lease.get(),
      put: async (record) => {
        const written = await lease.put(record);
        if (!lost && written.transitions === 1 && Date.now() > begin) {
          lost = true;
          throw new TransientError("ProviderUnreachable", "no answer");
        }
        return written;
      },
    };
    const begin = Date.now();
    const a = candidate("a", store);
    await a.acquire(stop.signal);
    const kept = watched(a.keep(stop.signal));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([lost, kept.at, lease.record.holder]).toEqual([true, undefined, "a"]);
    expect(Date.parse(lease.record.renewTime)).toBe(begin + 60_000);
  });

  it("stays the leader when its version of the lease is stale and nobody else has had it", async () => {
    const a = candidate("a");
    await a.acquire(stop.signal);
    const kept = watched(a.keep(stop.signal));
    await lease.put(lease.record);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([kept.at, lease.record.holder]).toEqual([undefined, "a"]);
  });

  it.each([
    ["fail", () => Promise.reject(new TransientError("ProviderUnreachable", "down"))],
    ["are never answered", () => new Promise<never>(() => undefined)],
  ])("gives up before another may take over when renewals %s", async (_how, put) => {
    const store: LeaseStore = { get: () => lease.get(), put: (record) => lease.put(record) };
    const a = candidate("a", store);
    await a.acquire(stop.signal);
    const kept = watched(a.keep(stop.signal));
    await vi.advanceTimersByTimeAsync(4_000);
    store.put = put;
    store.get = put;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(kept.at).toBeGreaterThanOrEqual(4_000 + 8_000);
    expect(kept.at).toBeLessThan(4_000 + 15_000);
  });

  it("outlasts a failure that passes", async () => {
    const store: LeaseStore = { get: () => lease.get(), put: (record) => lease.put(record) };
    const a = candidate("a", store);
    await a.acquire(stop.signal);
    const kept = watched(a.keep(stop.signal));
    store.put = () => Promise.reject(new TransientError("ProviderUnreachable", "down"));
    await vi.advanceTimersByTimeAsync(6_000);
    store.put = (record) => lease.put(record);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(kept.at).toBeUndefined();
  });

  it("hands the lease over, so that the next need not wait", async () => {
    const [a, b] = [candidate("a"), candidate("b")];
    await a.acquire(stop.signal);
    const waiting = watched(b.acquire(stop.signal));
    await vi.advanceTimersByTimeAsync(4_000);
    await a.release();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([waiting.result, lease.record.holder]).toEqual([true, "b"]);
  });

  it("releases nothing that it does not hold", async () => {
    await candidate("a").acquire(stop.signal);
    await candidate("b").release();
    expect(lease.record.holder).toBe("a");
  });

  it("waits no longer once it is told to stop", async () => {
    await candidate("a").acquire(stop.signal);
    const end = new AbortController();
    const b = watched(candidate("b").acquire(end.signal));
    await vi.advanceTimersByTimeAsync(500);
    end.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect([b.result, b.at]).toEqual([false, 500]);
  });

  it("stops keeping at once when it is told to, and then hands over", async () => {
    const a = candidate("a");
    await a.acquire(stop.signal);
    const kept = watched(a.keep(stop.signal));
    await vi.advanceTimersByTimeAsync(500);
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    await a.release();
    expect([kept.at, lease.record.holder]).toEqual([500, ""]);
  });

  describe("that slept past its lease", () => {
    it("knows it before any timer tells: it wakes up in the middle of its work", async () => {
      let sleptMs = 0;
      const a = new Leader({ store: lease, identity: "a", clock: { now: () => Date.now() + sleptMs }, log: silent });
      expect(a.holds()).toBe(false);
      await a.acquire(stop.signal);
      sleptMs = 9_999;
      expect(a.holds()).toBe(true);
      sleptMs = 10_000;
      expect(a.holds()).toBe(false);
    });

    it("sends no renewal when it wakes up, though the lease is still free", async () => {
      let sleptMs = 0;
      const a = new Leader({ store: lease, identity: "a", clock: { now: () => Date.now() + sleptMs }, log: silent });
      await a.acquire(stop.signal);
      const before = lease.record;
      const kept = watched(a.keep(stop.signal));
      sleptMs = 20_000;
      await vi.advanceTimersByTimeAsync(2_000);
      expect([kept.at, lease.record]).toEqual([2_000, before]);
    });
  });

  it("holds nothing any more once it has handed over", async () => {
    const a = candidate("a");
    await a.acquire(stop.signal);
    await a.release();
    expect(a.holds()).toBe(false);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { priorities, WorkQueue } from "./work-queue.ts";

const key = (name: string) => ({ name });

describe("WorkQueue", () => {
  let queue: WorkQueue;
  beforeEach(() => {
    vi.useFakeTimers();
    queue = new WorkQueue(() => Date.now());
  });
  afterEach(() => vi.useRealTimers());

  /** The names that can be taken now, in order. */
  const drain = async (): Promise<string[]> => {
    const names: string[] = [];
    while (queue.depth > 0) {
      const taken = await queue.take();
      if (taken === undefined) break;
      names.push(taken.name);
      queue.done(taken);
    }
    return names;
  };

  it("gives keys in the order in which they came", async () => {
    for (const name of ["a", "b", "c"]) queue.add(key(name));
    expect(await drain()).toEqual(["a", "b", "c"]);
  });

  it("knows how long the key has waited that waits longest, and forgets it once it was taken", async () => {
    queue.add(key("first"));
    vi.advanceTimersByTime(4_000);
    queue.add(key("second"));
    queue.add(key("first"), priorities.user);
    vi.advanceTimersByTime(1_000);
    expect(queue.oldestMs).toBe(5_000);
    const first = await queue.take();
    expect(queue.oldestMs).toBe(1_000);
    queue.add(key("first"));
    await queue.take();
    vi.advanceTimersByTime(2_000);
    expect([first?.name, queue.oldestMs]).toEqual(["first", 2_000]);
    queue.done(key("first"));
    expect(queue.oldestMs).toBe(2_000);
    await drain();
    expect(queue.oldestMs).toBe(0);
  });

  it("gives the urgent first, and a key its most urgent wish", async () => {
    queue.add(key("resync"), priorities.resync);
    queue.add(key("child"), priorities.child);
    queue.add(key("raised"), priorities.resync);
    queue.add(key("user"), priorities.user);
    queue.add(key("raised"), priorities.user);
    queue.add(key("child"), priorities.resync);
    expect(await drain()).toEqual(["raised", "user", "child", "resync"]);
  });

  it("puts a key that was added while it ran behind those that waited when its run ended", async () => {
    queue.add(key("restless"));
    await queue.take();
    queue.add(key("restless"));
    queue.add(key("patient"));
    queue.done(key("restless"));
    expect(await drain()).toEqual(["patient", "restless"]);
  });

  it("tells keys of different namespaces apart", async () => {
    queue.add({ name: "a", namespace: "x" });
    queue.add({ name: "a", namespace: "y" });
    queue.add({ name: "a" });
    expect(await drain()).toHaveLength(3);
  });

  it("runs a key once, however often it was added before", async () => {
    for (let count = 0; count < 5; count += 1) queue.add(key("a"));
    expect(await drain()).toEqual(["a"]);
  });

  it("keeps a key back while it runs, and gives it once more afterwards", async () => {
    queue.add(key("a"));
    const running = await queue.take();
    queue.add(key("a"));
    queue.add(key("a"), priorities.user);
    queue.add(key("b"));
    expect(await drain()).toEqual(["b"]);
    queue.done(running!);
    expect(await drain()).toEqual(["a"]);
    expect(await drain()).toEqual([]);
  });

  it("wakes who waits", async () => {
    const taken = queue.take();
    queue.add(key("a"));
    expect(await taken).toEqual(key("a"));
  });

  it("gives a delayed key when its time has come, at the earlier of two times", async () => {
    queue.addAfter(key("a"), 5_000);
    queue.addAfter(key("a"), 1_000);
    queue.addAfter(key("a"), 9_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(queue.depth).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await drain()).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await drain()).toEqual([]);
  });

  it("forgets the later look at a key that is taken now: it was just looked at", async () => {
    queue.addAfter(key("a"), 1_000);
    queue.add(key("a"));
    expect(await drain()).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await drain()).toEqual([]);
  });

  it("adds at once what is delayed by nothing", async () => {
    queue.addAfter(key("a"), 0);
    expect(await drain()).toEqual(["a"]);
  });

  it("does not give at once what is delayed by more than a timer holds", async () => {
    queue.addAfter(key("a"), 2 ** 31 + 1_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(queue.depth).toBe(0);
  });

  it("takes nothing in and gives nothing out once it is closed", async () => {
    const waiting = queue.take();
    queue.addAfter(key("late"), 10);
    queue.close();
    queue.add(key("a"));
    queue.addAfter(key("b"), 0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([await waiting, await queue.take()]).toEqual([undefined, undefined]);
  });

  it("drops what waits when it closes, and what was to run again", async () => {
    queue.add(key("a"));
    queue.add(key("b"));
    const running = await queue.take();
    queue.add(key("a"));
    queue.close();
    queue.done(running!);
    expect(await queue.take()).toBeUndefined();
  });
});

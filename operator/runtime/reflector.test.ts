import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExpiredError, TransientError } from "./errors.ts";
import { type LiveObject, LocalCache } from "./object-cache.ts";
import { type ListWatchSource, reflect, type SourceEvent } from "./reflector.ts";
import { silent } from "../../test/support/silent-logger.ts";

const thing = (version: number, name = "a"): LiveObject => ({
  metadata: { name, uid: `${name}-uid`, resourceVersion: String(version) },
});
const added = (version: number, name?: string): SourceEvent<LiveObject> => ({
  type: "ADDED",
  object: thing(version, name),
});

/** One watch of a script: what it tells, and how it ends. */
interface Watch {
  readonly tells?: readonly SourceEvent<LiveObject>[];
  readonly ends: "cleanly" | "never" | Error;
  readonly afterMs?: number;
}

describe("reflect", () => {
  let stop: AbortController;
  let running: Promise<void>;
  beforeEach(() => {
    vi.useFakeTimers();
    stop = new AbortController();
    running = Promise.resolve();
  });
  afterEach(async () => {
    stop.abort();
    await running;
    vi.useRealTimers();
  });

  /** A reflector over a script. `asked` holds the calls: `list` or the version that a watch started from, each with its time. */
  const start = (lists: readonly (Error | { version: string; items?: LiveObject[] })[], watches: readonly Watch[]) => {
    const asked: [string, number][] = [];
    const begin = Date.now();
    const [nextList, nextWatch] = [lists.values(), watches.values()];
    const source: ListWatchSource<LiveObject> = {
      list: () => {
        asked.push(["list", Date.now() - begin]);
        const list = nextList.next().value ?? new Error("no list is left");
        return list instanceof Error
          ? Promise.reject(list)
          : Promise.resolve({ items: list.items ?? [], resourceVersion: list.version });
      },
      watch: async function* ({ resourceVersion, signal }) {
        asked.push([resourceVersion, Date.now() - begin]);
        const watch = nextWatch.next().value ?? { ends: "never" };
        yield* watch.tells ?? [];
        if (watch.afterMs !== undefined) await new Promise((resolve) => setTimeout(resolve, watch.afterMs));
        if (watch.ends instanceof Error) throw watch.ends;
        if (watch.ends === "never") {
          await new Promise<void>((resolve) => {
            if (signal.aborted) resolve();
            signal.addEventListener("abort", () => {
              resolve();
            });
          });
        }
      },
    };
    const cache = new LocalCache<LiveObject>();
    const heard: number[] = [];
    const onHeard = (): void => void heard.push(Date.now() - begin);
    running = reflect({ name: "things", source, cache, log: silent, random: () => 1, onHeard }, stop.signal);
    return {
      asked,
      heard,
      cache,
      names: () =>
        cache
          .list()
          .map((one) => one.metadata.name)
          .sort(),
    };
  };

  it("lists, then watches from there", async () => {
    const { asked, names } = start(
      [{ version: "5", items: [thing(4, "a")] }],
      [{ tells: [added(6, "b")], ends: "never" }],
    );
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.map(([what]) => what)).toEqual(["list", "5"]);
    expect(names()).toEqual(["a", "b"]);
  });

  it("tells when the server said something, and not when it failed or is silent", async () => {
    const { heard } = start(
      [new TransientError("ProviderUnreachable", "down"), { version: "5" }],
      [
        { tells: [{ type: "BOOKMARK", resourceVersion: "9" }], ends: "cleanly", afterMs: 9_000 },
        { ends: new TransientError("ProviderUnreachable", "down"), afterMs: 1_000 },
        { ends: "never" },
      ],
    );
    await vi.advanceTimersByTimeAsync(600_000);
    expect(heard).toEqual([800, 800, 9_800]);
  });

  it("resumes a watch that ends cleanly at once, from the last event or bookmark", async () => {
    const { asked } = start(
      [{ version: "5" }],
      [
        { tells: [added(6)], ends: "cleanly" },
        { tells: [{ type: "BOOKMARK", resourceVersion: "9" }], ends: "cleanly" },
      ],
    );
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual([
      ["list", 0],
      ["5", 0],
      ["6", 0],
      ["9", 0],
    ]);
  });

  it("resumes a watch that broke from where it broke: it once went back to where the watch had begun", async () => {
    const { asked } = start(
      [{ version: "5" }],
      [{ tells: [added(6), added(7, "b")], ends: new TransientError("X", "cut") }],
    );
    await vi.advanceTimersByTimeAsync(800);
    expect(asked).toEqual([
      ["list", 0],
      ["5", 0],
      ["7", 800],
    ]);
  });

  it("never goes back to an older version because of a late event or bookmark", async () => {
    const late: SourceEvent<LiveObject> = { type: "BOOKMARK", resourceVersion: "3" };
    const { asked } = start([{ version: "5" }], [{ tells: [added(8), added(6, "b"), late], ends: "cleanly" }]);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.at(-1)).toEqual(["8", 0]);
  });

  it("pauses when watches end without a word: a server that hung up at once was asked without end", async () => {
    const { asked } = start(
      [{ version: "5" }],
      Array.from({ length: 50 }, () => ({ ends: "cleanly" as const })),
    );
    await vi.advanceTimersByTimeAsync(1_600);
    expect(asked.slice(1)).toEqual([
      ["5", 0],
      ["5", 800],
      ["5", 1_600],
    ]);
  });

  it("lists again when its version is gone, and serves the old content meanwhile", async () => {
    const { asked, names } = start(
      [
        { version: "5", items: [thing(4, "a")] },
        { version: "50", items: [thing(40, "b")] },
      ],
      [{ ends: new ExpiredError("too old") }],
    );
    await vi.advanceTimersByTimeAsync(799);
    expect(names()).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked.map(([what]) => what)).toEqual(["list", "5", "list", "50"]);
    expect(names()).toEqual(["b"]);
  });

  it("waits longer after each failure in a row, up to half a minute, and never gives up", async () => {
    const { asked } = start(
      Array.from({ length: 12 }, () => new TransientError("X", "down")),
      [],
    );
    await vi.advanceTimersByTimeAsync(120_000);
    const times = asked.map(([, at]) => at);
    expect(times.slice(0, 5)).toEqual([0, 800, 2_400, 5_600, 12_000]);
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBe(30_000);
  });

  it("asks a server that is away every two seconds, then more seldom: after a restart it was deaf for half a minute more", async () => {
    const away = new TransientError("ProviderUnreachable", "away");
    const { asked } = start(
      Array.from({ length: 30 }, () => away),
      [],
    );
    await vi.advanceTimersByTimeAsync(180_000);
    const times = asked.map(([, at]) => at);
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect([pauses[0], pauses[1], pauses[2], pauses[19], pauses[20]]).toEqual([800, 1_600, 2_000, 2_000, 30_000]);
  });

  it("lists again soon when its version is gone after an outage: the pauses of the outage went on for half a minute", async () => {
    const outage = Array.from({ length: 8 }, () => ({ ends: new TransientError("X", "away") }));
    const gone = { ends: new ExpiredError("too old") };
    const { asked } = start([{ version: "5" }, { version: "50" }], [...outage, gone]);
    await vi.advanceTimersByTimeAsync(180_000);
    const [[, expiredAt] = ["", 0], [what, listedAt] = ["", 0]] = asked.slice(-3);
    expect([what, listedAt - expiredAt]).toEqual(["list", 800]);
  });

  it("waits longer and longer when each new version is gone at once, too", async () => {
    const { asked } = start(
      Array.from({ length: 4 }, (_none, index) => ({ version: String(index) })),
      Array.from({ length: 3 }, () => ({ ends: new ExpiredError("too old") })),
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.filter(([what]) => what === "list").map(([, at]) => at)).toEqual([0, 800, 2_400, 5_600]);
  });

  it("counts failures anew once a watch has told something", async () => {
    const cut = new TransientError("X", "cut");
    const { asked } = start(
      [{ version: "5" }],
      [...Array.from({ length: 6 }, () => ({ ends: cut })), { tells: [added(6)], ends: cut }],
    );
    await vi.advanceTimersByTimeAsync(120_000);
    const times = asked.map(([, at]) => at);
    expect([asked.at(-1)?.[0], (times.at(-1) ?? 0) - (times.at(-2) ?? 0)]).toEqual(["6", 800]);
  });

  it.each([
    ["ended as it should", "cleanly"],
    ["was cut after a while", new TransientError("X", "cut")],
  ] as const)(
    "counts failures anew after a quiet watch that %s: one break after an old outage cost half a minute",
    async (_how, ends) => {
      const cut = new TransientError("X", "cut");
      const outage = Array.from({ length: 6 }, () => ({ ends: cut }));
      const { asked } = start([{ version: "5" }], [...outage, { ends, afterMs: 18_000 }, { ends: cut }]);
      await vi.advanceTimersByTimeAsync(120_000);
      const [before = 0, last = 0] = asked.slice(-2).map(([, at]) => at);
      expect(last - before).toBeLessThanOrEqual(1_600);
    },
  );

  it("waits as long as the server wishes", async () => {
    const { asked } = start([new TransientError("X", "busy", { retryAfterMs: 7_000 }), { version: "5" }], []);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(asked).toEqual([
      ["list", 0],
      ["list", 7_000],
      ["5", 7_000],
    ]);
  });

  it("does not take a list that failed for an empty one", async () => {
    const { names } = start(
      [{ version: "5", items: [thing(4, "a")] }, new TransientError("ProviderUnreachable", "429 after a restart")],
      [{ ends: new ExpiredError("gone") }],
    );
    await vi.advanceTimersByTimeAsync(2_000);
    expect(names()).toEqual(["a"]);
  });

  it("resumes a quiet watch at once: what happened during a pause would be seen late, every twenty seconds", async () => {
    const { asked } = start([{ version: "5" }], [{ ends: "cleanly", afterMs: 18_000 }]);
    await vi.advanceTimersByTimeAsync(18_000);
    expect(asked.slice(1)).toEqual([
      ["5", 0],
      ["5", 18_000],
    ]);
  });

  it.each([
    ["while it lists in vain", [new TransientError("X", "down")], []],
    ["while it watches", [{ version: "5" }], []],
  ] as const)("ends when it is told to, %s", async (_when, lists, watches) => {
    const { asked } = start([...lists], [...watches]);
    await vi.advanceTimersByTimeAsync(10);
    stop.abort();
    await running;
    const before = asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(before);
  });
});

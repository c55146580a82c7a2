import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Controller, type ControllerOptions } from "./controller.ts";
import { ConflictError, ExpiredError, TerminalError, TransientError, WaitingError } from "./errors.ts";
import {
  gone,
  type Logger,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  requeue,
  settled,
} from "./reconciler.ts";
import { priorities } from "./work-queue.ts";

type Work = (key: ObjectKey, context: ReconcileContext) => Promise<Outcome>;

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

class InMemoryLog implements Logger {
  readonly lines: Line[];
  readonly #fields: Readonly<Record<string, unknown>>;
  constructor(lines: Line[] = [], fields: Readonly<Record<string, unknown>> = {}) {
    this.lines = lines;
    this.#fields = fields;
  }
  #say(level: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
  debug(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#say("debug", fields, message);
  }
  info(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#say("info", fields, message);
  }
  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#say("warn", fields, message);
  }
  error(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#say("error", fields, message);
  }
  child(fields: Readonly<Record<string, unknown>>): Logger {
    return new InMemoryLog(this.lines, { ...this.#fields, ...fields });
  }
}

describe("Controller", () => {
  let stop: AbortController;
  let running: Promise<void>[];
  beforeEach(() => {
    vi.useFakeTimers();
    stop = new AbortController();
    running = [];
  });
  afterEach(async () => {
    stop.abort();
    await Promise.all(running);
    vi.useRealTimers();
  });

  /** A running controller, when it ran which key, what it said and what its gauge shows. */
  const start = (work: Work, options: Partial<ControllerOptions> = {}) => {
    const runs: { readonly name: string; readonly at: number }[] = [];
    const log = new InMemoryLog();
    const results: string[] = [];
    const reasons: (string | undefined)[] = [];
    const gauge = { depth: 0 };
    const begin = Date.now();
    const controller = new Controller({
      name: "thing",
      clock: { now: () => Date.now() },
      random: () => 1,
      log,
      metrics: {
        reconciled: ({ result, reason }) => {
          results.push(result);
          reasons.push(reason);
        },
        depth: (_name, keys) => {
          gauge.depth = keys;
        },
      },
      reconciler: {
        reconcile: (key, context) => {
          runs.push({ name: key.name, at: Date.now() - begin });
          return work(key, context);
        },
      },
      ...options,
    });
    running.push(controller.run(stop.signal));
    return { controller, runs, log, results, reasons, gauge };
  };
  const fine: Work = () => Promise.resolve(settled);
  const failing =
    (error: unknown): Work =>
    () =>
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- any value can be thrown
      Promise.reject(error);
  const timesOf = (runs: readonly { readonly at: number }[]): number[] => runs.map((run) => run.at);

  it("makes a logger only for a reconcile that says something, since redaction costs more with every secret that is known", async () => {
    const made: unknown[] = [];
    class CountingLog extends InMemoryLog {
      override child(fields: Readonly<Record<string, unknown>>): Logger {
        made.push(fields["name"]);
        return super.child(fields);
      }
    }
    const work: Work = ({ name }, context) => {
      if (name === "talkative") context.log.info({}, "said");
      return Promise.resolve(settled);
    };
    const { controller } = start(work, { log: new CountingLog() });
    controller.enqueue({ name: "silent" });
    controller.enqueue({ name: "talkative" });
    await vi.advanceTimersByTimeAsync(10);
    expect(made).toEqual(["talkative"]);
  });

  it("never runs one key in two workers, and runs others meanwhile", async () => {
    const inside = new Map<string, number>();
    let most = 0;
    const { controller, runs } = start(async ({ name }) => {
      const now = (inside.get(name) ?? 0) + 1;
      inside.set(name, now);
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 100));
      inside.set(name, now - 1);
      return settled;
    });
    for (let round = 0; round < 5; round += 1) {
      for (const name of ["a", "b", "c"]) controller.enqueue({ name });
      await vi.advanceTimersByTimeAsync(50);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(most).toBe(1);
    expect(runs.filter((run) => run.at === 0).map((run) => run.name)).toEqual(["a", "b", "c"]);
  });

  it("does what a person asked for before the rest", async () => {
    const { controller, runs } = start(fine, { workers: 1 });
    controller.enqueue({ name: "first" });
    controller.enqueue({ name: "resync" }, priorities.resync);
    controller.enqueue({ name: "child" });
    controller.enqueue({ name: "user" }, priorities.user);
    await vi.advanceTimersByTimeAsync(0);
    expect(runs.map((run) => run.name)).toEqual(["user", "first", "child", "resync"]);
  });

  it("comes back when the outcome says so, and else at the resync", async () => {
    const { controller, runs } = start(({ name }) => Promise.resolve(name === "soon" ? requeue(700) : settled), {
      resyncMs: 10_000,
      random: () => 0.5,
    });
    controller.enqueue({ name: "soon" });
    controller.enqueue({ name: "late" });
    await vi.advanceTimersByTimeAsync(10_500);
    expect(timesOf(runs.filter((run) => run.name === "soon")).slice(0, 3)).toEqual([0, 700, 1_400]);
    expect(timesOf(runs.filter((run) => run.name === "late"))).toEqual([0, 10_000]);
  });

  it("never comes back to what is gone: a key of a deleted object was once looked at every ten hours, for ever", async () => {
    const { controller, runs } = start(() => Promise.resolve(gone), { resyncMs: 10_000 });
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(timesOf(runs)).toEqual([0]);
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(0);
    expect(timesOf(runs)).toEqual([0, 100_000]);
  });

  it("spreads resyncs by a tenth to either side", async () => {
    for (const [random, at] of [
      [0, 9_000],
      [1, 11_000],
    ] as const) {
      const { controller, runs } = start(fine, { resyncMs: 10_000, random: () => random });
      controller.enqueue({ name: "a" });
      await vi.advanceTimersByTimeAsync(11_500);
      expect(timesOf(runs)).toEqual([0, at]);
    }
  });

  it("waits longer after each failure in a row, and begins anew after a success", async () => {
    let broken = true;
    const { controller, runs } = start(() =>
      broken ? Promise.reject(new TransientError("ProviderUnreachable", "down")) : Promise.resolve(settled),
    );
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(250 + 500 + 1_000);
    expect(timesOf(runs)).toEqual([0, 250, 750, 1_750]);
    broken = false;
    await vi.advanceTimersByTimeAsync(2_000);
    broken = true;
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(250);
    expect(timesOf(runs).slice(4)).toEqual([3_750, 3_750, 4_000]);
  });

  it("begins anew when what it failed by seems to be mended: modules once waited for minutes after their Keycloak was back", async () => {
    const { controller, runs } = start(() => Promise.reject(new TransientError("DependencyUnavailable", "away")));
    controller.enqueue({ name: "one" });
    await vi.advanceTimersByTimeAsync(60_000);
    const before = runs.length;
    controller.enqueueAfresh({ name: "one" }, 2_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(runs).toHaveLength(before + 1);
    await vi.advanceTimersByTimeAsync(250);
    expect(runs).toHaveLength(before + 2);
  });

  it("waits at most a quarter of an hour, and never gives up", async () => {
    const { controller, runs } = start(failing(new TransientError("ProviderUnreachable", "down")));
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(6 * 3_600_000);
    const times = timesOf(runs);
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBe(900_000);
    expect(times.at(-1)).toBeGreaterThan(5.5 * 3_600_000);
  });

  it("does not let one failing key hold up the others", async () => {
    const { controller, runs } = start(
      ({ name }) => (name === "bad" ? Promise.reject(new TransientError("X", "down")) : Promise.resolve(settled)),
      { workers: 1 },
    );
    controller.enqueue({ name: "bad" });
    for (const name of ["a", "b"]) controller.enqueue({ name });
    await vi.advanceTimersByTimeAsync(0);
    expect(runs.map((run) => run.name)).toEqual(["bad", "a", "b"]);
  });

  it.each([
    ["a conflict soon, and not as a failure", new ConflictError("stale"), [0, 250, 500, 750], "debug"],
    ["an expired view likewise", new ExpiredError("gone"), [0, 250, 500, 750], "debug"],
    ["a wait after its own time", new WaitingError("X", "later", { retryAfterMs: 400 }), [0, 400, 800], "info"],
    ["what a person must change not at all", new TerminalError("InvalidSpec", "bad"), [0], "warn"],
    ["a failure after the server's wish", new TransientError("X", "m", { retryAfterMs: 600 }), [0, 600], "error"],
    ["an error of no kind as a bug of ours, with back-off", new TypeError("x is undefined"), [0, 250, 750], "error"],
    ["a thrown text too", "oops", [0, 250, 750], "error"],
  ])("tries again %s", async (_claim, error, times, level) => {
    const { controller, runs, log } = start(failing(error));
    controller.enqueue({ name: "a", namespace: "n" });
    await vi.advanceTimersByTimeAsync(800);
    expect(timesOf(runs)).toEqual(times);
    expect(log.lines[0]).toMatchObject({ level, fields: { controller: "thing", name: "a", namespace: "n" } });
  });

  it.each([
    ["stale", new ConflictError("stale")],
    ["waiting", new WaitingError("DependencyMissing", "a Secret is missing")],
    ["stopped", new TerminalError("InvalidSpec", "bad")],
    ["error", new TransientError("DependencyUnavailable", "down")],
    ["error", new TypeError("x is undefined")],
  ])("counts what ends as %s by its reason: only what failed is a failure", async (result, error) => {
    const { controller, results, reasons } = start(failing(error));
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(0);
    expect([results, reasons]).toEqual([[result], ["reason" in error ? error.reason : "InternalError"]]);
  });

  it("says controller, object and one id of the reconcile on each of its lines, and another id the next time", async () => {
    const { controller, log } = start((_key, context) => {
      context.log.info({}, "begun");
      return Promise.reject(new TransientError("DependencyUnavailable", "The API server answered 500."));
    });
    controller.enqueue({ namespace: "n", name: "a" });
    await vi.advanceTimersByTimeAsync(250);
    const lines = log.lines.map(({ fields, message }) => [fields["reconcileID"], fields["name"], message]);
    const [first, , next] = lines.map(([id]) => id);
    expect(lines).toEqual(
      [first, first, next, next].map((id, index) => [
        id,
        "a",
        index % 2 === 0 ? "begun" : "Reconcile failed; trying again",
      ]),
    );
    expect(log.lines.every(({ fields }) => fields["controller"] === "thing" && fields["namespace"] === "n")).toBe(true);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(next).not.toBe(first);
  });

  it("survives a reconciler that throws before it promises anything", async () => {
    const { controller, runs, results } = start(() => {
      throw new RangeError("too deep");
    });
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(250);
    expect([timesOf(runs), results]).toEqual([
      [0, 250],
      ["error", "error"],
    ]);
  });

  it("does not count a bug that a person must see as anything but an error, with its stack", async () => {
    const { controller, log } = start(failing(new TypeError("x is undefined")));
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(0);
    expect(log.lines[0]?.fields["reason"]).toBe("InternalError");
    expect(log.lines[0]?.fields["stack"]).toContain("controller.test.ts");
  });

  it("shows an empty queue as empty again: the gauge once stayed at what was added last", async () => {
    const { controller, gauge } = start(fine, { workers: 1 });
    for (const name of ["a", "b", "c"]) controller.enqueue({ name });
    expect(gauge.depth).toBe(3);
    await vi.advanceTimersByTimeAsync(0);
    expect(gauge.depth).toBe(0);
  });

  it("ends when what runs has ended, starts nothing new, and logs no failure of what was cut off", async () => {
    let aborted = false;
    const { controller, runs, log } = start(
      async (_key, { signal }) => {
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new TransientError("Timeout", "cancelled"));
          });
        });
        return settled;
      },
      { workers: 1 },
    );
    controller.enqueue({ name: "a" });
    controller.enqueue({ name: "b" });
    await vi.advanceTimersByTimeAsync(0);
    stop.abort();
    await Promise.all(running);
    expect([aborted, runs.map((run) => run.name), log.lines]).toEqual([true, ["a"], []]);
  });

  it("ends at once when it is stopped before it starts", async () => {
    stop.abort();
    const { controller, runs } = start(fine);
    controller.enqueue({ name: "a" });
    await Promise.all(running);
    expect(runs).toEqual([]);
  });

  it("begins nothing once it may no longer act: a leader that slept past its lease went to work on what had come meanwhile", async () => {
    let leading = true;
    const { controller, runs } = start(fine, { leads: () => leading });
    controller.enqueue({ name: "a" });
    await vi.advanceTimersByTimeAsync(0);
    leading = false;
    controller.enqueue({ name: "b" });
    await vi.advanceTimersByTimeAsync(0);
    expect(runs.map((run) => run.name)).toEqual(["a"]);
  });
});

import { randomUUID } from "node:crypto";
import { backoffMs, type Random } from "./backoff.ts";
import {
  asOperatorError,
  ConflictError,
  ExpiredError,
  InternalError,
  type OperatorError,
  TerminalError,
  TransientError,
  WaitingError,
} from "./errors.ts";
import { type Clock, keyString, type Logger, type ObjectKey, type Reconciler } from "./reconciler.ts";
import { priorities, type Priority, WorkQueue } from "./work-queue.ts";

/** How a reconcile ended. Only `error` is a failure: it is tried again with growing pauses. */
export interface Reconciled {
  readonly controller: string;
  readonly result: "success" | "requeue_after" | "waiting" | "stale" | "stopped" | "error";
  readonly seconds: number;
  /** Of what did not succeed. */
  readonly reason?: string;
}

/** Counts for people who watch; implemented in telemetry. */
export interface ControllerMetrics {
  reconciled(ended: Reconciled): void;
  depth(controller: string, keys: number): void;
}

export interface ControllerOptions {
  readonly name: string;
  readonly reconciler: Reconciler;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  /** @defaultValue 8 */
  readonly workers?: number;
  /** One reconcile may take this long. @defaultValue 3 minutes */
  readonly timeoutMs?: number;
  /** May this process act? Asked before each reconcile; a key that comes while it may not is dropped. @defaultValue always */
  readonly leads?: () => boolean;
  /** A look at everything that nothing asked for. @defaultValue 10 h ± 10 % */
  readonly resyncMs?: number;
}

const failureBackoff = { firstMs: 250, longestMs: 900_000 };
const hour = 3_600_000;

/** Queue, workers and one reconciler. Errors decide the next look; only here are they logged. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #failures = new Map<string, number>();

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(() => options.clock.now());
  }

  get name(): string {
    return this.#options.name;
  }

  /** How long the key that waits longest has waited for a worker. */
  get oldestMs(): number {
    return this.#queue.oldestMs;
  }

  /** @param afterMs - The look may wait for so long; what asks for one meanwhile is looked at with it. */
  enqueue(key: ObjectKey, priority: Priority = priorities.child, afterMs = 0): void {
    this.#queue.addAfter(key, afterMs, priority);
    this.#options.metrics.depth(this.name, this.#queue.depth);
  }

  /** For when what it failed by seems to be mended: should it fail once more, it is tried again as soon as after its first failure. */
  enqueueAfresh(key: ObjectKey, afterMs: number): void {
    this.#failures.delete(keyString(key));
    this.enqueue(key, priorities.child, afterMs);
  }

  /** Works until the signal aborts and the running reconciles have ended. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener(
      "abort",
      () => {
        this.#queue.close();
      },
      { once: true },
    );
    if (signal.aborted) this.#queue.close();
    await Promise.all(Array.from({ length: this.#options.workers ?? 8 }, () => this.#work(signal)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      this.#options.metrics.depth(this.name, this.#queue.depth);
      if (this.#options.leads?.() ?? true) await this.#reconcile(key, signal);
      this.#queue.done(key);
    }
  }

  async #reconcile(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics, reconciler, timeoutMs = 180_000 } = this.#options;
    const { name } = this;
    const started = clock.now();
    // Made when it is first used: most passes say nothing, and redaction costs a search for every secret that is known.
    let own: Logger | undefined;
    const context = {
      get log(): Logger {
        return (own ??= log.child({ controller: name, ...key, reconcileID: randomUUID() }));
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    };
    const seconds = () => (clock.now() - started) / 1000;
    try {
      const outcome = await reconciler.reconcile(key, context);
      this.#failures.delete(keyString(key));
      // Resyncs of objects that are gone would pile up for as long as the process lives.
      if (outcome.kind !== "gone") {
        const afterMs = outcome.kind === "requeue" ? outcome.afterMs : this.#resyncMs();
        this.#queue.addAfter(key, afterMs, afterMs === 0 ? priorities.user : priorities.resync);
      }
      const result = outcome.kind === "requeue" ? "requeue_after" : "success";
      metrics.reconciled({ controller: name, result, seconds: seconds() });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asOperatorError(thrown);
      const result = this.#retry(key, error, context.log);
      metrics.reconciled({ controller: name, result, seconds: seconds(), reason: error.reason });
    }
  }

  /** One arm per kind of error: what should happen next is all that an error says. */
  #retry(key: ObjectKey, error: OperatorError, log: Logger): Reconciled["result"] {
    const id = keyString(key);
    if (error instanceof ConflictError || error instanceof ExpiredError) {
      this.#queue.addAfter(key, backoffMs(1, failureBackoff, this.#options.random), priorities.user);
      log.debug({ why: error.message }, "Looking again: the view was stale");
      return "stale";
    }
    if (error instanceof WaitingError) {
      this.#queue.addAfter(key, error.retryAfterMs);
      log.info({ reason: error.reason, why: error.message, afterMs: error.retryAfterMs }, "Waiting");
      return "waiting";
    }
    if (error instanceof TerminalError) {
      this.#failures.delete(id);
      this.#queue.addAfter(key, this.#resyncMs(), priorities.resync);
      log.warn({ reason: error.reason, why: error.message }, "Stopped until something changes");
      return "stopped";
    }
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    const wish = error instanceof TransientError ? error.retryAfterMs : undefined;
    const afterMs = Math.max(wish ?? 0, backoffMs(failures, failureBackoff, this.#options.random));
    this.#queue.addAfter(key, afterMs);
    const stack = error instanceof InternalError && error.cause instanceof Error ? error.cause.stack : undefined;
    log.error({ reason: error.reason, why: error.message, failures, afterMs, stack }, "Reconcile failed; trying again");
    return "error";
  }

  #resyncMs(): number {
    const whole = this.#options.resyncMs ?? 10 * hour;
    return whole * (0.9 + this.#options.random() * 0.2);
  }
}

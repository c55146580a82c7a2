import { ExpiredError } from "./errors.ts";
import { type CacheOptions, type LiveObject, LocalCache } from "./object-cache.ts";
import type { ListWatchSource } from "./reflector.ts";

/** Whether a server has a kind that it may lack; read from the cache of what defines the kind. */
export class KindGate<T extends LiveObject = LiveObject> {
  readonly #definitions: LocalCache<T>;
  readonly #inForce: (definition: T) => boolean;

  constructor(definitions: LocalCache<T>, inForce: (definition: T) => boolean) {
    this.#definitions = definitions;
    this.#inForce = inForce;
  }

  get isOpen(): boolean {
    return this.#definitions.list().some(this.#inForce);
  }

  /** The server was asked, and it lacks the kind. */
  get isShut(): boolean {
    return this.#definitions.hasSynced && !this.isOpen;
  }

  onChange(listener: () => void): void {
    this.#definitions.onChange(listener);
  }

  /** Resolves when the kind is there, or when the signal aborts. Costs no request. */
  opened(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let waiting = true;
      const look = (): void => {
        if (!waiting || !(this.isOpen || signal.aborted)) return;
        waiting = false;
        signal.removeEventListener("abort", look);
        resolve();
      };
      this.onChange(look);
      signal.addEventListener("abort", look);
      look();
    });
  }
}

type Gate = Pick<KindGate, "isOpen" | "isShut" | "onChange" | "opened">;

/** A cache of such a kind. It counts as synced only while the kind is there and was listed since it came. */
export class OptionalCache<T extends LiveObject> extends LocalCache<T> {
  readonly #gate: Gate;
  readonly #listeners: (() => void)[] = [];
  #listed = false;

  constructor(gate: Gate, options: CacheOptions<T> = {}) {
    super(options);
    this.#gate = gate;
    gate.onChange(() => {
      if (gate.isOpen || !this.#listed) return;
      this.#listed = false;
      this.#tell();
    });
  }

  override get hasSynced(): boolean {
    return this.#listed;
  }

  /** The server was asked, and it lacks the kind: there is nothing to wait for. */
  get isAbsent(): boolean {
    return this.#gate.isShut;
  }

  /** Called when the kind can be used from now on, and when it no longer can. */
  onAvailability(listener: () => void): void {
    this.#listeners.push(listener);
  }

  override replace(objects: readonly T[], listVersion: string): void {
    super.replace(objects, listVersion);
    // A list that was asked for before the kind went says nothing about the kind of now.
    if (this.#listed || !this.#gate.isOpen) return;
    this.#listed = true;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The source of such a kind: waits without a request until the kind is there, and lists anew after it went and came back. */
export function optionalSource<T>(source: ListWatchSource<T>, gate: Gate): ListWatchSource<T> {
  return {
    list: async (signal) => {
      await gate.opened(signal);
      signal.throwIfAborted();
      return await source.list(signal);
    },
    watch: (from) => {
      if (!gate.isOpen) throw new ExpiredError("The kind is no longer there.");
      return source.watch(from);
    },
  };
}

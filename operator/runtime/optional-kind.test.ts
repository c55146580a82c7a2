import { describe, expect, it } from "vitest";
import { type LiveObject, LocalCache } from "./object-cache.ts";
import { KindGate, OptionalCache, optionalSource } from "./optional-kind.ts";
import { reflect } from "./reflector.ts";
import type { Logger } from "./reconciler.ts";

interface Definition extends LiveObject {
  readonly inForce: boolean;
}
let version = 0;
const object = (name: string): LiveObject => ({
  metadata: { name, uid: name, resourceVersion: String((version += 1)) },
});
const definition = (inForce: boolean): Definition => ({ ...object("kind"), inForce });
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** A server that has a kind or not, and counts what it is asked for. */
function world() {
  const definitions = new LocalCache<Definition>();
  const gate = new KindGate(definitions, ({ inForce }) => inForce);
  const cache = new OptionalCache<LiveObject>(gate);
  const asked: string[] = [];
  const stop = new AbortController();
  let endWatch = (): void => undefined;
  const source = optionalSource<LiveObject>(
    {
      list: () => {
        asked.push("list");
        return Promise.resolve({ items: [object(`thing${asked.length}`)], resourceVersion: String((version += 1)) });
      },
      watch: async function* () {
        asked.push("watch");
        await new Promise<void>((resolve) => {
          endWatch = resolve;
        });
        yield* [];
      },
    },
    gate,
  );
  const backoff = { firstMs: 1, longestMs: 1 };
  const done = reflect({ name: "thing", source, cache, log: silent, random: () => 0, backoff }, stop.signal);
  return {
    definitions,
    gate,
    cache,
    asked,
    stop,
    done,
    endWatch: () => {
      endWatch();
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe("a kind that a server may lack", () => {
  it("is not asked for while the server lacks it, and there is nothing to wait for", async () => {
    const { definitions, cache, asked, stop, done } = world();
    expect(cache.isAbsent).toBe(false);
    definitions.replace([], "0");
    await turn();
    expect(asked).toEqual([]);
    expect(cache.hasSynced).toBe(false);
    expect(cache.isAbsent).toBe(true);
    stop.abort();
    await done;
    expect(asked).toEqual([]);
  });

  it("is listed and followed once its definition is in force, and whoever waits is told", async () => {
    const { definitions, cache, asked, stop, done, endWatch } = world();
    const told: boolean[] = [];
    cache.onAvailability(() => told.push(cache.hasSynced));
    definitions.replace([], "0");
    definitions.observe(definition(false));
    await turn();
    expect(asked).toEqual([]);
    definitions.observe(definition(true));
    await turn();
    expect(asked).toEqual(["list", "watch"]);
    expect(cache.hasSynced).toBe(true);
    expect(told).toEqual([true]);
    stop.abort();
    endWatch();
    await done;
  });

  it("is not there because of a list that was answered after it went", () => {
    const definitions = new LocalCache<Definition>();
    const cache = new OptionalCache<LiveObject>(new KindGate(definitions, ({ inForce }) => inForce));
    definitions.replace([], "0");
    cache.replace([object("late")], "1");
    expect(cache.hasSynced).toBe(false);
  });

  it("is no longer asked for when it is gone, and listed anew when it comes back", async () => {
    const { definitions, cache, asked, stop, done, endWatch } = world();
    const told: boolean[] = [];
    definitions.replace([], "0");
    definitions.observe(definition(true));
    await turn();
    cache.onAvailability(() => told.push(cache.hasSynced));
    definitions.observeDelete(definition(true));
    expect(told).toEqual([false]);
    expect(cache.isAbsent).toBe(true);
    endWatch();
    await turn();
    expect(asked).toEqual(["list", "watch"]);
    definitions.observe(definition(true));
    expect(cache.hasSynced).toBe(false);
    await turn();
    expect(asked).toEqual(["list", "watch", "list", "watch"]);
    expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(["thing3"]);
    stop.abort();
    endWatch();
    await done;
  });
});

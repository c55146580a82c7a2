import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { KubeObject, ResourceType } from "../../operator/kube/kube-api.ts";
import { LocalCache } from "../../operator/runtime/object-cache.ts";
import { reflect } from "../../operator/runtime/reflector.ts";
import { fc, runs } from "../support/fast-check.ts";
import { type CallFault, type EventFault, FaultyKubeApi } from "../support/faulty-kube-api.ts";
import { InMemoryKubeApi } from "../support/in-memory-kube-api.ts";
import { silent } from "../support/silent-logger.ts";

const type: ResourceType = { apiVersion: "v1", kind: "Thing", plural: "things", namespaced: false };
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** One thing that happens to the world. `ours` is done by this process, which notes it in its cache, `late` turns after the answer. */
interface Deed {
  readonly name: string;
  readonly what: "write" | "delete" | "replace" | "compact" | "end watches";
  readonly ours: boolean;
  readonly late: number;
  readonly rest: number;
}
const deed: fc.Arbitrary<Deed> = fc.record({
  name: fc.constantFrom("a", "b", "c"),
  what: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom("write" as const, "delete" as const) },
    { weight: 1, arbitrary: fc.constantFrom("replace" as const, "compact" as const, "end watches" as const) },
  ),
  ours: fc.boolean(),
  late: fc.nat({ max: 6 }),
  rest: fc.nat({ max: 4 }),
});
const listFaults = fc.array(
  fc.constantFrom<CallFault | undefined>(undefined, "refused", "answer lost", "answer late"),
  {
    maxLength: 6,
  },
);
const eventFaults = fc.array(
  fc.constantFrom<EventFault | undefined>(undefined, "cut", "ended", "expired", "twice", "said again later"),
  { maxLength: 20 },
);

class World {
  readonly server = new InMemoryKubeApi({ types: [type] });
  readonly cache = new LocalCache<KubeObject>();
  readonly broken: string[] = [];
  #count = 0;

  constructor() {
    const gone = new Set<string>();
    this.cache.onChange((after, before) => {
      if (after !== undefined && gone.has(after.metadata.uid)) this.broken.push(`resurrected ${text(after)}`);
      if (after !== undefined && before !== undefined && version(after) <= version(before))
        this.broken.push(`went back from ${text(before)} to ${text(after)}`);
      if (before === undefined || before.metadata.uid === after?.metadata.uid) return;
      gone.add(before.metadata.uid);
      if (this.server.objects().some((object) => object.metadata.uid === before.metadata.uid))
        this.broken.push(`lost ${text(before)}`);
    });
  }

  async happen(deed: Deed): Promise<void> {
    const ref = { apiVersion: "v1", kind: "Thing", name: deed.name };
    if (deed.what === "compact") this.server.compact();
    else if (deed.what === "end watches") this.server.endWatches();
    else if (deed.what === "write") this.#noteWrite(deed, await this.#write(deed.name));
    else {
      const live = await this.server.get(ref);
      if (live === undefined) return;
      await this.server.delete(ref, { uid: live.metadata.uid });
      this.#later(deed, () => {
        this.cache.noteDelete(live);
      });
      if (deed.what === "replace") this.#noteWrite(deed, await this.#write(deed.name));
    }
  }

  #write(name: string): Promise<KubeObject> {
    this.#count += 1;
    return this.server.apply(
      { apiVersion: "v1", kind: "Thing", metadata: { name }, spec: { count: this.#count } },
      { fieldManager: "test" },
    );
  }

  #noteWrite(deed: Deed, written: KubeObject): void {
    this.#later(deed, () => {
      this.cache.noteWrite(written);
    });
  }

  #later(deed: Deed, note: () => void): void {
    if (deed.ours) void turns(deed.late).then(note);
  }
}

const version = (object: KubeObject): number => Number(object.metadata.resourceVersion);
const text = (object: KubeObject): string => `${object.metadata.name}@${object.metadata.resourceVersion}`;
const contents = (objects: readonly KubeObject[]): string[] =>
  objects
    .filter((object) => object.kind === "Thing")
    .map((object) => `${object.metadata.uid} ${text(object)}`)
    .sort();

describe("A cache behind a source that fails", () => {
  it("never loses a key, never brings back a deleted one, never goes back, and equals the server once the faults stop", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 40 }), listFaults, eventFaults, async (deeds, lists, events) => {
        const world = new World();
        const [nextList, nextEvent] = [lists.values(), events.values()];
        const source = new FaultyKubeApi(world.server, {
          call: () => nextList.next().value,
          event: () => nextEvent.next().value,
        });
        const stop = new AbortController();
        const running = reflect(
          {
            name: "things",
            cache: world.cache,
            log: silent,
            random: () => 1,
            backoff: { firstMs: 1, longestMs: 2 },
            source: { list: () => source.list(type), watch: (from) => source.watch(type, from) },
          },
          stop.signal,
        );
        for (const one of deeds) {
          await world.happen(one);
          await turns(one.rest);
        }
        const same = (): boolean =>
          world.cache.hasSynced && contents(world.cache.list()).join() === contents(world.server.objects()).join();
        // What is on its way may still part them: they must be equal for a while.
        const deadline = Date.now() + 5_000;
        for (let calm = 0; calm < 3 && Date.now() < deadline; calm = same() ? calm + 1 : 0) await pause(1);
        stop.abort();
        await running;
        expect(world.broken).toEqual([]);
        expect(contents(world.cache.list())).toEqual(contents(world.server.objects()));
      }),
      { numRuns: runs(300) },
    );
  });
});

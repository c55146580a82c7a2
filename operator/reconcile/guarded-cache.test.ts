import { describe, expect, it } from "vitest";
import type { Parsed } from "../../crds/v1alpha1/parse.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import type { Logger } from "../runtime/reconciler.ts";
import { GuardedCache } from "./guarded-cache.ts";

interface Thing extends KubeObject {
  readonly size: number;
}
const thing = (name: string, version: number, size: unknown = 1): Thing =>
  ({
    apiVersion: "v1",
    kind: "Thing",
    metadata: { name, uid: `uid of ${name}`, resourceVersion: String(version) },
    size,
  }) as Thing;

function world() {
  const parses: string[] = [];
  const lines: object[] = [];
  const error = (fields: object): void => void lines.push(fields);
  const log = { error } as unknown as Logger;
  const parse = (object: unknown): Parsed<Thing> => {
    const value = object as Thing;
    parses.push(`${value.metadata.name} ${value.metadata.resourceVersion}`);
    return typeof value.size === "number"
      ? { ok: true, value: { ...value, parsed: true } }
      : { ok: false, issues: [{ path: "size", message: "expected number" }] };
  };
  const cache = new GuardedCache<Thing>({ parse, log, indexes: { name: ({ metadata }) => [metadata.name] } });
  const seen = () => cache.list().map(({ metadata, parsed }) => [metadata.name, metadata.resourceVersion, parsed]);
  return { cache, parses, lines, seen };
}

describe("GuardedCache", () => {
  it.each<[string, (cache: GuardedCache<Thing>, object: Thing) => void]>([
    [
      "a list",
      (cache, object) => {
        cache.replace([object], "9");
      },
    ],
    [
      "an event",
      (cache, object) => {
        cache.observe(object);
      },
    ],
    [
      "a write of ours",
      (cache, object) => {
        cache.noteWrite(object);
      },
    ],
  ])("lets %s in as what its type promises, and keeps out what is not", (_way, enter) => {
    const { cache, seen, lines } = world();
    enter(cache, thing("a", 5));
    expect(seen()).toEqual([["a", "5", true]]);
    const other = world();
    enter(other.cache, thing("a", 5, "big"));
    expect(other.seen()).toEqual([]);
    expect([lines, other.lines]).toEqual([
      [],
      [{ kind: "Thing", name: "a", namespace: undefined, issues: [{ path: "size", message: "expected number" }] }],
    ]);
  });

  it("lets go of what no longer fits, and takes it back when it fits again", () => {
    const { cache, seen } = world();
    cache.replace([thing("a", 5)], "5");
    cache.observe(thing("a", 6, "big"));
    expect([seen(), cache.byIndex("name", "a")]).toEqual([[], []]);
    cache.observe(thing("a", 7));
    expect(seen()).toEqual([["a", "7", true]]);
  });

  it("says once what is wrong, and again when that has changed or came back", () => {
    const { cache, lines } = world();
    cache.replace([thing("a", 5, "big")], "5");
    cache.observe(thing("a", 6, "bigger"));
    cache.replace([thing("a", 6, "bigger")], "8");
    expect(lines).toHaveLength(1);
    cache.observe(thing("a", 9));
    cache.observe(thing("a", 10, "big"));
    expect(lines).toHaveLength(2);
  });

  it("never says what was wrong, only where", () => {
    const { cache, lines } = world();
    cache.observe(thing("a", 5, "a secret"));
    expect(JSON.stringify(lines)).not.toContain("a secret");
  });

  it("parses each version once: a write, its echo and the next list are one", () => {
    const { cache, parses } = world();
    cache.noteWrite(thing("a", 5));
    cache.observe(thing("a", 5));
    cache.replace([thing("a", 5), thing("b", 6)], "6");
    expect(parses).toEqual(["a 5", "b 6"]);
  });

  it("lets nothing come back that went", () => {
    const { cache, seen } = world();
    cache.replace([thing("a", 5)], "5");
    cache.noteDelete(thing("a", 6));
    cache.observe(thing("a", 6));
    cache.observeDelete(thing("a", 7, "big"));
    expect(seen()).toEqual([]);
  });
});

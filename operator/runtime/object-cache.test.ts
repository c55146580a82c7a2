import { beforeEach, describe, expect, it } from "vitest";
import { type LiveObject, LocalCache } from "./object-cache.ts";

interface Thing extends LiveObject {
  readonly colour?: string;
}

const thing = (
  version: number,
  more: { name?: string; namespace?: string; uid?: string; colour?: string } = {},
): Thing => {
  const { name = "a", namespace, uid = "u1", colour } = more;
  return {
    metadata: { name, uid, resourceVersion: String(version), ...(namespace === undefined ? {} : { namespace }) },
    ...(colour === undefined ? {} : { colour }),
  };
};

describe("LocalCache", () => {
  let cache: LocalCache<Thing>;
  beforeEach(() => {
    cache = new LocalCache<Thing>({ indexes: { colour: (one) => (one.colour === undefined ? [] : [one.colour]) } });
    cache.replace([], "1");
  });
  const version = (name = "a"): string | undefined => cache.get({ name })?.metadata.resourceVersion;

  it("is synced once it has seen a whole list", () => {
    const fresh = new LocalCache<Thing>();
    fresh.observe(thing(5));
    expect(fresh.hasSynced).toBe(false);
    fresh.replace([], "6");
    expect(fresh.hasSynced).toBe(true);
  });

  it("tells namespaces apart", () => {
    cache.observe(thing(5, { namespace: "x" }));
    cache.observe(thing(6, { namespace: "y", uid: "u2" }));
    expect(cache.get({ name: "a", namespace: "x" })?.metadata.uid).toBe("u1");
    expect([cache.get({ name: "a" }), cache.list().length]).toEqual([undefined, 2]);
  });

  describe("says when it has reached a version", () => {
    const deadlineMs = 5_000;

    it("that it has seen, at once", async () => {
      cache.observe(thing(5));
      expect(await cache.reaches("5", deadlineMs)).toBe(true);
      expect(await cache.reaches("4", deadlineMs)).toBe(true);
    });

    it("as soon as an event brings it, with what that event changed", async () => {
      cache.noteWrite(thing(7));
      const reached = cache.reaches("7", deadlineMs).then((yes) => [yes, cache.list().length]);
      cache.observe(thing(6, { name: "b", uid: "u2" }));
      expect(await Promise.race([reached, Promise.resolve("not yet")])).toBe("not yet");
      cache.observe(thing(8, { name: "c", uid: "u3" }));
      expect(await reached).toEqual([true, 3]);
    });

    it("as soon as a list brings it", async () => {
      const reached = cache.reaches("7", deadlineMs);
      cache.replace([thing(5)], "9");
      expect(await reached).toBe(true);
    });

    it("or that it takes too long, or that it follows nothing", async () => {
      expect(await cache.reaches("7", 1)).toBe(false);
      expect(await new LocalCache<Thing>().reaches("1", deadlineMs)).toBe(false);
    });
  });

  it("tells whether a change is our own write, or the server's word", () => {
    const told: unknown[] = [];
    cache.onChange((after, before, ours) => told.push([(after ?? before)?.metadata.resourceVersion, ours]));
    cache.noteWrite(thing(5));
    cache.observe(thing(5));
    cache.observe(thing(6));
    cache.noteDelete(thing(6));
    expect(told).toEqual([
      ["5", true],
      ["6", false],
      ["6", true],
    ]);
  });

  describe("shows our own writes at once", () => {
    it("and no event of an older version replaces them", () => {
      cache.noteWrite(thing(7));
      cache.observe(thing(5));
      expect(version()).toBe("7");
      cache.observe(thing(8));
      expect(version()).toBe("8");
    });

    it("nor does an event of the object that bore the name before", () => {
      cache.observe(thing(5, { uid: "old" }));
      cache.noteWrite(thing(9, { uid: "new" }));
      cache.observe(thing(6, { uid: "old" }));
      cache.observeDelete(thing(8, { uid: "old" }));
      expect(cache.get({ name: "a" })?.metadata.uid).toBe("new");
    });

    it("nor does a list that was made before the write", () => {
      cache.noteWrite(thing(7));
      cache.replace([], "6");
      expect(version()).toBe("7");
      cache.replace([thing(5)], "6");
      expect(version()).toBe("7");
    });

    it("but a list that was made after it does", () => {
      cache.noteWrite(thing(7));
      cache.replace([], "8");
      expect(version()).toBeUndefined();
    });

    it("unless the answer was so slow that the watch has already told of the object's end", () => {
      cache.observe(thing(5));
      cache.observeDelete(thing(8));
      cache.noteWrite(thing(7));
      expect(version()).toBeUndefined();
    });

    it("and a selector that an object left and met again does not lose it", () => {
      cache.observe(thing(5));
      cache.noteWrite(thing(9));
      cache.observeDelete(thing(7));
      expect(version()).toBe("9");
    });
  });

  describe("never brings back what we deleted", () => {
    beforeEach(() => {
      cache.noteWrite(thing(5));
      cache.noteDelete(thing(5));
    });

    it.each([
      [
        "by a late event",
        () => {
          cache.observe(thing(6));
        },
      ],
      [
        "by a list from before",
        () => {
          cache.replace([thing(5)], "6");
        },
      ],
      [
        "by the events that follow a list from before",
        () => {
          cache.replace([thing(5)], "6");
          cache.observe(thing(7));
        },
      ],
      [
        "by a list from before the object, and its events",
        () => {
          cache.replace([], "4");
          cache.observe(thing(5));
        },
      ],
      [
        "by the answer to an earlier write",
        () => {
          cache.noteWrite(thing(6));
        },
      ],
    ])("%s", (_how, late) => {
      expect(version()).toBeUndefined();
      late();
      expect(version()).toBeUndefined();
    });

    it("by an event of what bore the name earlier still", () => {
      cache.noteWrite(thing(9, { uid: "u2" }));
      cache.noteDelete(thing(9, { uid: "u2" }));
      cache.observe(thing(6, { uid: "u1" }));
      expect(version()).toBeUndefined();
    });

    it("nor keeps what bore the name before, which a list that named the successor once left there for ever", () => {
      cache.noteWrite(thing(9, { uid: "u2" }));
      cache.noteDelete(thing(11, { uid: "u3" }));
      expect(version()).toBeUndefined();
      cache.replace([thing(11, { uid: "u3" })], "11");
      cache.observeDelete(thing(12, { uid: "u3" }));
      expect(version()).toBeUndefined();
    });

    it("but shows a newcomer of that name, before and after the deletion is told", () => {
      cache.observe(thing(8, { uid: "u2" }));
      expect(version()).toBe("8");
      cache.observeDelete(thing(9, { uid: "u2" }));
      cache.observe(thing(10, { uid: "u3" }));
      expect(version()).toBe("10");
    });
  });

  it("is not moved by an event that comes twice", () => {
    cache.observe(thing(5));
    cache.observeDelete(thing(6));
    cache.observe(thing(5));
    expect(version()).toBeUndefined();
  });

  it("drops what is not on a list, and keeps the rest", () => {
    cache.observe(thing(5));
    cache.observe(thing(6, { name: "b", uid: "u2" }));
    cache.replace([thing(6, { name: "b", uid: "u2" })], "7");
    expect(cache.list().map((one) => one.metadata.name)).toEqual(["b"]);
  });

  it("follows a server that came back from a backup to where it is now", () => {
    cache.observe(thing(50));
    cache.observe(thing(60, { name: "b", uid: "u2" }));
    cache.noteDelete(thing(60, { name: "b", uid: "u2" }));
    cache.replace([thing(30), thing(31, { name: "b", uid: "u2" })], "40");
    expect([version("a"), version("b")]).toEqual(["30", "31"]);
    cache.observe(thing(41));
    expect(version("a")).toBe("41");
  });

  describe("indexes", () => {
    const names = (colour: string): string[] => cache.byIndex("colour", colour).map((one) => one.metadata.name);

    it("follow every change", () => {
      cache.observe(thing(5, { colour: "red" }));
      cache.observe(thing(6, { name: "b", uid: "u2", colour: "red" }));
      expect(names("red")).toEqual(["a", "b"]);
      cache.noteWrite(thing(7, { colour: "blue" }));
      expect([names("red"), names("blue")]).toEqual([["b"], ["a"]]);
      cache.observeDelete(thing(8, { name: "b", uid: "u2", colour: "red" }));
      expect(names("red")).toEqual([]);
      cache.replace([], "9");
      expect(names("blue")).toEqual([]);
    });

    it("must have been declared", () => {
      expect(() => cache.byIndex("size", "1")).toThrow("no index size");
    });
  });

  it("tells listeners of each change once, with what was before", () => {
    const changes: [string | undefined, string | undefined][] = [];
    cache.onChange((after, before) =>
      changes.push([after?.metadata.resourceVersion, before?.metadata.resourceVersion]),
    );
    cache.noteWrite(thing(5));
    cache.observe(thing(5));
    cache.observe(thing(6));
    cache.replace([thing(6)], "7");
    cache.observeDelete(thing(8));
    cache.observeDelete(thing(8));
    expect(changes).toEqual([
      ["5", undefined],
      ["6", "5"],
      [undefined, "6"],
    ]);
  });
});

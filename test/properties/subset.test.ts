import { describe, expect, it } from "vitest";
import { firstDifference, quantityValue } from "../../operator/reconcile/subset.ts";
import { fc, runs } from "../support/fast-check.ts";

type Json = string | number | boolean | Json[] | { [key: string]: Json };

/** Text that is no quantity, so that two different ones never mean the same. */
const word = fc.stringMatching(/^[a-z]{1,5}$/);
const leaf: fc.Arbitrary<Json> = fc.oneof(word, fc.integer(), fc.boolean());
const { object } = fc.letrec<{ value: Json; object: { [key: string]: Json } }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, tie("object"), fc.array(tie("value"), { minLength: 1, maxLength: 3 })),
  object: fc.dictionary(word, tie("value"), { minKeys: 1, maxKeys: 4 }),
}));

/** The same with fields that a server adds: to maps at any depth, never to lists, and never in place of ours. */
function defaulted(value: Json, extra: Json): Json {
  if (Array.isArray(value)) return value.map((item) => defaulted(item, extra));
  if (typeof value !== "object") return value;
  const own = Object.entries(value).map(([key, child]): [string, Json] => [key, defaulted(child, extra)]);
  return Object.fromEntries([["A-default", extra], ...own.reverse()]);
}

function leavesOf(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object") return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

/** The same but for one leaf; `undefined` takes it away. */
function changed(value: Json, path: readonly (string | number)[], change: (leaf: Json) => Json | undefined): Json {
  const copy = structuredClone(value);
  const last = path.at(-1)!;
  let parent = copy as Record<string | number, Json>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, Json>;
  const leaf = change(parent[last]!);
  if (leaf === undefined) Reflect.deleteProperty(parent, last);
  else parent[last] = leaf;
  return copy;
}

const another = (value: Json): Json =>
  typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : `${JSON.stringify(value)}x`;

describe("The comparison of what we want with what is there", () => {
  it("finds no difference between an object and itself with what a server adds, in whatever order", () => {
    fc.assert(
      fc.property(object, leaf, (wanted, extra) => {
        expect(firstDifference(wanted, defaulted(wanted, extra))).toBeUndefined();
      }),
      { numRuns: runs(500) },
    );
  });

  it("finds every leaf that changed, and names it", () => {
    fc.assert(
      fc.property(object, leaf, fc.nat(), (wanted, extra, pick) => {
        const paths = leavesOf(wanted).filter((path) => path.length > 0);
        fc.pre(paths.length > 0);
        const path = paths[pick % paths.length]!;
        const live = changed(defaulted(wanted, extra), path, another);
        expect(firstDifference(wanted, live)).toBe(`/${path.join("/")}`);
      }),
      { numRuns: runs(500) },
    );
  });

  it("finds every leaf that is gone", () => {
    fc.assert(
      fc.property(object, fc.nat(), (wanted, pick) => {
        const paths = leavesOf(wanted).filter((path) => typeof path.at(-1) === "string");
        fc.pre(paths.length > 0);
        const path = paths[pick % paths.length]!;
        expect(
          firstDifference(
            wanted,
            changed(wanted, path, () => undefined),
          ),
        ).toBe(`/${path.join("/")}`);
      }),
      { numRuns: runs(500) },
    );
  });

  it("finds an item more and an item less in a list that is ours", () => {
    fc.assert(
      fc.property(fc.array(leaf, { minLength: 1 }), leaf, (list, more) => {
        expect(firstDifference({ list }, { list: [...list, more] })).toBe("/list");
        expect(firstDifference({ list }, { list: list.slice(1) })).toBe("/list");
      }),
    );
  });

  it("takes quantities for what they are worth", () => {
    const suffixes = {
      m: 1n,
      "": 1_000n,
      k: 10n ** 6n,
      Ki: 1_024_000n,
      M: 10n ** 9n,
      Mi: 1_048_576_000n,
      Gi: 2n ** 30n * 1_000n,
    };
    const quantity = fc.record({
      digits: fc.integer({ min: 0, max: 4_096 }),
      suffix: fc.constantFrom(...(Object.keys(suffixes) as (keyof typeof suffixes)[])),
    });
    fc.assert(
      fc.property(quantity, quantity, (left, right) => {
        const [wanted, live] = [left, right].map(({ digits, suffix }) => `${digits}${suffix}`);
        const worth = [left, right].map(({ digits, suffix }) => BigInt(digits) * suffixes[suffix]);
        expect(firstDifference({ q: wanted }, { q: live })).toBe(worth[0] === worth[1] ? undefined : "/q");
        expect(quantityValue(wanted!)).toBeDefined();
      }),
      {
        numRuns: runs(1_000),
        examples: [
          [
            { digits: 1_000, suffix: "m" },
            { digits: 1, suffix: "" },
          ],
          [
            { digits: 1_100, suffix: "m" },
            { digits: 1, suffix: "" },
          ],
          [
            { digits: 3, suffix: "m" },
            { digits: 3, suffix: "m" },
          ],
          [
            { digits: 1_024, suffix: "Ki" },
            { digits: 1, suffix: "Mi" },
          ],
        ],
      },
    );
  });
});

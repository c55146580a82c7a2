import { describe, expect, it } from "vitest";
import { priorities, WorkQueue } from "../../operator/runtime/work-queue.ts";
import { fc, runs } from "../support/fast-check.ts";

const name = fc.constantFrom("a", "b", "c", "d");
const step = fc.oneof(
  fc.record({ do: fc.constant("add" as const), name, priority: fc.constantFrom(...Object.values(priorities)) }),
  fc.record({ do: fc.constant("take" as const) }),
  fc.record({ do: fc.constant("done" as const), which: fc.nat() }),
);

describe("Of every order of adding, taking and ending, the work queue keeps the laws", () => {
  it("one run for all that was added before it, one more for what was added meanwhile, never two at once, none forgotten, urgent first", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = new WorkQueue(() => 0);
        /** The model: who waits with which priority, since when; who runs, and with what wish to run again. */
        const waiting = new Map<string, { priority: number; order: number }>();
        const running = new Map<string, { priority: number; order: number } | undefined>();
        let order = 0;
        const add = (one: string, priority: number): void => {
          order += 1;
          const known = running.has(one) ? running.get(one) : waiting.get(one);
          const wish =
            known === undefined ? { priority, order } : { ...known, priority: Math.min(known.priority, priority) };
          if (running.has(one)) running.set(one, wish);
          else waiting.set(one, wish);
        };
        const take = async (): Promise<void> => {
          const taken = await queue.take();
          const first = [...waiting].sort(([, x], [, y]) => x.priority - y.priority || x.order - y.order)[0];
          expect(taken?.name).toBe(first?.[0]);
          waiting.delete(taken!.name);
          running.set(taken!.name, undefined);
        };
        const done = (one: string): void => {
          const again = running.get(one);
          running.delete(one);
          queue.done({ name: one });
          order += 1;
          if (again !== undefined) waiting.set(one, { priority: again.priority, order });
        };
        for (const one of steps) {
          if (one.do === "add") {
            queue.add({ name: one.name }, one.priority);
            add(one.name, one.priority);
          } else if (one.do === "take") {
            if (queue.depth > 0) await take();
          } else if (running.size > 0) done([...running.keys()][one.which % running.size]!);
          expect(queue.depth).toBe(waiting.size);
        }
        while (running.size + waiting.size > 0) {
          while (waiting.size > 0) await take();
          for (const one of [...running.keys()]) done(one);
        }
        expect(queue.depth).toBe(0);
      }),
      { numRuns: runs(500) },
    );
  });

  it("whatever the workers do, what was added is run afterwards, and never by two of them at once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(name, { maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        async (s, adds, workers) => {
          const queue = new WorkQueue(() => 0);
          const inside = new Set<string>();
          let clashes = 0;
          /** By key: what was asked for last, and what the last run knew. */
          const asked = new Map<string, number>();
          const known = new Map<string, number>();
          const work = async (): Promise<void> => {
            for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
              if (inside.has(key.name)) clashes += 1;
              inside.add(key.name);
              const sees = asked.get(key.name) ?? 0;
              await s.schedule(Promise.resolve(), `run ${key.name}`);
              known.set(key.name, sees);
              inside.delete(key.name);
              queue.done(key);
            }
          };
          const running = Promise.all(Array.from({ length: workers }, work));
          adds.forEach((one, index) => {
            void s.schedule(Promise.resolve(), `add ${one}`).then(() => {
              asked.set(one, index + 1);
              queue.add({ name: one });
            });
          });
          await s.waitIdle();
          queue.close();
          await running;
          expect(clashes).toBe(0);
          expect(known).toEqual(new Map([...known.keys()].map((one) => [one, asked.get(one)])));
          expect([...known.keys()].sort()).toEqual([...asked.keys()].sort());
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

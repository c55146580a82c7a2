import { expect, test } from "vitest";
import { OperatorError, TransientError } from "../../operator/runtime/errors.ts";
import { erase, provide, retain, type Story } from "../support/database-story.ts";
import { fc, runs } from "../support/fast-check.ts";
import { InMemoryPostgres } from "../support/in-memory-postgres-api.ts";
import { type Edit, editInMemory } from "../support/in-memory-postgres-edits.ts";

/** Edits that the operator may and can mend; the others end in a refusal and have tests of their own. */
const mendable: readonly Edit[] = [
  "NOLOGIN",
  "CONNECTION LIMIT 1",
  "CONNECTION LIMIT 0",
  "CREATEDB",
  "CREATEROLE",
  "another password",
  "no password",
  "database open to PUBLIC",
  "database closed to its owner",
  "database without marker",
  "database closed",
  "database dropped",
];

const acts = { provide, retain, erase } as const;

type Happening =
  | { readonly kind: "edit"; readonly edit: Edit }
  | { readonly kind: "session" }
  | { readonly kind: "act"; readonly act: keyof typeof acts; readonly cutAfter: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant("edit" as const), edit: fc.constantFrom(...mendable) }),
  fc.record({ kind: fc.constant("session" as const) }),
  fc.record({
    kind: fc.constant("act" as const),
    act: fc.constantFrom("provide" as const, "retain" as const, "erase" as const),
    // More statements than any pass has: not cut at all.
    cutAfter: fc.integer({ min: 0, max: 12 }),
  }),
);

const name = "minagri";

interface World {
  readonly postgres: InMemoryPostgres;
  readonly story: Story;
}

/** A server with a tenant of its own beside a foreign role and database, and another tenant that works. */
async function world(): Promise<World> {
  const postgres = new InMemoryPostgres();
  const api = postgres.connect();
  postgres.addRole("foreign", { canLogin: true, password: "theirs" });
  postgres.addDatabase("foreign", "foreign", { sessions: ["foreign"] });
  const desired = { role: name, database: name, marker: "ours", connectionLimit: 50 };
  const neighbour = { role: "neighbour", database: "neighbour", marker: "the neighbour's", connectionLimit: 50 };
  await provide({ api, desired: neighbour, password: "neighbour" });
  return { postgres, story: { api, desired, password: "secret" } };
}

async function happen({ postgres, story }: World, event: Happening): Promise<void> {
  if (event.kind === "edit") {
    editInMemory(postgres, name, event.edit);
    return;
  }
  if (event.kind === "session") {
    postgres.databases.get(name)?.sessions.push(name);
    return;
  }
  let statements = 0;
  postgres.beforeStatement = () => {
    if (statements === event.cutAfter) throw new TransientError("DependencyUnavailable", "cut");
    statements += 1;
  };
  await acts[event.act](story).catch((error: unknown) => {
    if (!(error instanceof OperatorError)) throw error;
  });
  postgres.beforeStatement = () => undefined;
}

const others = ({ postgres }: World) =>
  structuredClone(["foreign", "neighbour"].map((other) => [postgres.roles.get(other), postgres.databases.get(other)]));

const state = ({ postgres }: World) => structuredClone([postgres.roles.get(name), postgres.databases.get(name)]);

/** What is there after the end of the sessions, which the operator leaves to a tenant that works. */
const expectFresh = async (at: World) => {
  const fresh = await world();
  await provide(fresh.story);
  const [role, database] = state(at);
  const sessions = { sessions: [] };
  expect([role, { ...database, ...sessions }]).toEqual(state(fresh));
};

const historyOf = async (events: readonly Happening[]): Promise<{ at: World; untouched: unknown }> => {
  const at = await world();
  const untouched = others(at);
  for (const event of events) await happen(at, event);
  return { at, untouched };
};

const histories = fc.array(happening, { maxLength: 10 });

test("after any history of edits and passes cut at any statement, one whole pass makes what a fresh creation makes, and rests", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (events) => {
      const { at, untouched } = await historyOf(events);
      await provide(at.story);
      await expectFresh(at);
      const settled = state(at);
      expect(await provide(at.story)).toMatchObject({ drift: [], corrected: false });
      expect(state(at)).toEqual(settled);
      expect(others(at)).toEqual(untouched);
    }),
    { numRuns: runs(500) },
  );
});

test("after any history, one whole erasure leaves nothing of ours and everything of others", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (events) => {
      const { at, untouched } = await historyOf(events);
      await erase(at.story);
      expect(state(at)).toEqual([undefined, undefined]);
      expect(others(at)).toEqual(untouched);
      expect([...at.postgres.roles.keys(), ...at.postgres.databases.keys()].sort()).toEqual(
        ["foreign", "foreign", "neighbour", "neighbour"].sort(),
      );
    }),
    { numRuns: runs(500) },
  );
});

test("after any history, one whole retention shuts the tenant out, and a return opens what was kept", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (events) => {
      const { at, untouched } = await historyOf(events);
      const before = at.postgres.databases.has(name);
      await retain(at.story);
      const [role, database] = [at.postgres.roles.get(name), at.postgres.databases.get(name)];
      expect(role?.canLogin ?? false).toBe(false);
      expect(database?.allowConnections ?? false).toBe(false);
      expect(database?.sessions ?? []).toEqual([]);
      expect(at.postgres.databases.has(name)).toBe(before);
      await provide(at.story);
      await expectFresh(at);
      expect(others(at)).toEqual(untouched);
    }),
    { numRuns: runs(500) },
  );
});

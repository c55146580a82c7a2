import type { Surroundings } from "./check.ts";
import type { Seen } from "./seen.ts";

/** What lies around the objects that are judged: found by kind, and in it by namespace and by name, so that no judge walks through all of a kind. */
export function surroundingsOf(byKind: ReadonlyMap<string, readonly Seen[]>, clock: () => string): Surroundings {
  const of = (kind: string): readonly Seen[] => byKind.get(kind) ?? [];
  const byNamespace = indexed(of, ({ namespace }) => namespace ?? "");
  const byName = indexed(of, ({ name }) => name);
  return {
    of,
    within: (namespace, kind) => byNamespace(kind, namespace ?? ""),
    named: (kind, name) => byName(kind, name)[0],
    get now() {
      return clock();
    },
  };
}

/** Grouped when it is first asked for, once for each kind. */
function indexed(
  of: (kind: string) => readonly Seen[],
  keyOf: (one: Seen) => string,
): (kind: string, key: string) => readonly Seen[] {
  const known = new Map<string, ReadonlyMap<string, readonly Seen[]>>();
  return (kind, key) => {
    const groups = known.get(kind) ?? Map.groupBy(of(kind), keyOf);
    known.set(kind, groups);
    return groups.get(key) ?? [];
  };
}

/** What is worked out from surroundings as a whole, once for all objects that are judged in them. */
export function oncePer<T>(workOut: (surroundings: Surroundings) => T): (surroundings: Surroundings) => T {
  const known = new WeakMap<Surroundings, { readonly value: T }>();
  return (surroundings) => {
    const found = known.get(surroundings) ?? { value: workOut(surroundings) };
    known.set(surroundings, found);
    return found.value;
  };
}

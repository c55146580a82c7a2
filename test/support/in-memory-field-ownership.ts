import { isDeepStrictEqual } from "node:util";

/** A step into an object: a field name, or the item of a keyed list, or the member of a set. */
type Segment = string | { readonly item: Readonly<Record<string, unknown>> } | { readonly member: unknown };
type Json = Readonly<Record<string, unknown>>;

/** List fields whose items have an identity, by the name of the field. All other lists are atomic. */
export interface ListRules {
  /** Field → names of the fields that identify an item. */
  readonly keyed: Readonly<Record<string, readonly string[]>>;
  readonly sets: readonly string[];
}

/** Owner (manager and operation) → the paths of the fields it owns. */
export type Owners = ReadonlyMap<string, ReadonlySet<string>>;

export interface Conflict {
  readonly manager: string;
  readonly field: string;
}

/** `Apply` and `Update` by the same manager are two owners, as on the real server. */
export function ownerOf(manager: string, operation: "Apply" | "Update", subresource = ""): string {
  return JSON.stringify([manager, operation, subresource]);
}

/** What of `desired` others own with another value. */
export function conflictsOf(
  live: Json,
  desired: Json,
  at: { readonly owner: string; readonly owners: Owners; readonly rules: ListRules },
): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const [path, value] of leavesOf(desired, at.rules)) {
    const segments = segmentsOf(path);
    if (alreadySays(valueAt(live, segments), value, { field: segments.at(-1), rules: at.rules })) continue;
    for (const [owner, fields] of at.owners) {
      if (owner === at.owner || !fields.has(path)) continue;
      conflicts.push({ manager: (JSON.parse(owner) as string[])[0] ?? "", field: shown(path) });
    }
  }
  return conflicts;
}

/**
 * Server-side apply without its conflicts: sets what is desired, takes it from others where the value differs, and removes what the
 * owner applied before and applies no longer, if nobody else owns it.
 */
export function applied<T extends Json>(
  live: T,
  desired: Json,
  at: { readonly owner: string; readonly owners: Owners; readonly rules: ListRules },
): { readonly object: T; readonly owners: Owners } {
  const object = structuredClone(live);
  const wanted = leavesOf(desired, at.rules);
  const owners = new Map([...at.owners].map(([owner, fields]) => [owner, new Set(fields)]));
  const before = owners.get(at.owner) ?? new Set<string>();
  owners.delete(at.owner);
  const dropped = [...before].filter(
    (path) => !wanted.has(path) && ![...owners.values()].some((fields) => fields.has(path)),
  );
  for (const segments of identitiesLast(dropped.map(segmentsOf)))
    if (!isContainer(valueAt(object, segments), segments.at(-1), at.rules)) removeAt(object, segments);
  for (const [path, value] of wanted) {
    const segments = segmentsOf(path);
    if (alreadySays(valueAt(object, segments), value, { field: segments.at(-1), rules: at.rules })) continue;
    for (const fields of owners.values()) fields.delete(path);
    setAt(object, segments, structuredClone(value));
  }
  owners.set(at.owner, new Set(wanted.keys()));
  orderAs(object, desired, at.rules);
  return { object, owners: withoutIdle(owners) };
}

/** Ownership after a create, patch or edit: who changed a field owns it alone. */
export function ownersAfterUpdate(
  change: { readonly before: Json; readonly after: Json },
  at: { readonly owner: string; readonly owners: Owners; readonly rules: ListRules },
): Owners {
  const before = leavesOf(change.before, at.rules);
  const after = leavesOf(change.after, at.rules);
  const owners = new Map(
    [...at.owners].map(([owner, fields]) => [owner, new Set([...fields].filter((path) => after.has(path)))]),
  );
  const own = owners.get(at.owner) ?? new Set<string>();
  for (const [path, value] of after) {
    if (before.has(path) && isDeepStrictEqual(before.get(path), value)) continue;
    for (const fields of owners.values()) fields.delete(path);
    own.add(path);
  }
  owners.set(at.owner, own);
  return withoutIdle(owners);
}

export function sameOwners(left: Owners, right: Owners): boolean {
  return isDeepStrictEqual(left, right);
}

function withoutIdle(owners: Owners): Owners {
  return new Map([...owners].filter(([, fields]) => fields.size > 0));
}

function leavesOf(value: Json, rules: ListRules): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  collect(value, [], { leaves, rules });
  return leaves;
}

function collect(
  value: unknown,
  segments: readonly Segment[],
  into: { readonly leaves: Map<string, unknown>; readonly rules: ListRules },
): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    const items = itemSegments(value, segments.at(-1), into.rules);
    if (items === undefined) into.leaves.set(JSON.stringify(segments), value);
    else
      items.forEach((item, index) => {
        collect(value[index], [...segments, item], into);
      });
    return;
  }
  if (typeof value !== "object" || Object.keys(value).length === 0) {
    if (segments.length > 0) into.leaves.set(JSON.stringify(segments), value);
    return;
  }
  for (const [name, child] of Object.entries(value)) collect(child, [...segments, name], into);
}

/** How the items of a list are addressed; undefined for an atomic list. */
function itemSegments(list: readonly unknown[], field: Segment | undefined, rules: ListRules): Segment[] | undefined {
  if (typeof field !== "string" || list.length === 0) return undefined;
  if (rules.sets.includes(field)) return list.map((member) => ({ member }));
  const keys = rules.keyed[field];
  if (keys === undefined) return undefined;
  const identified = list.every(
    (item) => typeof item === "object" && item !== null && keys.every((key) => key in item),
  );
  if (!identified) return undefined;
  return (list as readonly Json[]).map((item) => ({ item: Object.fromEntries(keys.map((key) => [key, item[key]])) }));
}

/** Whoever states an empty map or list of items says that it is there, not what is in it. */
function alreadySays(
  live: unknown,
  wanted: unknown,
  at: { readonly field: Segment | undefined; readonly rules: ListRules },
): boolean {
  if (isDeepStrictEqual(live, wanted)) return true;
  const empty = typeof wanted === "object" && wanted !== null && Object.keys(wanted).length === 0;
  return empty && Array.isArray(live) === Array.isArray(wanted) && isContainer(live, at.field, at.rules);
}

/** Does it hold fields or items, each with an owner of its own? */
function isContainer(value: unknown, field: Segment | undefined, rules: ListRules): boolean {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return false;
  return !Array.isArray(value) || itemSegments(value, field, rules) !== undefined;
}

/** The field that identifies an item goes last: without it the rest of the item is not found any more. */
function identitiesLast(paths: readonly (readonly Segment[])[]): (readonly Segment[])[] {
  const isIdentity = (segments: readonly Segment[]): boolean => {
    const [item, field] = segments.slice(-2);
    return typeof item === "object" && "item" in item && typeof field === "string" && field in item.item;
  };
  return [...paths.filter((path) => !isIdentity(path)), ...paths.filter(isIdentity)];
}

/** Items that were applied stand in the order of the applier, in the places that they have among the items of others. */
function orderAs(live: unknown, desired: unknown, rules: ListRules): void {
  if (typeof live !== "object" || live === null || typeof desired !== "object" || desired === null) return;
  for (const [name, wanted] of Object.entries(desired)) {
    const there = (live as Json)[name];
    const items = Array.isArray(wanted) ? itemSegments(wanted, name, rules) : undefined;
    if (items === undefined || !Array.isArray(there)) {
      orderAs(there, wanted, rules);
      continue;
    }
    const places = items.flatMap((item) => (typeof item === "string" ? [] : [indexIn(there, item)]));
    const inOrder = places.map((place) => there[place] as unknown);
    [...places]
      .sort((left, right) => left - right)
      .forEach((place, index) => {
        there[place] = inOrder[index];
      });
  }
}

function segmentsOf(path: string): readonly Segment[] {
  return JSON.parse(path) as readonly Segment[];
}

function indexIn(list: readonly unknown[], segment: Exclude<Segment, string>): number {
  if ("member" in segment) return list.findIndex((member) => isDeepStrictEqual(member, segment.member));
  return list.findIndex((item) =>
    Object.entries(segment.item).every(([key, value]) => isDeepStrictEqual((item as Json | null)?.[key], value)),
  );
}

function valueAt(root: unknown, segments: readonly Segment[]): unknown {
  let value = root;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null) return undefined;
    if (typeof segment === "string") value = (value as Json)[segment];
    else value = Array.isArray(value) ? (value as unknown[])[indexIn(value, segment)] : undefined;
  }
  return value;
}

function setAt(root: unknown, segments: readonly Segment[], value: unknown): void {
  let parent = root;
  segments.forEach((segment, index) => {
    const next = segments[index + 1];
    const fresh: unknown = next === undefined ? value : typeof next === "string" ? {} : [];
    parent =
      typeof segment === "string"
        ? stepIntoField(parent as Record<string, unknown>, segment, { fresh, last: next === undefined })
        : stepIntoItem(parent as unknown[], segment, fresh);
  });
}

function stepIntoField(
  parent: Record<string, unknown>,
  name: string,
  step: { readonly fresh: unknown; readonly last: boolean },
): unknown {
  const there = parent[name];
  const usable = typeof there === "object" && there !== null && Array.isArray(there) === Array.isArray(step.fresh);
  if (step.last || !usable) parent[name] = step.fresh;
  return parent[name];
}

function stepIntoItem(parent: unknown[], segment: Exclude<Segment, string>, fresh: unknown): unknown {
  const index = indexIn(parent, segment);
  if (index !== -1) return parent[index];
  parent.push("member" in segment ? fresh : { ...segment.item });
  return parent.at(-1);
}

/** Removes a field, and every container that is empty without it. */
function removeAt(root: unknown, segments: readonly Segment[]): void {
  const way = segments.map((_segment, depth) => valueAt(root, segments.slice(0, depth)));
  const last = segments.at(-1);
  if (last === undefined || !way.every((step) => typeof step === "object" && step !== null)) return;
  const parents = way as (Record<string, unknown> | unknown[])[];
  const parent = parents.at(-1);
  if (typeof last === "string") Reflect.deleteProperty(parent ?? {}, last);
  else if (Array.isArray(parent) && indexIn(parent, last) !== -1) parent.splice(indexIn(parent, last), 1);
  for (let depth = parents.length - 1; depth > 0 && Object.keys(parents[depth] ?? {}).length === 0; depth -= 1) {
    const outer = parents[depth - 1];
    const field = segments[depth - 1];
    // An item that is empty has lost its identity too: it is found by itself.
    if (Array.isArray(outer)) outer.splice(outer.indexOf(parents[depth]), 1);
    else if (outer !== undefined && typeof field === "string") Reflect.deleteProperty(outer, field);
  }
}

function shown(path: string): string {
  return segmentsOf(path)
    .map((segment) =>
      typeof segment === "string"
        ? `.${segment}`
        : "member" in segment
          ? `[v:${JSON.stringify(segment.member)}]`
          : `[${Object.entries(segment.item)
              .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
              .join(",")}]`,
    )
    .join("");
}

import { isDeepStrictEqual } from "node:util";
import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import type { Check } from "./check.ts";
import { type Evaluated, evaluateCheck, kindOf, type NotEvaluated, type Result } from "./evaluate.ts";
import { exceptionKind, excused } from "./exceptions.ts";
import { asRead, type Part, partsRead } from "./as-read.ts";

/** What a check said when it was last asked. */
interface Told {
  readonly results: readonly Result[];
  readonly notEvaluated: readonly NotEvaluated[];
  /** It looked at the clock: another day may say otherwise. */
  readonly dependsOnTime: boolean;
}

/**
 * Checks over objects that change, one set of objects for each tenant and one for the platform. After a change only checks that read its kind are asked
 * again; all others keep what they said. Exceptions are applied to what all of them say, each time: they change no judgement.
 */
export class Evaluations {
  readonly #checks: readonly Check[];
  readonly #parts: ReadonlyMap<string, readonly Part[]>;
  readonly #objects = new Map<string, Map<string, Manifest>>();
  /** The same by kind as lists, made when they are asked for. */
  readonly #lists = new Map<string, readonly Manifest[]>();
  readonly #told = new Map<string, Told>();
  /** Which checks read a kind. */
  readonly #readers: ReadonlyMap<string, readonly string[]>;
  /** Checks that have to be asked again. */
  readonly #stale: Set<string>;

  /** Objects that `others` read are held too, for whoever asks those by themselves. */
  constructor(checks: readonly Check[], others: readonly Check[] = []) {
    this.#checks = checks;
    this.#parts = partsRead([...checks, ...others]);
    this.#stale = new Set(checks.map(({ id }) => id));
    this.#readers = readersOf(checks);
  }

  /** An object is there, or is another than before. False: it says nothing new to any check. */
  put(object: Manifest): boolean {
    const kind = kindOf(object);
    const parts = this.#parts.get(kind);
    if (parts === undefined) return false;
    const read = asRead(object, parts);
    const known = this.#objects.get(kind) ?? new Map<string, Manifest>();
    const name = nameOf(object.metadata);
    if (isDeepStrictEqual(known.get(name), read)) return false;
    this.#objects.set(kind, known.set(name, read));
    this.#changed(kind);
    return true;
  }

  /** An object is gone. False: it was not there. */
  remove(ref: ObjectRef): boolean {
    const kind = kindOf(ref);
    const known = this.#objects.get(kind);
    if (known?.delete(nameOf(ref)) !== true) return false;
    if (known.size === 0) this.#objects.delete(kind);
    this.#changed(kind);
    return true;
  }

  /** Everything that is held. */
  objects(): readonly Manifest[] {
    return [...this.#objects.values()].flatMap((known) => [...known.values()]);
  }

  /** What is known of a kind, by `kindOf`. */
  of(kind: string): readonly Manifest[] {
    return this.#listOf(kind) ?? [];
  }

  /** What all checks say; `now` is RFC 3339. */
  evaluated(now: string): Evaluated {
    for (const _asked of this.asking(now));
    const told = this.#checks.flatMap(({ id }) => this.#told.get(id) ?? []);
    const results = told.flatMap((one) => one.results);
    const exceptions = this.#listOf(kindOf(exceptionKind)) ?? [];
    const find = (ref: ObjectRef) => this.#objects.get(kindOf(ref))?.get(nameOf(ref));
    return {
      results: excused(results, { checks: this.#checks, exceptions, find, now }),
      notEvaluated: told.flatMap(({ notEvaluated }) => notEvaluated),
    };
  }

  /**
   * Asks what has to be asked again, one check at each step, so that whoever has other work too can do it between two of them. What changes meanwhile is
   * asked again the next time.
   */
  *asking(now: string): Generator<string> {
    const objects = { has: (kind: string) => this.#objects.has(kind), get: (kind: string) => this.#listOf(kind) };
    for (const check of this.#checks) {
      if (!this.#stale.has(check.id) && this.#told.get(check.id)?.dependsOnTime === false) continue;
      this.#stale.delete(check.id);
      this.#told.set(check.id, ask(check, objects, now));
      yield check.id;
    }
  }

  #listOf(kind: string): readonly Manifest[] | undefined {
    const known = this.#objects.get(kind);
    if (known === undefined) return undefined;
    const list = this.#lists.get(kind) ?? [...known.values()];
    this.#lists.set(kind, list);
    return list;
  }

  #changed(kind: string): void {
    this.#lists.delete(kind);
    for (const id of this.#readers.get(kind) ?? []) this.#stale.add(id);
  }
}

const nameOf = ({ namespace, name }: { readonly namespace?: string; readonly name: string }): string =>
  `${namespace ?? ""}/${name}`;

function readersOf(checks: readonly Check[]): ReadonlyMap<string, readonly string[]> {
  const pairs = checks.flatMap((check) => [...kindsReadBy(check)].map((kind) => ({ kind, id: check.id })));
  return new Map([...Map.groupBy(pairs, ({ kind }) => kind)].map(([kind, of]) => [kind, of.map(({ id }) => id)]));
}

function kindsReadBy({ evaluation }: Check): ReadonlySet<string> {
  if (evaluation.status !== "implemented") return new Set();
  return new Set([...evaluation.subjects, ...(evaluation.related ?? [])].map(kindOf));
}

function ask(check: Check, objects: Pick<ReadonlyMap<string, readonly Manifest[]>, "get" | "has">, now: string): Told {
  let dependsOnTime = false;
  const told = evaluateCheck(check, objects, () => {
    dependsOnTime = true;
    return now;
  });
  return "because" in told
    ? { results: [], notEvaluated: [told], dependsOnTime: false }
    : { results: told, notEvaluated: [], dependsOnTime };
}

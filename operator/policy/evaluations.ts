import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import type { Check } from "./check.ts";
import { type Evaluated, evaluateCheck, kindOf, type NotEvaluated, type Result } from "./evaluate.ts";
import { exceptionKind, excused } from "./exceptions.ts";

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
  readonly #objects = new Map<string, Map<string, Manifest>>();
  readonly #told = new Map<string, Told>();
  /** Which checks read a kind. */
  readonly #readers: ReadonlyMap<string, readonly string[]>;
  /** Checks that have to be asked again. */
  readonly #stale: Set<string>;

  constructor(checks: readonly Check[]) {
    this.#checks = checks;
    this.#stale = new Set(checks.map(({ id }) => id));
    this.#readers = readersOf(checks);
  }

  /** An object is there, or is another than before. */
  put(object: Manifest): void {
    const kind = kindOf(object);
    const known = this.#objects.get(kind) ?? new Map<string, Manifest>();
    this.#objects.set(kind, known.set(nameOf(object.metadata), object));
    this.#changed(kind);
  }

  /** An object is gone. */
  remove(ref: ObjectRef): void {
    const kind = kindOf(ref);
    const known = this.#objects.get(kind);
    if (known?.delete(nameOf(ref)) !== true) return;
    if (known.size === 0) this.#objects.delete(kind);
    this.#changed(kind);
  }

  /** What all checks say; `now` is RFC 3339. */
  evaluated(now: string): Evaluated {
    const objects = new Map([...this.#objects].map(([kind, known]) => [kind, [...known.values()]]));
    for (const check of this.#checks)
      if (this.#stale.has(check.id) || this.#told.get(check.id)?.dependsOnTime !== false)
        this.#told.set(check.id, ask(check, objects, now));
    this.#stale.clear();
    const told = this.#checks.flatMap(({ id }) => this.#told.get(id) ?? []);
    const results = told.flatMap((one) => one.results);
    const exceptions = objects.get(kindOf(exceptionKind)) ?? [];
    const find = (ref: ObjectRef) => this.#objects.get(kindOf(ref))?.get(nameOf(ref));
    return {
      results: excused(results, { checks: this.#checks, exceptions, find, now }),
      notEvaluated: told.flatMap(({ notEvaluated }) => notEvaluated),
    };
  }

  #changed(kind: string): void {
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

function ask(check: Check, objects: ReadonlyMap<string, readonly Manifest[]>, now: string): Told {
  let dependsOnTime = false;
  const told = evaluateCheck(check, objects, () => {
    dependsOnTime = true;
    return now;
  });
  return "because" in told
    ? { results: [], notEvaluated: [told], dependsOnTime: false }
    : { results: told, notEvaluated: [], dependsOnTime };
}

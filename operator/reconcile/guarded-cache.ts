import type { Parsed } from "../../crds/v1alpha1/parse.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { type CacheOptions, LocalCache } from "../runtime/object-cache.ts";
import type { Logger } from "../runtime/reconciler.ts";

export interface GuardOptions<T> extends CacheOptions<T> {
  /** Turns what a server sent into what the type promises, or says what is wrong. */
  readonly parse: (object: unknown) => Parsed<T>;
  readonly log: Logger;
}

/**
 * A cache of a kind of ours that lets in only what its type promises: an object may be older than its schema, and one that lacks a
 * field would fail somewhere inside a reconciler. What does not parse is not there, which stops work on it and begins nothing; it is
 * logged once, with places and never with values. Each version is parsed once.
 */
export class GuardedCache<T extends KubeObject> extends LocalCache<T> {
  readonly #options: GuardOptions<T>;
  /** What was said about which object, by uid. */
  readonly #said = new Map<string, string>();

  constructor(options: GuardOptions<T>) {
    super(options);
    this.#options = options;
  }

  override noteWrite(object: T): void {
    const parsed = this.#parsed(object);
    if (parsed !== undefined) super.noteWrite(parsed);
  }

  /** What no longer parses leaves, like an object that leaves a selector. */
  override observe(object: T): void {
    const parsed = this.#parsed(object);
    if (parsed === undefined) super.observeDelete(object);
    else super.observe(parsed);
  }

  override observeDelete(object: T): void {
    this.#said.delete(object.metadata.uid);
    super.observeDelete(object);
  }

  override replace(objects: readonly T[], listVersion: string): void {
    const uids = new Set(objects.map((object) => object.metadata.uid));
    for (const uid of [...this.#said.keys()]) if (!uids.has(uid)) this.#said.delete(uid);
    const parsed = objects.map((object) => this.#parsed(object)).filter((object) => object !== undefined);
    super.replace(parsed, listVersion);
  }

  #parsed(object: T): T | undefined {
    const { uid, resourceVersion } = object.metadata;
    const known = this.get(object.metadata);
    // Most events are echoes of our own writes, and a list repeats what is known.
    if (known?.metadata.uid === uid && known.metadata.resourceVersion === resourceVersion) return known;
    const parsed = this.#options.parse(object);
    if (parsed.ok) {
      this.#said.delete(uid);
      return parsed.value;
    }
    this.#say(object, parsed.issues);
    return undefined;
  }

  #say({ kind, metadata }: T, issues: Extract<Parsed<T>, { readonly ok: false }>["issues"]): void {
    const text = JSON.stringify(issues);
    if (this.#said.get(metadata.uid) === text) return;
    this.#said.set(metadata.uid, text);
    const { name, namespace } = metadata;
    this.#options.log.error({ kind, namespace, name, issues }, "An object does not fit its schema and is left alone");
  }
}

import { keyString, type ObjectKey } from "./reconciler.ts";

/** The part of an object that the runtime looks at. */
export interface LiveObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

/** `ours`: told by our own write, not by the server. Whoever wrote it need not be told. */
export type ChangeListener<T> = (after: T | undefined, before: T | undefined, ours: boolean) => void;

export interface CacheOptions<T> {
  /** Index name → values of an object. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
}

/**
 * A local copy of objects, kept by a reflector and by our own writes. What a write returned shows at once, and an event of an
 * older version never replaces it. Objects are shared: whoever reads must not change them.
 */
export class LocalCache<T extends LiveObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Map<string, Map<string, T>>>();
  readonly #indexers: Readonly<Record<string, (object: T) => readonly string[]>>;
  readonly #listeners: ChangeListener<T>[] = [];
  /** Last version of objects that we deleted: what the watch still tells of their life must not bring them back. */
  readonly #tombstones = new Map<string, { readonly uid: string; readonly version: number }>();
  /** Everything up to this version was seen, in order. What is not newer is late, said twice, or the answer to a write that others have overtaken. */
  #seen = 0;
  #synced = false;
  readonly #waiting = new Set<{ readonly version: number; readonly end: (reached: boolean) => void }>();

  constructor(options: CacheOptions<T> = {}) {
    this.#indexers = options.indexes ?? {};
    for (const name of Object.keys(this.#indexers)) this.#indexes.set(name, new Map());
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyString(key));
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  byIndex(index: string, value: string): readonly T[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`The cache has no index ${index}.`);
    return [...(found.get(value)?.values() ?? [])];
  }

  onChange(listener: ChangeListener<T>): void {
    this.#listeners.push(listener);
  }

  /**
   * Resolves with true once everything up to that version was seen: from then on the cache holds what a list would have held when that
   * version was written, or something newer. With false where nothing is followed yet, or if it takes longer.
   */
  async reaches(resourceVersion: string, withinMs: number): Promise<boolean> {
    const version = Number(resourceVersion);
    if (!this.#synced) return false;
    if (version <= this.#seen) return true;
    return await new Promise((resolve) => {
      const waiting = {
        version,
        end: (reached: boolean) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(reached);
        },
      };
      const timer = setTimeout(waiting.end, withinMs, false);
      this.#waiting.add(waiting);
    });
  }

  /** Nothing happens if the watch has already told of this version: the object may be newer by now, or gone. */
  noteWrite(object: T): void {
    if (versionOf(object) <= this.#seen || this.#isDeleted(object)) return;
    this.#set(object, true);
  }

  noteDelete(object: T): void {
    const key = keyString(object.metadata);
    this.#tombstones.set(key, { uid: object.metadata.uid, version: versionOf(object) });
    // Or what bore its name before, which the watch has yet to tell the end of: a list in between would name neither.
    const cached = this.#objects.get(key);
    if (cached !== undefined && this.#isDeleted(cached)) this.#remove(key, cached.metadata.uid, true);
  }

  /** An ADDED or MODIFIED event. */
  observe(object: T): void {
    if (this.#advance(object) && !this.#isDeleted(object)) this.#set(object);
  }

  /** A DELETED event. */
  observeDelete(object: T): void {
    if (!this.#advance(object)) return;
    const key = keyString(object.metadata);
    const { uid } = object.metadata;
    if (this.#tombstones.get(key)?.uid === uid) this.#tombstones.delete(key);
    const cached = this.#objects.get(key);
    // It left a selector, and came back by a write of ours that the watch has yet to tell of.
    if (cached !== undefined && versionOf(cached) > versionOf(object)) return;
    this.#remove(key, uid);
  }

  /** A complete list: what is not on it is gone, unless we wrote it after the list was made. */
  replace(objects: readonly T[], listVersion: string): void {
    const version = Number(listVersion);
    if (version < this.#seen) this.#forgetAfter(version);
    const listed = new Map(objects.map((object) => [keyString(object.metadata), object.metadata.uid]));
    for (const [key, object] of [...this.#objects]) {
      if (!listed.has(key) && !(versionOf(object) > version)) this.#remove(key, object.metadata.uid);
    }
    for (const object of objects) if (!this.#isDeleted(object)) this.#set(object);
    // A list from before our delete is followed by events of the object's last days.
    for (const [key, { uid, version: last }] of this.#tombstones)
      if (version >= last && listed.get(key) !== uid) this.#tombstones.delete(key);
    this.#synced = true;
    this.#sees(version);
  }

  /** The server came back from a backup: what it did after that never happened. */
  #forgetAfter(version: number): void {
    this.#tombstones.clear();
    for (const [key, object] of [...this.#objects])
      if (versionOf(object) > version) this.#remove(key, object.metadata.uid);
  }

  #advance(object: T): boolean {
    const version = versionOf(object);
    if (version <= this.#seen) return false;
    this.#sees(version);
    return true;
  }

  /** Those who wait go on after the change that this version brings: a promise never runs before its caller has returned. */
  #sees(version: number): void {
    this.#seen = version;
    for (const waiting of this.#waiting) if (waiting.version <= version) waiting.end(true);
  }

  /** Did we delete it, or what bore its name later? */
  #isDeleted(object: T): boolean {
    const tombstone = this.#tombstones.get(keyString(object.metadata));
    return tombstone !== undefined && (tombstone.uid === object.metadata.uid || versionOf(object) <= tombstone.version);
  }

  #set(object: T, ours = false): void {
    const key = keyString(object.metadata);
    const before = this.#objects.get(key);
    if (before !== undefined && versionOf(before) >= versionOf(object)) return;
    if (before !== undefined) this.#unindex(key, before);
    this.#objects.set(key, object);
    for (const [name, values] of Object.entries(this.#indexers)) {
      for (const value of values(object)) this.#bucket(name, value).set(key, object);
    }
    for (const listener of this.#listeners) listener(object, before, ours);
  }

  #remove(key: string, uid: string, ours = false): void {
    const before = this.#objects.get(key);
    if (before?.metadata.uid !== uid) return;
    this.#objects.delete(key);
    this.#unindex(key, before);
    for (const listener of this.#listeners) listener(undefined, before, ours);
  }

  #unindex(key: string, object: T): void {
    for (const [name, values] of Object.entries(this.#indexers)) {
      for (const value of values(object)) this.#bucket(name, value).delete(key);
    }
  }

  #bucket(name: string, value: string): Map<string, T> {
    const index = this.#indexes.get(name) ?? new Map<string, Map<string, T>>();
    const bucket = index.get(value) ?? new Map<string, T>();
    index.set(value, bucket);
    return bucket;
  }
}

/** Versions of one kind on one server are integers that grow (KEP-5504). */
function versionOf(object: LiveObject): number {
  return Number(object.metadata.resourceVersion);
}

import { isDeepStrictEqual } from "node:util";
import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import type {
  ApplyOptions,
  DeletePreconditions,
  JsonPatchOperation,
  KubeApi,
  KubeObject,
  ListOptions,
  ListResult,
  ResourceType,
  WatchEvent,
} from "../../operator/kube/kube-api.ts";
import {
  AlreadyExistsError,
  ConflictError,
  FieldConflictError,
  InternalError,
  TerminalError,
  WaitingError,
} from "../../operator/runtime/errors.ts";
import {
  applied,
  conflictsOf,
  type ListRules,
  type Owners,
  ownerOf,
  ownersAfterUpdate,
  sameOwners,
} from "./in-memory-field-ownership.ts";
import { jsonPatched } from "./in-memory-json-patch.ts";
import { fieldsMatch, labelsMatch } from "./in-memory-selectors.ts";
import { InMemoryWatches } from "./in-memory-watch.ts";

type TypeName = Pick<ResourceType, "apiVersion" | "kind">;
type Operation = "CREATE" | "UPDATE" | "DELETE";

/** What the schema and the policies of one kind do on a real server. */
export interface KindRules {
  /** Fills in what the schema defaults; sees the whole object. */
  readonly defaults?: (object: KubeObject) => KubeObject;
  /** Sentences about what the schema refuses, e.g. an unknown field; any makes the write a TerminalError(InvalidSpec). */
  readonly problems?: (object: KubeObject) => readonly string[];
}

export interface InMemoryKubeApiOptions {
  /** Kinds besides the built-in ones. */
  readonly types?: readonly ResourceType[];
  /** By kind. */
  readonly rules?: Readonly<Record<string, KindRules>>;
  /** Stands for policies and quotas: throws a TerminalError to refuse. */
  readonly admit?: (operation: Operation, object: KubeObject, before: KubeObject | undefined) => void;
  /** Answers access reviews. @defaultValue everything is allowed */
  readonly allows?: (spec: unknown) => boolean;
  /** Milliseconds; @defaultValue the clock of the machine */
  readonly now?: () => number;
  /** List fields with identity besides those of Kubernetes and of conditions and modules: field → key fields. */
  readonly keyedLists?: Readonly<Record<string, readonly string[]>>;
}

interface Stored {
  readonly object: KubeObject;
  readonly owners: Owners;
}

const firstVersion = 1_000;
const byName = ["name"];
const keyedLists = {
  conditions: ["type"],
  modules: ["module"],
  containers: byName,
  initContainers: byName,
  env: byName,
  volumes: byName,
  volumeMounts: ["mountPath"],
  ownerReferences: ["uid"],
};
/** Kinds of Kubernetes whose objects count no generation. */
const withoutGeneration = new Set(
  "Namespace ConfigMap Secret ServiceAccount ResourceQuota LimitRange Role RoleBinding ClusterRole Lease Event PersistentVolumeClaim StorageClass Service".split(
    " ",
  ),
);
/** Parts of metadata that a client may write. */
const writableMetadata = ["labels", "annotations", "finalizers", "ownerReferences"] as const;

/**
 * An API server in memory: versions, uids, generations, status apart from spec, finalizers, server-side apply with field ownership,
 * watches with history, namespaces that take their objects along. Returned objects are frozen: whoever changes one has a bug.
 * It passes the same contract suite as the real server.
 */
export class InMemoryKubeApi implements KubeApi {
  readonly #options: InMemoryKubeApiOptions;
  readonly #rules: ListRules;
  readonly #types = new Map<string, ResourceType>();
  readonly #stored = new Map<string, Stored>();
  readonly #watches = new InMemoryWatches(firstVersion);
  #version = firstVersion;
  #uids = 0;

  constructor(options: InMemoryKubeApiOptions = {}) {
    this.#options = options;
    this.#rules = { keyed: { ...keyedLists, ...options.keyedLists }, sets: ["finalizers"] };
    for (const type of [...builtinResourceTypes, ...(options.types ?? [])])
      this.#types.set(`${type.apiVersion} ${type.kind}`, type);
    for (const name of ["default", "kube-system"])
      this.#create({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, "kube-apiserver");
  }

  async get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    await turn();
    return this.#stored.get(this.#key(ref))?.object as T | undefined;
  }

  async list<T extends KubeObject>(type: TypeName, options: ListOptions = {}): Promise<ListResult<T>> {
    await turn();
    const matches = this.#matcher(type, options);
    return { items: this.objects().filter(matches) as T[], resourceVersion: String(this.#version) };
  }

  async create<T extends KubeObject>(manifest: Manifest): Promise<T> {
    await turn();
    if (manifest.kind.endsWith("SubjectAccessReview")) return this.#review(manifest) as T;
    return this.#create(manifest, "socle") as T;
  }

  async apply<T extends KubeObject>(manifest: Manifest, options: ApplyOptions): Promise<T> {
    await turn();
    const stored = this.#stored.get(this.#key(refOf(manifest)));
    this.#checkIdentity(manifest, stored?.object, options);
    const writeStatus = options.subresource === "status";
    const desired = writeStatus ? { status: manifest["status"] } : writablePart(manifest);
    const owner = ownerOf(options.fieldManager, "Apply", options.subresource);
    const at = { owner, owners: stored?.owners ?? new Map<string, Set<string>>(), rules: this.#rules };
    const live = stored?.object ?? this.#newborn(manifest);
    const conflicts = options.force === true ? [] : conflictsOf(live, desired, at);
    if (conflicts.length > 0) {
      const told = conflicts.map(({ manager, field }) => `conflict with "${manager}": ${field}`).join(", ");
      throw new FieldConflictError(`apply ${text(refOf(manifest))}: ${told}`, conflicts);
    }
    const { object, owners } = applied(live, desired, at);
    return this.#write({ before: stored, object, owners, dryRun: options.dryRun === true }) as T;
  }

  async patch<T extends KubeObject>(ref: ObjectRef, operations: readonly JsonPatchOperation[]): Promise<T | undefined> {
    await turn();
    const stored = this.#stored.get(this.#key(ref));
    if (stored === undefined) return undefined;
    const patched = jsonPatched(stored.object, operations);
    if (patched === undefined) throw new ConflictError(`patch ${text(ref)}: a test failed, or a path is not there.`);
    return this.#update(stored, { ...patched, status: stored.object["status"] }, ownerOf("socle", "Update")) as T;
  }

  async delete(ref: ObjectRef, preconditions: DeletePreconditions): Promise<"deleted" | "absent"> {
    await turn();
    const stored = this.#stored.get(this.#key(ref));
    if (stored === undefined) return "absent";
    const { uid, resourceVersion } = stored.object.metadata;
    const stale = preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion;
    if (preconditions.uid !== uid || stale)
      throw new ConflictError(`delete ${text(ref)}: the precondition does not hold.`);
    this.#options.admit?.("DELETE", stored.object, stored.object);
    this.#delete(stored);
    return "deleted";
  }

  async *watch<T extends KubeObject>(
    type: TypeName,
    options: ListOptions & { readonly resourceVersion: string; readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>, void> {
    await turn();
    const matches = this.#matcher(type, options);
    yield* this.#watches.follow(Number(options.resourceVersion), matches, options.signal) as AsyncGenerator<
      WatchEvent<T>,
      void
    >;
  }

  /** Everything that exists, in order of creation. */
  objects(): readonly KubeObject[] {
    return [...this.#stored.values()].map(({ object }) => object);
  }

  /** An edit by hand, of spec or status, by field manager `kubectl-edit`. */
  edit<T extends KubeObject>(ref: ObjectRef, change: (object: T) => T): T {
    const stored = this.#stored.get(this.#key(ref));
    if (stored === undefined) throw new Error(`${text(ref)} does not exist.`);
    return this.#update(stored, change(stored.object as T), ownerOf("kubectl-edit", "Update")) as T;
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.#watches.open;
  }

  /** Sends a BOOKMARK of now to every watch. */
  bookmark(): void {
    this.#watches.bookmark(this.#version);
  }

  /** Forgets the history: a watch from a version before now is Expired. */
  compact(): void {
    this.#watches.compact(this.#version);
  }

  /** Ends every open watch; cleanly, or with an error. */
  endWatches(error?: Error): void {
    this.#watches.end(error);
  }

  #create(manifest: Manifest, manager: string): KubeObject {
    const key = this.#key(refOf(manifest));
    if (this.#stored.has(key)) throw new AlreadyExistsError(`create ${text(refOf(manifest))}: it already exists.`);
    const newborn = this.#newborn(manifest);
    const labels = { ...newborn.metadata.labels, ...manifest.metadata.labels };
    const object = {
      ...newborn,
      ...structuredClone(writablePart(manifest)),
      metadata: {
        ...newborn.metadata,
        ...writableMetadataOf(manifest),
        ...(Object.keys(labels).length === 0 ? {} : { labels }),
      },
    };
    const owners = ownersAfterUpdate(
      { before: {}, after: writablePart(manifest) },
      { owner: ownerOf(manager, "Update"), owners: new Map(), rules: this.#rules },
    );
    return this.#write({ before: undefined, object, owners });
  }

  #update(stored: Stored, object: KubeObject, owner: string): KubeObject {
    // Sent as JSON, so what is undefined is not there.
    const sent = JSON.parse(JSON.stringify(object)) as KubeObject;
    const owned = (one: KubeObject): Readonly<Record<string, unknown>> => ({
      ...writablePart(one),
      status: one["status"],
    });
    const owners = ownersAfterUpdate(
      { before: owned(stored.object), after: owned(sent) },
      { owner, owners: stored.owners, rules: this.#rules },
    );
    return this.#write({ before: stored, object: sent, owners });
  }

  /** The one way into the store: defaults, validation, admission, generation, version, events, and the end of what waited for its last finalizer. */
  #write(write: {
    readonly before: Stored | undefined;
    readonly object: KubeObject;
    readonly owners: Owners;
    readonly dryRun?: boolean;
  }): KubeObject {
    const { before, owners } = write;
    const rules = this.#options.rules?.[write.object.kind];
    const object = rules?.defaults?.(write.object) ?? write.object;
    const problems = [...finalizerProblems(before?.object, object), ...(rules?.problems?.(object) ?? [])];
    if (problems.length > 0)
      throw new TerminalError("InvalidSpec", `${text(refOf(object))} is invalid: ${problems.join("; ")}`);
    this.#options.admit?.(before === undefined ? "CREATE" : "UPDATE", object, before?.object);
    if (before !== undefined && isDeepStrictEqual(before.object, object) && sameOwners(before.owners, owners))
      return before.object;
    const next = this.#counted(object, before?.object);
    if (write.dryRun === true) return frozen(next);
    if (
      next.metadata.deletionTimestamp !== undefined &&
      (next.metadata.finalizers ?? []).length === 0 &&
      !this.#holdsObjects(next)
    ) {
      return this.#remove(before?.object ?? next, next);
    }
    return this.#store(next, owners);
  }

  #counted(object: KubeObject, before: KubeObject | undefined): KubeObject {
    if (withoutGeneration.has(object.kind)) return object;
    const generation = before?.metadata.generation ?? 0;
    const changed = before === undefined || !isDeepStrictEqual(specPart(before), specPart(object));
    return { ...object, metadata: { ...object.metadata, generation: changed ? generation + 1 : generation } };
  }

  #store(object: KubeObject, owners: Owners): KubeObject {
    const key = this.#key(refOf(object));
    const before = this.#stored.get(key)?.object;
    const next = this.#versioned(object);
    this.#stored.set(key, { object: next, owners });
    this.#watches.publish({ version: this.#version, before, after: next, last: next });
    return next;
  }

  #delete(stored: Stored): void {
    const { object, owners } = stored;
    const waits = (object.metadata.finalizers ?? []).length > 0 || this.#holdsObjects(object);
    if (!waits) {
      this.#remove(object, object);
      return;
    }
    if (object.metadata.deletionTimestamp === undefined) {
      const { generation } = object.metadata;
      const deletion = {
        deletionTimestamp: this.#time(),
        ...(generation === undefined ? {} : { generation: generation + 1 }),
      };
      this.#store({ ...object, metadata: { ...object.metadata, ...deletion } }, owners);
    }
    if (object.kind !== "Namespace") return;
    for (const inside of [...this.#stored.values()]) {
      if (inside.object.metadata.namespace === object.metadata.name) this.#delete(inside);
    }
  }

  /** The object goes; then what it owned, and the namespace that waited for it. */
  #remove(before: KubeObject, last: KubeObject): KubeObject {
    const gone = this.#versioned(last);
    this.#stored.delete(this.#key(refOf(before)));
    this.#watches.publish({ version: this.#version, before, after: undefined, last: gone });
    for (const one of [...this.#stored.values()])
      if (this.#isOrphan(one.object, before.metadata.uid)) this.#delete(one);
    const { namespace } = before.metadata;
    const home =
      namespace === undefined
        ? undefined
        : this.#stored.get(this.#key({ apiVersion: "v1", kind: "Namespace", name: namespace }));
    if (home?.object.metadata.deletionTimestamp !== undefined) this.#delete(home);
    return gone;
  }

  /** Did the last owner of an object just go? */
  #isOrphan(object: KubeObject, uid: string): boolean {
    const owners =
      (object.metadata as { readonly ownerReferences?: readonly { readonly uid: string }[] }).ownerReferences ?? [];
    if (!owners.some((owner) => owner.uid === uid)) return false;
    return !this.objects().some((other) => owners.some((owner) => owner.uid === other.metadata.uid));
  }

  #holdsObjects(object: KubeObject): boolean {
    return (
      object.kind === "Namespace" && this.objects().some((other) => other.metadata.namespace === object.metadata.name)
    );
  }

  #versioned(object: KubeObject): KubeObject {
    this.#version += 1;
    return frozen({ ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
  }

  #newborn(manifest: Manifest): KubeObject {
    const { name, namespace } = manifest.metadata;
    this.#checkNamespace(manifest, namespace);
    this.#uids += 1;
    const uid = `00000000-0000-4000-8000-${String(this.#uids).padStart(12, "0")}`;
    const place = namespace === undefined ? {} : { namespace };
    const labels = manifest.kind === "Namespace" ? { labels: { "kubernetes.io/metadata.name": name } } : {};
    return {
      apiVersion: manifest.apiVersion,
      kind: manifest.kind,
      metadata: { name, ...place, uid, resourceVersion: "", creationTimestamp: this.#time(), ...labels },
    };
  }

  #checkNamespace(manifest: Manifest, namespace: string | undefined): void {
    if (namespace === undefined) return;
    const home = this.#stored.get(this.#key({ apiVersion: "v1", kind: "Namespace", name: namespace }));
    if (home === undefined)
      throw new WaitingError("DependencyMissing", `${text(refOf(manifest))}: namespace ${namespace} does not exist.`);
    if (home.object.metadata.deletionTimestamp === undefined) return;
    throw new WaitingError("Terminating", `${text(refOf(manifest))}: namespace ${namespace} is being terminated.`);
  }

  #checkIdentity(manifest: Manifest, live: KubeObject | undefined, options: ApplyOptions): void {
    const stated = manifest.metadata as { readonly uid?: string; readonly resourceVersion?: string };
    if (options.subresource === "status" && live === undefined)
      throw new WaitingError("NotObserved", `apply ${text(refOf(manifest))}: it does not exist.`, {
        retryAfterMs: 1_000,
      });
    // The real server takes no notice of the uid in a status of a custom resource.
    const replaced = options.subresource === undefined && stated.uid !== undefined && stated.uid !== live?.metadata.uid;
    // Where nothing is, the real server makes the object, whatever version is stated.
    const stale =
      live !== undefined &&
      stated.resourceVersion !== undefined &&
      stated.resourceVersion !== live.metadata.resourceVersion;
    if (replaced || stale)
      throw new ConflictError(`apply ${text(refOf(manifest))}: it is not the object that was looked at.`);
  }

  #review(manifest: Manifest): unknown {
    return { ...manifest, metadata: {}, status: { allowed: this.#options.allows?.(manifest["spec"]) ?? true } };
  }

  #matcher(type: TypeName, options: ListOptions): (object: KubeObject) => boolean {
    this.#type(type);
    return (object) =>
      object.apiVersion === type.apiVersion &&
      object.kind === type.kind &&
      (options.namespace === undefined || object.metadata.namespace === options.namespace) &&
      labelsMatch(options.labelSelector ?? "", object.metadata.labels ?? {}) &&
      fieldsMatch(options.fieldSelector ?? "", object);
  }

  #type(name: TypeName): ResourceType {
    const type = this.#types.get(`${name.apiVersion} ${name.kind}`);
    if (type === undefined)
      throw new InternalError(
        `Kind ${name.kind} of ${name.apiVersion} is not on the list of kinds that Socle touches.`,
      );
    return type;
  }

  #key(ref: ObjectRef): string {
    const { namespaced } = this.#type(ref);
    if (namespaced && ref.namespace === undefined)
      throw new InternalError(`${text(ref)} is named without its namespace.`);
    return `${ref.apiVersion} ${ref.kind} ${namespaced ? (ref.namespace ?? "") : ""}/${ref.name}`;
  }

  #time(): string {
    return new Date((this.#options.now ?? Date.now)()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

/** Calls take a turn of the event loop, as those to a server do. */
async function turn(): Promise<void> {
  await Promise.resolve();
}

function text(ref: ObjectRef): string {
  return `${ref.kind} ${ref.namespace === undefined ? "" : `${ref.namespace}/`}${ref.name}`;
}

function writableMetadataOf(manifest: Manifest): Readonly<Record<string, unknown>> {
  const metadata = manifest.metadata as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    writableMetadata
      .filter((name) => metadata[name] !== undefined)
      .map((name) => [name, structuredClone(metadata[name])]),
  );
}

/** Everything that a write of the object itself may say: not status, not what the server keeps. */
function writablePart(manifest: Manifest): Readonly<Record<string, unknown>> {
  return { ...specPart(manifest), metadata: writableMetadataOf(manifest) };
}

/** What counts for the generation. */
function specPart(object: Manifest): Readonly<Record<string, unknown>> {
  const {
    apiVersion: _version,
    kind: _kind,
    metadata: _metadata,
    status: _status,
    ...rest
  } = object as Manifest & { readonly status?: unknown };
  return rest;
}

function finalizerProblems(before: KubeObject | undefined, after: KubeObject): string[] {
  if (before?.metadata.deletionTimestamp === undefined) return [];
  const had = new Set(before.metadata.finalizers ?? []);
  const added = (after.metadata.finalizers ?? []).filter((name) => !had.has(name));
  return added.length === 0
    ? []
    : [`metadata.finalizers: no new finalizer can be added while it is being deleted: ${added.join(", ")}`];
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) frozen(child);
  return Object.freeze(value);
}

import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";

/** A live object: a manifest that a server has completed. `managedFields` is stripped at the boundary. */
export interface KubeObject extends Manifest {
  readonly metadata: Manifest["metadata"] & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
  };
}

/** What a kind is called in URLs. `namespaced` decides the path. */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ApplyOptions {
  readonly fieldManager: string;
  /** Take fields from other managers. Default false: a foreign owner is a FieldConflictError. */
  readonly force?: boolean;
  readonly subresource?: "status";
  readonly dryRun?: boolean;
}

export type JsonPatchOperation =
  | { readonly op: "test" | "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** Every delete names the object that was looked at; without the uid a newcomer of that name would be hit. */
export interface DeletePreconditions {
  readonly uid: string;
  readonly resourceVersion?: string;
}

export interface ListResult<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/**
 * The API server as reconcilers see it. Unknown kinds are an InternalError; all other failures are translated:
 * 404 with a Status of reason NotFound → undefined (get) or "absent" (delete); 409 AlreadyExists → AlreadyExistsError;
 * 409 of an apply → FieldConflictError; other 409 → ConflictError; 410 (watch, list) → ExpiredError of the runtime;
 * 422 and 400 → TerminalError(InvalidSpec or PolicyDenied); 403 → TransientError(PermissionMissing);
 * 429, 5xx, network → TransientError(ProviderUnreachable) with Retry-After honoured.
 * All writes use strict field validation.
 */
export interface KubeApi {
  get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined>;
  /** All pages (500 each), most recent state. */
  list<T extends KubeObject>(
    type: Pick<ResourceType, "apiVersion" | "kind">,
    options?: ListOptions,
  ): Promise<ListResult<T>>;
  create<T extends KubeObject>(manifest: Manifest): Promise<T>;
  /** Server-side apply. With `subresource: "status"` an absent object throws WaitingError("NotObserved"). */
  apply<T extends KubeObject>(manifest: Manifest, options: ApplyOptions): Promise<T>;
  /** JSON patch (RFC 6902); a failed `test` is a ConflictError; an absent object is undefined. */
  patch<T extends KubeObject>(ref: ObjectRef, operations: readonly JsonPatchOperation[]): Promise<T | undefined>;
  delete(ref: ObjectRef, preconditions: DeletePreconditions): Promise<"deleted" | "absent">;
  /**
   * Events after `resourceVersion`, until the server ends the watch (the iterator returns), the signal aborts, or it fails (throws).
   * ERROR events are thrown, translated as above.
   */
  watch<T extends KubeObject>(
    type: Pick<ResourceType, "apiVersion" | "kind">,
    options: ListOptions & { readonly resourceVersion: string; readonly signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>>;
}

/** What reconcilers read: a local copy kept current by a reflector; includes our own writes at once. Never mutate. */
export interface ObjectCache<T extends KubeObject = KubeObject> {
  readonly hasSynced: boolean;
  get(key: { readonly namespace?: string; readonly name: string }): T | undefined;
  list(): readonly T[];
  /** Objects whose index function returned `value`. The index must have been declared. */
  byIndex(index: string, value: string): readonly T[];
  /** Resolves with true once everything up to that version was seen, with false if that takes longer. */
  reaches(resourceVersion: string, withinMs: number): Promise<boolean>;
  /** Read-your-writes: the object that a write returned; older watch events no longer replace it. */
  noteWrite(object: T): void;
  /** A delete of ours was accepted and the object is gone. */
  noteDelete(object: T): void;
}

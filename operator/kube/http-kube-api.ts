import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import { ExpiredError, InternalError, TransientError } from "../runtime/errors.ts";
import type { Answer, Transport } from "../runtime/transport.ts";
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
} from "./kube-api.ts";
import { type Attempted, attemptText, isNotFound, translateAnswer } from "./translate-error.ts";
import { completed, watchEvent } from "./watch-events.ts";

type TypeName = Pick<ResourceType, "apiVersion" | "kind">;

export interface HttpKubeApiSettings {
  /** From 0 up to 1: spreads the ends of watches. */
  readonly random: () => number;
  /** Field manager of creates and patches. @defaultValue `socle` */
  readonly fieldManager?: string;
  /** Objects per page of a list. @defaultValue 500 */
  readonly pageSize?: number;
  /** Seconds after which the server ends a watch. @defaultValue 15 to 20, at random: watches opened together must not end together. */
  readonly watchSeconds?: number;
}

/**
 * A watch that the server should have ended and has not is on a dead connection. Together with the longest watch this is less than
 * half a minute, within which silence must be noticed: docs/adr/0005-half-open-watches.md.
 */
const overdueMs = 4_000;

/** How often a list starts over when its pages expire under it. */
const listAttempts = 3;

/** The real API server. Objects stay plain JSON: classes of a client drop fields that they do not know. */
export class HttpKubeApi implements KubeApi {
  readonly #transport: Transport;
  readonly #types = new Map<string, ResourceType>();
  readonly #settings: HttpKubeApiSettings;

  /** @param settings - A function alone is the source of randomness. */
  constructor(transport: Transport, types: readonly ResourceType[], settings: HttpKubeApiSettings | (() => number)) {
    this.#transport = transport;
    this.#settings = typeof settings === "function" ? { random: settings } : settings;
    for (const type of types) this.#types.set(`${type.apiVersion} ${type.kind}`, type);
  }

  async get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    const answer = await this.#transport.call({ method: "GET", path: this.#path(ref) });
    return isNotFound(answer) ? undefined : (objectOf(answer, { verb: "get", ...ref }) as T);
  }

  async list<T extends KubeObject>(type: TypeName, options: ListOptions = {}): Promise<ListResult<T>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#allPages<T>(type, options);
      } catch (error) {
        // A page token lives for about five minutes; what was read so far is no consistent state any more.
        if (!(error instanceof ExpiredError) || attempt === listAttempts) throw error;
      }
    }
  }

  async create<T extends KubeObject>(manifest: Manifest): Promise<T> {
    const path = `${this.#collection(manifest, this.#namespaceOf(manifest))}?${this.#writeQuery()}`;
    const answer = await this.#transport.call({ method: "POST", path, body: manifest });
    return objectOf(answer, { verb: "create", ...refOf(manifest) }) as T;
  }

  async apply<T extends KubeObject>(manifest: Manifest, options: ApplyOptions): Promise<T> {
    const ref = refOf(manifest);
    const query = new URLSearchParams({
      fieldManager: options.fieldManager,
      fieldValidation: "Strict",
      force: String(options.force ?? false),
    });
    if (options.dryRun === true) query.set("dryRun", "All");
    const subresource = options.subresource === undefined ? "" : `/${options.subresource}`;
    const path = `${this.#path(ref)}${subresource}?${query.toString()}`;
    const answer = await this.#transport.call({
      method: "PATCH",
      path,
      body: manifest,
      contentType: "application/apply-patch+yaml",
    });
    return objectOf(answer, { verb: "apply", ...ref }) as T;
  }

  async patch<T extends KubeObject>(ref: ObjectRef, operations: readonly JsonPatchOperation[]): Promise<T | undefined> {
    const path = `${this.#path(ref)}?${this.#writeQuery()}`;
    const answer = await this.#transport.call({
      method: "PATCH",
      path,
      body: operations,
      contentType: "application/json-patch+json",
    });
    return isNotFound(answer) ? undefined : (objectOf(answer, { verb: "patch", ...ref }) as T);
  }

  async delete(ref: ObjectRef, preconditions: DeletePreconditions): Promise<"deleted" | "absent"> {
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions, propagationPolicy: "Background" };
    const answer = await this.#transport.call({ method: "DELETE", path: this.#path(ref), body });
    if (isNotFound(answer)) return "absent";
    if (!succeeded(answer)) throw translateAnswer(answer, { verb: "delete", ...ref });
    return "deleted";
  }

  async *watch<T extends KubeObject>(
    type: TypeName,
    options: ListOptions & { readonly resourceVersion: string; readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>, void> {
    const seconds = this.#settings.watchSeconds ?? 15 + Math.floor(this.#settings.random() * 6);
    const query = new URLSearchParams({
      ...selectors(options),
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(seconds),
    });
    const path = `${this.#collection(type, options.namespace)}?${query.toString()}`;
    const attempted: Attempted = { verb: "watch", kind: type.kind, namespace: options.namespace };
    const overdue = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    try {
      const opened = await this.#transport.stream(path, AbortSignal.any([options.signal, overdue.signal]));
      if ("answer" in opened) throw translateAnswer(opened.answer, attempted);
      // From now, not from the request: a server under load may hold it back before it begins to count.
      timer = setTimeout(
        () => {
          overdue.abort();
        },
        seconds * 1_000 + overdueMs,
      );
      for await (const line of opened.lines) yield watchEvent<T>(line, type);
    } catch (error) {
      if (options.signal.aborted) return;
      if (!overdue.signal.aborted) throw error;
      const message = `${attemptText(attempted)}: the server did not end it when it should have; its connection is dead.`;
      throw new TransientError("ProviderUnreachable", message, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async #allPages<T extends KubeObject>(type: TypeName, options: ListOptions): Promise<ListResult<T>> {
    const attempted: Attempted = { verb: "list", kind: type.kind, namespace: options.namespace };
    const limit = String(this.#settings.pageSize ?? 500);
    const items: T[] = [];
    for (let token = ""; ; ) {
      const query = new URLSearchParams({ ...selectors(options), limit, ...(token === "" ? {} : { continue: token }) });
      const answer = await this.#transport.call({
        method: "GET",
        path: `${this.#collection(type, options.namespace)}?${query.toString()}`,
      });
      const page = pageOf<T>(answer, attempted);
      for (const item of page.items) items.push(completed(item, type));
      token = page.metadata.continue ?? "";
      if (token === "") return { items, resourceVersion: page.metadata.resourceVersion };
    }
  }

  #writeQuery(): string {
    return new URLSearchParams({
      fieldManager: this.#settings.fieldManager ?? "socle",
      fieldValidation: "Strict",
    }).toString();
  }

  #type(name: TypeName): ResourceType {
    const type = this.#types.get(`${name.apiVersion} ${name.kind}`);
    if (type === undefined)
      throw new InternalError(
        `Kind ${name.kind} of ${name.apiVersion} is not on the list of kinds that Socle touches.`,
      );
    return type;
  }

  #collection(name: TypeName, namespace: string | undefined): string {
    const type = this.#type(name);
    const base = type.apiVersion.includes("/") ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
    const middle = type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    return `${base}${middle}/${type.plural}`;
  }

  #path(ref: ObjectRef): string {
    return `${this.#collection(ref, this.#namespaceOf({ ...ref, metadata: ref }))}/${encodeURIComponent(ref.name)}`;
  }

  /** Without its namespace, an object of a namespaced kind has no path; the server would answer as if the kind did not exist. */
  #namespaceOf(
    object: TypeName & { readonly metadata: { readonly name: string; readonly namespace?: string } },
  ): string | undefined {
    const { name, namespace } = object.metadata;
    if (this.#type(object).namespaced && namespace === undefined)
      throw new InternalError(`${object.kind} ${name} is named without its namespace.`);
    return namespace;
  }
}

function succeeded(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

function selectors(options: ListOptions): Record<string, string> {
  const { labelSelector, fieldSelector } = options;
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** The object of an answer; its kind is the caller's to know. */
function objectOf(answer: Answer, attempted: Attempted & TypeName): KubeObject {
  if (!succeeded(answer)) throw translateAnswer(answer, attempted);
  const object = answer.json as Partial<KubeObject> | null | undefined;
  if (object?.metadata === undefined)
    throw new TransientError("ProviderUnreachable", `${attemptText(attempted)}: the answer is no object.`);
  return completed(object as KubeObject, attempted);
}

interface Page<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

function pageOf<T extends KubeObject>(answer: Answer, attempted: Attempted): Page<T> {
  if (!succeeded(answer)) throw translateAnswer(answer, attempted);
  const body = answer.json as Partial<Page<T>> | null | undefined;
  if (body?.metadata?.resourceVersion === undefined) {
    throw new TransientError("ProviderUnreachable", `${attemptText(attempted)}: the answer is no list.`);
  }
  return { metadata: body.metadata, items: body.items ?? [] };
}

import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { network } from "./layout.ts";

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Watched {
  readonly metadata: Metadata;
}

interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

/** The API server of the node, for the agent. It shares no code with the operator: what checks the operator must not fall with it. */
export class AgentApi {
  readonly #identity: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };

  constructor(pki: string) {
    const read = (name: string): Buffer => readFileSync(join(pki, name));
    this.#identity = { ca: read("ca.crt"), cert: read("agent.crt"), key: read("agent.key") };
  }

  /** Status and text of the answer; with `onLine`, each line as it comes instead of the text. */
  call(
    method: string,
    path: string,
    { body, onLine }: { readonly body?: unknown; readonly onLine?: (line: string) => void } = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const to = { host: "127.0.0.1", port: network.apiPort, ...this.#identity, method, path, headers };
      const call = request(to, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
          if (onLine === undefined) return;
          const lines = text.split("\n");
          text = lines.pop() ?? "";
          for (const line of lines) onLine(line);
        });
        response.once("end", () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
        response.once("error", reject);
      });
      call.once("error", reject);
      // A watch hears a bookmark every minute; whoever hears nothing for longer speaks to nobody.
      call.setTimeout(onLine === undefined ? 15_000 : 150_000, () => call.destroy(new Error(`${path} is silent`)));
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** All objects of one kind, kept up to date for ever: a lost watch is taken up again, an expired one starts from a new list. */
export class WatchedKind<T extends Watched> {
  readonly #objects = new Map<string, T>();
  readonly #api: AgentApi;
  readonly #path: string;
  readonly #onChange: () => void;
  #synced = false;

  constructor(api: AgentApi, path: string, onChange: () => void) {
    this.#api = api;
    this.#path = path;
    this.#onChange = onChange;
    void this.#follow();
  }

  get synced(): boolean {
    return this.#synced;
  }

  get all(): T[] {
    return [...this.#objects.values()];
  }

  async #follow(): Promise<never> {
    for (;;) {
      try {
        await this.#listAndWatch();
      } catch (error) {
        console.error(`${this.#path}: ${error instanceof Error ? error.message : String(error)}`);
      }
      await pause(200);
    }
  }

  async #listAndWatch(): Promise<void> {
    const { status, text } = await this.#api.call("GET", this.#path);
    if (status !== 200) throw new Error(`LIST answered ${status}`);
    const list = JSON.parse(text) as { readonly metadata: Metadata; readonly items: readonly T[] };
    this.#objects.clear();
    for (const object of list.items) this.#objects.set(object.metadata.uid, object);
    this.#synced = true;
    this.#onChange();
    let version: string | undefined = list.metadata.resourceVersion;
    while (version !== undefined) version = await this.#watch(version);
  }

  /** The version up to which it watched; undefined when only a new list helps. */
  async #watch(from: string): Promise<string | undefined> {
    let version: string | undefined = from;
    const onLine = (line: string): void => {
      const { type, object } = JSON.parse(line) as WatchEvent<T>;
      if (type === "ERROR") {
        version = undefined;
        return;
      }
      version = object.metadata.resourceVersion;
      if (type === "BOOKMARK") return;
      if (type === "DELETED") this.#objects.delete(object.metadata.uid);
      else this.#objects.set(object.metadata.uid, object);
      this.#onChange();
    };
    const path = `${this.#path}${this.#path.includes("?") ? "&" : "?"}watch=1&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion=${from}`;
    const { status } = await this.#api.call("GET", path, { onLine });
    return status === 200 ? version : undefined;
  }
}

import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/** One request that has ended, as the API server recorded it. */
export interface AuditedRequest {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  readonly stage: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

const chunk = 1 << 20;

/** Follows an audit log: every call gives what ended since the last. The API server begins a new file every 100 MB. */
export class AuditTail {
  readonly #path: string;
  readonly #users: readonly string[];
  #file: number;
  #rest = "";

  /** @param users - Whose requests count; parsing those of all components would cost more than the measurement. */
  constructor(path: string, users: readonly string[]) {
    this.#path = path;
    this.#users = users.map((user) => `"username":"${user}"`);
    this.#file = openSync(path, "r");
  }

  read(): AuditedRequest[] {
    const found = this.#drain();
    if (fstatSync(this.#file).ino === statSync(this.#path).ino) return found;
    found.push(...this.#drain());
    closeSync(this.#file);
    this.#file = openSync(this.#path, "r");
    return [...found, ...this.#drain()];
  }

  close(): void {
    closeSync(this.#file);
  }

  #drain(): AuditedRequest[] {
    const buffer = Buffer.alloc(chunk);
    const found: AuditedRequest[] = [];
    for (;;) {
      const length = readSync(this.#file, buffer, 0, chunk, null);
      if (length === 0) return found;
      // URIs and names are ASCII, so a chunk never ends inside a character that matters here.
      const lines = (this.#rest + buffer.toString("latin1", 0, length)).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!this.#users.some((user) => line.includes(user))) continue;
        const event = JSON.parse(line) as AuditedRequest;
        if (event.stage === "ResponseComplete") found.push(event);
      }
    }
  }
}

/** Neither a watch nor about the lease: what should be zero at rest. */
export function isWork({ verb, requestURI }: AuditedRequest): boolean {
  return verb !== "watch" && !requestURI.includes("/leases");
}

export function isWrite({ verb }: AuditedRequest): boolean {
  return ["create", "update", "patch", "delete", "deletecollection"].includes(verb);
}

/** `create namespaces`, `patch tenants/status`, `get secrets → 404`. */
export function kindOfRequest({ verb, objectRef, responseStatus }: AuditedRequest): string {
  const { resource = "", subresource } = objectRef ?? {};
  const code = responseStatus?.code ?? 0;
  return `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}${code >= 300 ? ` → ${code}` : ""}`;
}

/** Seconds that the API server took for each request, from the receipt to the end of the answer. */
export function secondsOf({ requestReceivedTimestamp, stageTimestamp }: AuditedRequest): number {
  const seconds = microsecondsOf(stageTimestamp) - microsecondsOf(requestReceivedTimestamp);
  return (seconds < 0 ? seconds + hour : seconds) / 1e6;
}

const hour = 3_600_000_000;

/** Within its hour: the log is finer than a Date. */
function microsecondsOf(timestamp: string): number {
  const [, minutes = 0, seconds = 0] = /:(\d\d):([\d.]+)Z$/.exec(timestamp)?.map(Number) ?? [];
  return Math.round((minutes * 60 + seconds) * 1e6);
}

import { Agent, request } from "undici";
import { OperatorError, TransientError } from "./errors.ts";
import { rest } from "./rest.ts";
import { linesOf } from "./transport-lines.ts";

export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
  /** Name that the server's certificate must carry, if it is not the host of the URL. */
  readonly servername?: string;
}

/** Who we are to a server; asked before every request, so that tokens may rotate. */
export interface Credentials {
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Certificates that change in the life of the process; wins over the transport's own. Asked after `headers()`. */
  tls?(): TlsOptions;
  /** The server said 401: forget what is cached. */
  invalidate(): void;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Sent instead of JSON, e.g. a form. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest silence before and within the answer. @defaultValue 60 s */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Parsed JSON, or undefined where the body is none: a starting server answers plain text. */
  readonly json: unknown;
  /** The Location header of what was made. */
  readonly location: string | undefined;
  /** Retry-After in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

export interface TransportOptions {
  /** Origin, or origin and a path that comes before every path of a call. */
  readonly server: string;
  readonly tls: TlsOptions;
  readonly credentials: Credentials;
  readonly userAgent: string;
  /** Calls at a time; others wait for their turn. @defaultValue 24 */
  readonly connections?: number;
  /** Told of every attempt, for metrics: status 0 when nobody answered, method WATCH for streams. Seconds until the answer was complete, or its head for streams. */
  readonly onAnswer?: (method: string, status: number, seconds: number) => void;
}

interface Pools {
  readonly key: string;
  readonly calls: Agent;
  readonly streams: Agent;
}

type Attempt =
  | {
      readonly answer: Answer;
      /** It carried the transport's credentials, not the caller's: only those can be renewed. */
      readonly asOurselves: boolean;
    }
  | { readonly fault: unknown };

const tries = 4;
/** A longer wish of the server is the queue's to wait for: a worker must not sleep on it. */
const longestWaitMs = 5_000;

/**
 * HTTP to one server: one pool for calls and one for streams, because a stream must not wait behind a call or time out like one.
 * Connections are shared and kept: a TLS handshake per request costs more than the request.
 */
export class Transport {
  readonly #options: TransportOptions;
  #pools: Pools;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#pools = newPools(options.tls, options.connections);
  }

  /**
   * The answer, whatever its status. GET is tried again on connection faults, 429 and 503; a write only where the server did
   * nothing for certain: 429 and connection refused. 401 renews the credentials once, unless the call brought its own. Throws TransientError when nobody answers.
   */
  async call(call: Call): Promise<Answer> {
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#attempt(call);
      if (call.signal?.aborted === true && "fault" in result) throw cancelled(this.#options.server, result.fault);
      if ("answer" in result && result.answer.status === 401 && result.asOurselves && !renewed) {
        renewed = true;
        this.#options.credentials.invalidate();
        continue;
      }
      const waitMs = attempt >= tries ? undefined : waitBeforeRetry(call.method, result, attempt);
      if (waitMs === undefined) {
        if ("answer" in result) return result.answer;
        throw unreachable(this.#options.server, result.fault);
      }
      // An abort ends the wait; the attempt that follows fails at once with the right error.
      await rest(waitMs, call.signal);
    }
  }

  /** Lines of a streamed answer, or the answer itself if it is no 200. Throws TransientError when the stream breaks; ending it is the server's right. */
  async stream(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Answer } | { readonly lines: AsyncIterable<string> }> {
    const first = await this.#open(path, signal);
    if (!("answer" in first) || first.answer.status !== 401) return first;
    this.#options.credentials.invalidate();
    return await this.#open(path, signal);
  }

  /** Ends every connection at once, streams included. */
  async close(): Promise<void> {
    await Promise.all([this.#pools.calls.destroy(), this.#pools.streams.destroy()]);
  }

  async #open(
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Answer } | { readonly lines: AsyncIterable<string> }> {
    const { server } = this.#options;
    const started = performance.now();
    try {
      const headers = await this.#headers();
      const response = await request(urlOf(server, path), { dispatcher: this.#pools.streams, headers, signal });
      this.#report("WATCH", response.statusCode, started);
      if (response.statusCode !== 200)
        return { answer: answerOf(response.statusCode, response.headers, await response.body.text()) };
      return { lines: guardedLines(response.body, server, signal) };
    } catch (error) {
      if (signal.aborted) throw cancelled(server, error);
      throw unreachable(server, error);
    }
  }

  async #attempt(call: Call): Promise<Attempt> {
    const started = performance.now();
    try {
      const headers = await this.#headers();
      const body = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
      const response = await request(urlOf(this.#options.server, call.path), {
        dispatcher: this.#pools.calls,
        method: call.method,
        headers: {
          ...headers,
          ...call.headers,
          ...(body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
        },
        ...(body === undefined ? {} : { body }),
        ...(call.timeoutMs === undefined ? {} : { headersTimeout: call.timeoutMs, bodyTimeout: call.timeoutMs }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
      const answer = answerOf(response.statusCode, response.headers, await response.body.text());
      this.#report(call.method, answer.status, started);
      const ours = "authorization" in headers || this.#options.credentials.tls !== undefined;
      return { answer, asOurselves: ours && !("authorization" in (call.headers ?? {})) };
    } catch (fault) {
      this.#report(call.method, 0, started);
      return { fault };
    }
  }

  #report(method: string, status: number, started: number): void {
    this.#options.onAnswer?.(method, status, (performance.now() - started) / 1000);
  }

  async #headers(): Promise<Record<string, string>> {
    const { credentials, userAgent } = this.#options;
    const own = await credentials.headers();
    const tls = credentials.tls?.();
    if (tls !== undefined) this.#renewPools(tls);
    return { accept: "application/json", "user-agent": userAgent, ...own };
  }

  /** New certificates need new connections; calls and streams that run end on the old ones. */
  #renewPools(tls: TlsOptions): void {
    if (keyOf(tls) === this.#pools.key) return;
    const old = this.#pools;
    this.#pools = newPools(tls, this.#options.connections);
    void Promise.allSettled([old.calls.close(), old.streams.close()]);
  }
}

function newPools(tls: TlsOptions, connections = 24): Pools {
  const connect = { ...tls, timeout: 10_000, keepAlive: true };
  return {
    key: keyOf(tls),
    // HTTP/1.1 throughout: long streams over HTTP/2 have a history of growing memory, and 24 kept connections are enough.
    calls: new Agent({
      connect,
      connections,
      keepAliveTimeout: 30_000,
      headersTimeout: 60_000,
      bodyTimeout: 60_000,
      allowH2: false,
    }),
    // No body time-out: a quiet watch is healthy. A dead peer shows by TCP probes, about 20 s after its last packet. The head of a
    // stream is no work: a server that takes longer is as good as dead, but it may hold requests back for 15 s when it is busy.
    streams: new Agent({
      connect: { ...connect, keepAliveInitialDelay: 10_000 },
      keepAliveTimeout: 1_000,
      headersTimeout: 20_000,
      bodyTimeout: 0,
      allowH2: false,
    }),
  };
}

function keyOf(tls: TlsOptions): string {
  return JSON.stringify([tls.ca, tls.cert, tls.key, tls.rejectUnauthorized, tls.servername]);
}

function urlOf(server: string, path: string): string {
  return `${server.replace(/\/+$/, "")}${path}`;
}

/** Milliseconds to wait before the same call is sent again, or undefined if it must not be. */
function waitBeforeRetry(method: Call["method"], result: Attempt, attempt: number): number | undefined {
  const pauseMs = 100 * 2 ** (attempt - 1);
  if ("fault" in result) {
    const code = codeOf(result.fault);
    return code === "ECONNREFUSED" || (method === "GET" && passingFaults.has(code)) ? pauseMs : undefined;
  }
  const { status, retryAfterMs } = result.answer;
  const nothingWasDone = status === 429 || (status === 503 && method === "GET");
  if (!nothingWasDone || (retryAfterMs ?? 0) > longestWaitMs) return undefined;
  return retryAfterMs ?? pauseMs;
}

/** Faults of one connection, which the next may not have. Time-outs are not among them: each has already cost its whole time. */
const passingFaults: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
]);

function answerOf(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  text: string,
): Answer {
  let json: unknown;
  try {
    json = text === "" ? undefined : JSON.parse(text);
  } catch {
    json = undefined;
  }
  const location = headers["location"];
  return {
    status,
    json,
    location: typeof location === "string" ? location : undefined,
    retryAfterMs: retryAfterOf(headers["retry-after"]),
  };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3) as milliseconds from now. */
function retryAfterOf(value: string | string[] | undefined): number | undefined {
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const seconds = Number(value);
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(waitMs) && waitMs > 0 ? waitMs : undefined;
}

async function* guardedLines(
  body: AsyncIterable<Uint8Array>,
  server: string,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  try {
    yield* linesOf(body);
  } catch (error) {
    if (signal.aborted) throw cancelled(server, error);
    throw unreachable(server, error);
  }
}

function cancelled(server: string, cause: unknown): TransientError {
  return new TransientError("Timeout", `The request to ${server} was cancelled.`, { cause });
}

function unreachable(server: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  return new TransientError("ProviderUnreachable", `${server} does not answer (${codeOf(error)}).`, { cause: error });
}

/** The code of a network fault; connecting to several addresses of one name gives an error of errors. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error.name;
}

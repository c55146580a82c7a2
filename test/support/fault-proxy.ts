import { writeFileSync } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Agent, createServer, request as requestUpstream, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ControlPlane } from "../control-plane/control-plane.ts";

/** One request as it came in. */
export interface Asked {
  /** Counts over all proxies of this process, so that requests of two operators have an order. */
  readonly number: number;
  /** The method, or WATCH. */
  readonly method: string;
  /** Without its query. */
  readonly path: string;
}

export interface Recorded extends Asked {
  readonly at: number;
  /** What the server answered, or what was answered in its stead; undefined while nobody has, 0 if nobody did. */
  status: number | undefined;
  /** The fault that was injected into the request, by its kind. */
  fault: string | undefined;
  /** Of a delete: the uid without which it would hit a newcomer of that name. */
  uid: string | undefined;
}

/** What may go wrong with a request. After `reset before` the server has heard nothing, after the other three it has done it. */
export type RequestFault =
  | { readonly kind: "answer"; readonly status: 429 | 500 | 503; readonly retryAfterSeconds?: number }
  | { readonly kind: "reset before" | "reset after" | "reset midway" | "truncated" };

/** What may go wrong with one event of a watch. All but `delayed`, `twice` and `again later` end the watch, `half-open` without a word. */
export type EventFault =
  | { readonly kind: "cut" | "truncated" | "half-open" | "twice" }
  | { readonly kind: "delayed" | "again later"; readonly ms: number };

/** What goes wrong; asked for each request and each event of a watch. */
export interface Weather {
  request?(asked: Asked): RequestFault | undefined;
  event?(asked: Asked): EventFault | undefined;
}

let count = 0;

/**
 * Stands between one operator and the API server, and speaks to it as the operator's user. Records every request, and lets go wrong
 * what the weather says.
 */
export class FaultProxy {
  readonly recorded: Recorded[] = [];
  /** Events of watches that were passed on, by path. */
  readonly told = new Map<string, number>();
  /** Events that went wrong, by kind. */
  readonly eventFaults = new Map<string, number>();
  readonly kubeconfig: string;
  readonly port: number;
  weather: Weather = {};
  readonly #upstream: Upstream;
  readonly #server: Server;
  /** Connections by the port of the client: TLS sockets cannot be reset, those below them can. */
  readonly #sockets = new Map<number, Socket>();
  readonly #watches = new Set<WatchRelay>();

  private constructor(server: Server, upstream: Upstream, kubeconfig: string) {
    this.#server = server;
    this.#upstream = upstream;
    this.kubeconfig = kubeconfig;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket: Socket) => {
      const port = socket.remotePort ?? 0;
      this.#sockets.set(port, socket);
      socket.once("close", () => this.#sockets.delete(port));
    });
    server.on("tlsClientError", () => undefined);
    server.on("request", (request, response) => {
      this.#serve(request, response).catch(() => {
        this.#reset(request);
      });
    });
  }

  /** A kubeconfig for the proxy is written into `directory`. */
  static async open(
    controlPlane: Pick<ControlPlane, "ca" | "caPem" | "url">,
    options: { readonly user: string; readonly directory: string; readonly name: string },
  ): Promise<FaultProxy> {
    const { ca, caPem, url } = controlPlane;
    const [own, client, stranger] = [
      await ca.issue("fault-proxy", { hosts: ["127.0.0.1"] }),
      await ca.issue(options.user),
      await ca.issue("stranger"),
    ];
    const server = createServer({ cert: own.certificate, key: own.key, keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const kubeconfig = join(options.directory, `${options.name}.kubeconfig`);
    const user = {
      "client-certificate-data": base64(stranger.certificate),
      "client-key-data": base64(stranger.key),
    };
    const whole = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "proxy",
      clusters: [{ name: "proxy", cluster: { server: origin, "certificate-authority-data": base64(caPem) } }],
      users: [{ name: "stranger", user }],
      contexts: [{ name: "proxy", context: { cluster: "proxy", user: "stranger" } }],
    };
    writeFileSync(kubeconfig, JSON.stringify(whole), { mode: 0o600 });
    const agent = new Agent({ keepAlive: true, timeout: 30_000, ca: caPem, cert: client.certificate, key: client.key });
    return new FaultProxy(server, { url, agent }, kubeconfig);
  }

  /** Paths of the watches that are open and tell events. */
  watches(): readonly string[] {
    return [...this.#watches].map(({ asked }) => asked.path);
  }

  /** Ends the connections of the chosen watches, without an end of the stream. */
  cutWatches(chosen: (path: string) => boolean = () => true): void {
    for (const watch of [...this.#watches]) if (chosen(watch.asked.path)) watch.fail("cut");
  }

  /** Of every open watch nothing is heard any more, and its connection stays. Returns their paths. */
  silenceWatches(): readonly string[] {
    const paths = this.watches();
    for (const watch of [...this.#watches]) watch.fail("half-open");
    return paths;
  }

  async close(): Promise<void> {
    this.#upstream.agent.destroy();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets.values()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.#upstream.url);
    const isWatch = url.searchParams.get("watch") === "true";
    const body = await whole(request);
    count += 1;
    const asked = { number: count, method: isWatch ? "WATCH" : (request.method ?? ""), path: url.pathname };
    const fault = this.weather.request?.(asked);
    const recorded: Recorded = {
      ...asked,
      at: Date.now(),
      status: undefined,
      fault: fault === undefined ? undefined : nameOf(fault),
      uid: request.method === "DELETE" ? uidOf(body) : undefined,
    };
    this.recorded.push(recorded);
    if (fault?.kind === "answer") {
      recorded.status = fault.status;
      refuse(response, fault);
      return;
    }
    if (fault?.kind === "reset before") {
      recorded.status = 0;
      this.#reset(request);
      return;
    }
    const answer = await this.#forward(response, body).catch(() => undefined);
    recorded.status = answer?.statusCode ?? 0;
    if (answer === undefined || (isWatch && fault !== undefined)) {
      answer?.destroy();
      this.#reset(request);
    } else if (isWatch && recorded.status === 200) this.#relay(asked, answer, response);
    else this.#finish(request, response, { status: recorded.status, answer, text: await whole(answer), fault });
  }

  #forward(response: ServerResponse, body: Buffer): Promise<IncomingMessage> {
    const request = response.req;
    const { url, agent } = this.#upstream;
    const { host: _host, connection: _connection, "transfer-encoding": _encoding, ...headers } = request.headers;
    return new Promise((resolve, reject) => {
      const upstream = requestUpstream(new URL(request.url ?? "/", url), {
        agent,
        method: request.method ?? "GET",
        headers: { ...headers, ...(body.length > 0 ? { "content-length": String(body.length) } : {}) },
      });
      upstream.once("response", resolve).once("error", reject);
      // The client has gone: a watch would go on for nobody.
      response.once("close", () => upstream.destroy());
      upstream.end(body);
    });
  }

  #finish(
    request: IncomingMessage,
    response: ServerResponse,
    given: { status: number; answer: IncomingMessage; text: Buffer; fault: RequestFault | undefined },
  ): void {
    const { status, answer, text, fault } = given;
    if (fault?.kind === "reset after") {
      this.#reset(request);
      return;
    }
    const half = text.subarray(0, Math.floor(text.length / 2));
    const head = {
      ...headOf(answer),
      "content-length": String(fault?.kind === "truncated" ? half.length : text.length),
    };
    response.writeHead(status, head);
    if (fault?.kind === "truncated") response.end(half);
    else if (fault === undefined) response.end(text);
    else
      response.write(half, () => {
        this.#reset(request);
      });
  }

  #relay(asked: Asked, answer: IncomingMessage, response: ServerResponse): void {
    const watch = new WatchRelay(asked, {
      answer,
      response,
      reset: () => {
        this.#reset(response.req);
      },
      fault: () => this.weather.event?.(asked),
      onEvent: () => this.told.set(asked.path, (this.told.get(asked.path) ?? 0) + 1),
      onFault: (kind) => this.eventFaults.set(kind, (this.eventFaults.get(kind) ?? 0) + 1),
    });
    this.#watches.add(watch);
    void watch.ended.then(() => this.#watches.delete(watch));
  }

  #reset(request: IncomingMessage): void {
    const socket = this.#sockets.get(request.socket.remotePort ?? 0);
    if (socket === undefined) request.socket.destroy();
    else socket.resetAndDestroy();
  }
}

interface Upstream {
  readonly url: string;
  readonly agent: Agent;
}

interface RelayPorts {
  readonly answer: IncomingMessage;
  readonly response: ServerResponse;
  readonly reset: () => void;
  readonly fault: () => EventFault | undefined;
  readonly onEvent: () => void;
  readonly onFault: (kind: EventFault["kind"]) => void;
}

/** One watch: passes on line after line, each when the one before has been. */
class WatchRelay {
  readonly asked: Asked;
  /** No more events will be told. */
  readonly ended: Promise<void>;
  readonly #ports: RelayPorts;
  #end: () => void = () => undefined;
  #over = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(asked: Asked, ports: RelayPorts) {
    this.asked = asked;
    this.#ports = ports;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const { answer, response } = ports;
    response.writeHead(200, headOf(answer));
    response.flushHeaders();
    let rest = "";
    answer.setEncoding("utf8").on("data", (text: string) => {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#after(() => this.#pass(`${line}\n`));
    });
    answer.once("end", () => {
      this.#after(() => {
        if (!this.#over) response.end();
        this.#stop();
      });
    });
    answer.once("error", () => {
      this.fail("cut");
    });
    response.once("close", () => {
      this.#stop();
    });
  }

  fail(how: "cut" | "half-open"): void {
    if (this.#over) return;
    this.#stop();
    this.#ports.answer.destroy();
    if (how === "cut") this.#ports.reset();
  }

  #after(deed: () => void | Promise<void>): void {
    this.#turn = this.#turn.then(deed);
  }

  async #pass(line: string): Promise<void> {
    const fault = this.#over ? undefined : this.#ports.fault();
    if (fault !== undefined) this.#ports.onFault(fault.kind);
    switch (fault?.kind) {
      case "cut":
      case "half-open":
        this.fail(fault.kind);
        return;
      case "truncated":
        this.#write(line.slice(0, line.length / 2));
        this.#ports.response.end();
        this.#stop();
        return;
      case "delayed":
        await pause(fault.ms);
        break;
      case "twice":
        this.#write(line);
        break;
      case "again later":
        void pause(fault.ms).then(() => {
          this.#after(() => {
            this.#write(line);
          });
        });
        break;
      case undefined:
    }
    this.#write(line);
  }

  #write(text: string): void {
    if (this.#over) return;
    this.#ports.response.write(text);
    this.#ports.onEvent();
  }

  #stop(): void {
    this.#over = true;
    this.#end();
  }
}

async function whole(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Headers of an answer that is sent on with a length of its own. */
function headOf(answer: IncomingMessage): OutgoingHttpHeaders {
  const {
    connection: _connection,
    "transfer-encoding": _encoding,
    "content-length": _length,
    ...head
  } = answer.headers;
  return head;
}

function refuse(
  response: ServerResponse,
  { status, retryAfterSeconds }: Extract<RequestFault, { kind: "answer" }>,
): void {
  const reason = { 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable" }[status];
  const text = { kind: "Status", apiVersion: "v1", status: "Failure", message: "fault proxy", reason, code: status };
  const wish = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  response.writeHead(status, { "content-type": "application/json", ...wish }).end(JSON.stringify(text));
}

function nameOf(fault: RequestFault): string {
  if (fault.kind !== "answer") return fault.kind;
  return `${fault.status}${fault.retryAfterSeconds === undefined ? "" : " with Retry-After"}`;
}

function uidOf(body: Buffer): string | undefined {
  try {
    return (JSON.parse(body.toString()) as { preconditions?: { uid?: string } }).preconditions?.uid;
  } catch {
    return undefined;
  }
}

import { connect, createServer, type Server, type Socket } from "node:net";

/** What connections meet. `reset` lets so many bytes of the server's answers through, over all connections, and then cuts each at once. */
export type TcpWeather =
  | { readonly kind: "fair" | "down" }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "reset"; readonly afterBytes: number }
  | Fatal;

/** Asks of every message of a client whether it is the last: before the server has heard it, or after it has answered, `strike` is called, and the connection is cut. */
export interface Fatal {
  readonly kind: "fatal";
  readonly next: () => "pass" | "before" | "after";
  readonly strike: () => void;
}

/** Stands before a server of any protocol: PostgreSQL, Keycloak. Knows bytes and connections only. */
export class FaultTcpProxy {
  readonly port: number;
  /** Connections that were cut on purpose. */
  cuts = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections to the server whose next answer nobody will read, and what is to happen then. */
  readonly #last = new Map<Socket, () => void>();
  #weather: TcpWeather = { kind: "fair" };
  #answered = 0;

  private constructor(server: Server, target: { readonly host: string; readonly port: number }, port: number) {
    this.#server = server;
    this.port = port;
    server.on("connection", (client) => {
      if (this.#weather.kind === "down") {
        this.#cut(client);
        return;
      }
      this.#join(client, connect(target));
    });
  }

  static async open(target: { readonly host: string; readonly port: number }): Promise<FaultTcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FaultTcpProxy(server, target, (server.address() as { port: number }).port);
  }

  /** From now on; `down` also ends what is open. */
  become(weather: TcpWeather): void {
    this.#weather = weather;
    this.#answered = 0;
    if (weather.kind === "down") for (const socket of this.#sockets) this.#cut(socket);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        this.#last.delete(upstream);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk) => {
      this.#ask({ client, upstream }, chunk);
    });
    client.once("end", () => upstream.end());
    upstream.on("data", (chunk) => {
      const strike = this.#last.get(upstream);
      if (strike === undefined) {
        this.#answer(client, chunk);
        return;
      }
      this.#last.delete(upstream);
      strike();
      this.#cut(client);
    });
    upstream.once("end", () => client.end());
  }

  #ask({ client, upstream }: { client: Socket; upstream: Socket }, chunk: Buffer): void {
    const weather = this.#weather;
    const fate = weather.kind === "fatal" ? weather.next() : "pass";
    if (weather.kind === "fatal" && fate === "before") {
      weather.strike();
      this.#cut(client);
      return;
    }
    if (weather.kind === "fatal" && fate === "after") this.#last.set(upstream, weather.strike);
    upstream.write(chunk);
  }

  #answer(client: Socket, chunk: Buffer): void {
    const weather = this.#weather;
    if (weather.kind === "slow") {
      setTimeout(() => {
        if (!client.destroyed) client.write(chunk);
      }, weather.ms);
      return;
    }
    const left = weather.kind === "reset" ? weather.afterBytes - this.#answered : Number.POSITIVE_INFINITY;
    this.#answered += chunk.length;
    if (chunk.length <= left) client.write(chunk);
    else
      client.write(chunk.subarray(0, Math.max(left, 0)), () => {
        this.#cut(client);
      });
  }

  #cut(socket: Socket): void {
    this.cuts += 1;
    socket.resetAndDestroy();
  }
}

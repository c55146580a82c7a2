import { connect, createServer, type Server, type Socket } from "node:net";

/** What connections meet. `reset` lets so many bytes of the server's answers through, over all connections, and then cuts each at once. */
export type TcpWeather =
  | { readonly kind: "fair" | "down" }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "reset"; readonly afterBytes: number };

/** Stands before a server of any protocol: PostgreSQL, Keycloak. Knows bytes and connections only. */
export class FaultTcpProxy {
  readonly port: number;
  /** Connections that were cut on purpose. */
  cuts = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
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
        if (socket === client) upstream.destroy();
        else if (!upstream.readableEnded) client.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      this.#answer(client, chunk);
    });
    upstream.once("end", () => {
      // What was said last, such as why somebody is refused, arrives before the end does.
      setTimeout(() => client.end(), this.#weather.kind === "slow" ? this.#weather.ms + 10 : 0);
    });
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

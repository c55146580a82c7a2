import { connect, createServer, type Server, type Socket } from "node:net";

const query = 0x51; // Q: a statement as text
const execute = 0x45; // E: a prepared statement with its parameters

/**
 * Stands between the operator and PostgreSQL, without TLS, and counts statements. Before the one after `cutAfter` reaches the server, every connection
 * is cut, and new ones are too: so does a process die between two statements.
 */
export class PostgresCutProxy {
  statements = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #cutAfter: number;

  private constructor(server: Server, port: number, cutAfter: number) {
    this.#server = server;
    this.port = port;
    this.#cutAfter = cutAfter;
  }

  /** @param cutAfter Infinity to only count. */
  static async open(
    target: { readonly host: string; readonly port: number },
    cutAfter: number,
  ): Promise<PostgresCutProxy> {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        resolve((server.address() as { port: number }).port);
      });
    });
    const proxy = new PostgresCutProxy(server, port, cutAfter);
    server.on("connection", (client) => {
      proxy.#join(client, connect(target));
    });
    return proxy;
  }

  get cut(): boolean {
    return this.statements > this.#cutAfter;
  }

  async close(): Promise<void> {
    this.#destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    if (this.cut) {
      this.#destroy();
      return;
    }
    upstream.pipe(client);
    const messages = new FrontendMessages();
    client.on("data", (chunk) => {
      for (const { type, bytes } of messages.read(chunk)) {
        if (type === query || type === execute) this.statements += 1;
        if (this.cut) {
          this.#destroy();
          return;
        }
        upstream.write(bytes);
      }
    });
  }

  #destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Cuts the stream of one client into messages: a start-up message without a type, then one byte of type and four of length each. */
class FrontendMessages {
  #rest = Buffer.alloc(0);
  #started = false;

  *read(chunk: Buffer): Generator<{ readonly type: number | undefined; readonly bytes: Buffer }> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const typeBytes = this.#started ? 1 : 0;
      if (this.#rest.length < typeBytes + 4) return;
      const length = typeBytes + this.#rest.readInt32BE(typeBytes);
      if (this.#rest.length < length) return;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      const type = this.#started ? bytes[0] : undefined;
      this.#started = true;
      yield { type, bytes };
    }
  }
}

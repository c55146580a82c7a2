import { createServer, type Server } from "node:http";

export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined = healthy; otherwise what is not. */
  readonly live: () => string | undefined;
  readonly ready: () => string | undefined;
  readonly metrics: () => Promise<string>;
}

/** Serves /livez, /readyz and /metrics. Rejects with a sentence when the address is taken. */
export async function serveHealth(options: HealthOptions): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (problem: string | undefined): void => {
      response.writeHead(problem === undefined ? 200 : 503, { "content-type": "text/plain" }).end(problem ?? "ok");
    };
    if (request.url === "/livez") answer(options.live());
    else if (request.url === "/readyz") answer(options.ready());
    else if (request.url === "/metrics") {
      options.metrics().then(
        (text) => response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(text),
        () => response.writeHead(500).end(),
      );
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "is taken by another process; choose another with SOCLE_HEALTH_ADDRESS"
          : error.message;
      reject(new Error(`Health address ${options.host}:${options.port} ${why}.`));
    });
    server.listen(options.port, options.host, resolve);
  });
  server.unref();
  return server;
}

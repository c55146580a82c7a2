import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { CertificateAuthority } from "../../test/control-plane/certificates.ts";
import { OperatorError, TransientError } from "./errors.ts";
import { type Call, type Credentials, Transport, type TransportOptions } from "./transport.ts";

/** One answer of a scripted server; `cut` ends the connection after the head and this much of the body. */
type Scripted = (request: IncomingMessage, response: ServerResponse) => void;
const says =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Scripted =>
  (_request, response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const cutsBeforeHead: Scripted = (request) => void request.socket.destroy();
const cutsInBody: Scripted = (request, response) => {
  response.writeHead(200, { "content-length": "1000" });
  response.write('{"half":', () => request.socket.destroy());
};
const neverAnswers: Scripted = () => undefined;

const token = "t0ken-that-nobody-may-see";

describe("Transport", () => {
  const undo: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const one of undo.splice(0).reverse()) await one();
  });

  const closing = (server: Server): void => {
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    undo.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  };

  /** A server that follows a script, one entry per request, the last for all that follow; and what it was asked. */
  const start = async (script: readonly Scripted[], options: Partial<TransportOptions> = {}) => {
    const asked: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        asked.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
        (script[asked.length - 1] ?? script.at(-1))?.(request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing(server);
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { asked, origin, transport: transportTo(origin, options) };
  };

  const transportTo = (server: string, options: Partial<TransportOptions> = {}): Transport => {
    const credentials: Credentials = {
      headers: () => Promise.resolve({ authorization: `Bearer ${token}` }),
      invalidate: () => undefined,
    };
    const transport = new Transport({ server, tls: {}, credentials, userAgent: "socle-test", ...options });
    undo.push(() => transport.close());
    return transport;
  };

  const failure = async (call: Promise<unknown>): Promise<OperatorError> => {
    const error: unknown = await call.then(
      (value) => value,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof OperatorError)) throw new Error(`No failure but ${JSON.stringify(error)}`);
    return error;
  };
  /** All that an error may end up in a log as. */
  const allOf = (error: unknown): string =>
    error instanceof Error
      ? [error.message, error.stack, JSON.stringify(error), allOf(error.cause)].join(" ")
      : String(error);

  const get: Call = { method: "GET", path: "/x?y=1" };
  const post: Call = { method: "POST", path: "/x", body: { a: 1 } };

  describe("asks", () => {
    it("with path, credentials, its name, and the body as JSON of the type that is wished", async () => {
      const { transport, asked } = await start([says(200)]);
      await transport.call({ ...post, contentType: "application/json-patch+json", headers: { "x-more": "1" } });
      await transport.call(get);
      expect(asked.map(({ method, url, body }) => [method, url, body])).toEqual([
        ["POST", "/x", '{"a":1}'],
        ["GET", "/x?y=1", ""],
      ]);
      expect(asked[0]?.headers).toMatchObject({
        authorization: `Bearer ${token}`,
        "user-agent": "socle-test",
        "content-type": "application/json-patch+json",
        accept: "application/json",
        "x-more": "1",
      });
      expect(asked[1]?.headers["content-type"]).toBeUndefined();
    });

    it("below the path of its server, and with a text where one is given", async () => {
      const { origin, asked } = await start([says(200)]);
      await transportTo(`${origin}/behind/`).call({
        method: "POST",
        path: "/x",
        text: "a=1",
        contentType: "application/x-www-form-urlencoded",
      });
      expect([asked[0]?.url, asked[0]?.body]).toEqual(["/behind/x", "a=1"]);
    });

    it("over kept connections: a handshake per request costs more than the request", async () => {
      const sockets = new Set<Socket>();
      const { transport } = await start([
        (request, response) => {
          sockets.add(request.socket);
          says(200)(request, response);
        },
      ]);
      for (let count = 0; count < 20; count += 1) await transport.call(get);
      expect(sockets.size).toBeLessThanOrEqual(2);
    });
  });

  describe("answers", () => {
    it.each([
      ["JSON", says(201, { a: "é" }, { location: "/x/1" }), { status: 201, json: { a: "é" }, location: "/x/1" }],
      ["a status that is no success", says(404, { reason: "NotFound" }), { status: 404, json: { reason: "NotFound" } }],
      [
        "a body that is no JSON, as a starting server has it",
        (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(200).end("starting"),
        { status: 200, json: undefined },
      ],
      [
        "nothing",
        (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(204).end(),
        { status: 204, json: undefined },
      ],
      ["a wish in seconds", says(500, {}, { "retry-after": "7" }), { status: 500, retryAfterMs: 7_000 }],
      ["a wish that is none", says(500, {}, { "retry-after": "soon" }), { status: 500, retryAfterMs: undefined }],
      [
        "a date that has passed",
        says(500, {}, { "retry-after": "Mon, 01 Jan 2024 00:00:00 GMT" }),
        { retryAfterMs: undefined },
      ],
    ])("with %s", async (_what, script, answer) => {
      const { transport } = await start([script]);
      expect(await transport.call(get)).toMatchObject(answer);
    });

    it("with a wish for a date", async () => {
      const date = new Date(Date.now() + 90_000).toUTCString();
      const { transport } = await start([says(429, {}, { "retry-after": date })]);
      const { retryAfterMs = 0 } = await transport.call(get);
      expect(Math.round(retryAfterMs / 10_000)).toBe(9);
    });
  });

  describe("tries again", () => {
    const wait = { "retry-after": "0.01" };
    it.each<[string, Call, Scripted, number]>([
      ["a read that was too many", get, says(429, {}, wait), 2],
      ["a write that was too many: nothing was done", post, says(429, {}, wait), 2],
      ["a read of a server that is not ready", get, says(503, {}, wait), 2],
      ["no write to a server that is not ready: it may have been done", post, says(503, {}, wait), 1],
      ["no read that failed on the server", get, says(500), 1],
      ["no read that the server wants asked much later", get, says(429, {}, { "retry-after": "60" }), 1],
      ["a read whose connection was cut", get, cutsBeforeHead, 2],
      ["a read whose answer was cut", get, cutsInBody, 2],
      ["no write whose connection was cut: it may have been done", post, cutsBeforeHead, 1],
      ["no write whose answer was cut", post, cutsInBody, 1],
      ["with new credentials, once, what was not accepted", post, says(401), 2],
    ])("%s", async (_what, call, first, times) => {
      const { transport, asked } = await start([first, says(200)]);
      await transport.call(call).catch(() => undefined);
      expect(asked).toHaveLength(times);
    });

    it("four times and no more, and then hands out the answer", async () => {
      const { transport, asked } = await start([says(429, {}, wait)]);
      expect((await transport.call(get)).status).toBe(429);
      expect(asked).toHaveLength(4);
    });

    it.each([
      ["the call brought its own credentials", { headers: { authorization: "Bearer theirs" } }, {}],
      [
        "there are none to renew: a wrong client secret once cost two token requests",
        {},
        { credentials: { headers: () => Promise.resolve({}), invalidate: () => undefined } },
      ],
    ])("not where %s", async (_why, more, options) => {
      const { transport, asked } = await start([says(401), says(200)], options);
      expect((await transport.call({ ...post, ...more })).status).toBe(401);
      expect(asked).toHaveLength(1);
    });

    it("not for ever with credentials that are never accepted", async () => {
      let forgotten = 0;
      const credentials: Credentials = {
        headers: () => Promise.resolve({ authorization: `Bearer ${token}-${forgotten}` }),
        invalidate: () => {
          forgotten += 1;
        },
      };
      const { transport, asked } = await start([says(401)], { credentials });
      expect((await transport.call(get)).status).toBe(401);
      expect([asked.map(({ headers }) => headers.authorization), forgotten]).toEqual([
        [`Bearer ${token}-0`, `Bearer ${token}-1`],
        1,
      ]);
    });

    it("a write that nobody took, until somebody does", async () => {
      const server = createServer(says(200));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      const attempts: number[] = [];
      const transport = transportTo(`http://127.0.0.1:${port}`, {
        onAnswer: (_method, status) => {
          attempts.push(status);
          if (attempts.length === 1) {
            server.listen(port, "127.0.0.1");
            closing(server);
          }
        },
      });
      expect((await transport.call(post)).status).toBe(200);
      expect(attempts[0]).toBe(0);
    });
  });

  describe("fails as something that may pass", () => {
    it.each([
      ["a connection that is cut", cutsBeforeHead],
      ["an answer that is cut", cutsInBody],
      ["a server that does not answer in time", neverAnswers],
    ])("for %s, without a word of what it was given", async (_what, script) => {
      const { transport, origin } = await start([script]);
      const error = await failure(transport.call({ ...post, body: { password: "p4ssw0rd" }, timeoutMs: 100 }));
      expect(error).toBeInstanceOf(TransientError);
      expect(error.reason).toBe("ProviderUnreachable");
      expect(error.message).toContain(`${origin} does not answer (`);
      expect(allOf(error)).not.toContain(token);
      expect(allOf(error)).not.toContain("p4ssw0rd");
    });

    it("for a server that is not there, named by code", async () => {
      const { transport } = await start([says(200)]);
      await transport.close();
      const error = await failure(transportTo("http://127.0.0.1:1").call(get));
      expect(error.message).toBe("http://127.0.0.1:1 does not answer (ECONNREFUSED).");
      expect(allOf(error)).not.toContain(token);
    });

    it("for credentials that cannot be had, in their own words", async () => {
      const credentials: Credentials = {
        headers: () => Promise.reject(new TransientError("PermissionMissing", "run the login command")),
        invalidate: () => undefined,
      };
      const { transport } = await start([says(200)], { credentials });
      const error = await failure(transport.call(get));
      expect([error.reason, error.message]).toEqual(["PermissionMissing", "run the login command"]);
    });

    it("when it is told to stop, at once", async () => {
      const { transport, asked } = await start([neverAnswers]);
      const stop = new AbortController();
      const call = failure(transport.call({ ...get, signal: stop.signal }));
      while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort();
      expect((await call).reason).toBe("Timeout");
      expect((await failure(transport.call({ ...get, signal: stop.signal }))).reason).toBe("Timeout");
      expect(asked).toHaveLength(1);
    });

    it("when it is told to stop while it waits to try again", async () => {
      const { transport, asked } = await start([says(429, {}, { "retry-after": "5" })]);
      const stop = new AbortController();
      const call = failure(transport.call({ ...get, signal: stop.signal }));
      while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort();
      expect((await call).reason).toBe("Timeout");
    });
  });

  describe("streams", () => {
    const read = async (transport: Transport, signal: AbortSignal): Promise<string[]> => {
      const opened = await transport.stream("/watch", signal);
      if ("answer" in opened) throw new Error(`answered ${opened.answer.status}`);
      const lines: string[] = [];
      for await (const line of opened.lines) lines.push(line);
      return lines;
    };
    const never = new AbortController().signal;

    it("lines until the server ends them", async () => {
      const { transport } = await start([(_request, response) => void response.writeHead(200).end("a\nb\n")]);
      expect(await read(transport, never)).toEqual(["a", "b"]);
    });

    it("and hands out an answer that is no stream", async () => {
      const { transport } = await start([says(410, { reason: "Expired" })]);
      expect(await transport.stream("/watch", never)).toMatchObject({
        answer: { status: 410, json: { reason: "Expired" } },
      });
    });

    it("with new credentials once, when the old are not accepted", async () => {
      const { transport, asked } = await start([says(401), (_request, response) => void response.end("a\n")]);
      expect(await read(transport, never)).toEqual(["a"]);
      expect(asked).toHaveLength(2);
    });

    it("and fails when the connection is cut, between lines or within one", async () => {
      for (const text of ["a\n", 'a\n{"half'])
        await start([
          (request, response) => {
            response.writeHead(200);
            response.write(text, () => setTimeout(() => request.socket.destroy(), 20));
          },
        ]).then(async ({ transport }) => {
          const error = await failure(read(transport, never));
          expect(error).toBeInstanceOf(TransientError);
          expect(allOf(error)).not.toContain(token);
        });
    });

    it("and ends when it is told to, while it waits for a line", async () => {
      const { transport } = await start([(_request, response) => void response.writeHead(200).write("a\n")]);
      const stop = new AbortController();
      const opened = await transport.stream("/watch", stop.signal);
      if ("answer" in opened) throw new Error("no stream");
      const lines = opened.lines[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe("a");
      const next = failure(lines.next());
      stop.abort();
      expect((await next).reason).toBe("Timeout");
    });

    it("while calls go on: a stream does not hold their connection", async () => {
      const { transport } = await start([
        (_request, response) => void response.writeHead(200).write("a\n"),
        says(200, { ok: true }),
      ]);
      await transport.stream("/watch", never);
      expect((await transport.call(get)).json).toEqual({ ok: true });
    });
  });

  it("tells of every attempt, for metrics", async () => {
    const told: [string, number][] = [];
    const { transport } = await start([cutsBeforeHead, says(429, {}, { "retry-after": "0.01" }), says(200)], {
      onAnswer: (method, status) => told.push([method, status]),
    });
    await transport.call(get);
    await transport.stream("/watch", new AbortController().signal);
    expect(told).toEqual([
      ["GET", 0],
      ["GET", 429],
      ["GET", 200],
      ["WATCH", 200],
    ]);
  });

  describe("over TLS", () => {
    /** A server that wants a client certificate and answers whose it saw. */
    const startTls = async (authority: CertificateAuthority): Promise<string> => {
      const own = await authority.issue("server", { hosts: ["127.0.0.1"] });
      const server = createTlsServer(
        { cert: own.certificate, key: own.key, ca: authority.pem, requestCert: true, rejectUnauthorized: false },
        (request, response) => {
          const seen = (
            request.socket as unknown as { getPeerCertificate(): { subject?: { CN: string } } }
          ).getPeerCertificate();
          response.end(JSON.stringify({ client: seen.subject?.CN ?? "nobody" }));
        },
      );
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      closing(server);
      return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };

    it("trusts the authority that it was given, and no other", async () => {
      const [authority, other] = [
        await CertificateAuthority.create("ours"),
        await CertificateAuthority.create("other"),
      ];
      const origin = await startTls(authority);
      expect((await transportTo(origin, { tls: { ca: authority.pem } }).call(get)).status).toBe(200);
      for (const tls of [{}, { ca: other.pem }]) {
        const error = await failure(transportTo(origin, { tls }).call(get));
        expect(error).toBeInstanceOf(TransientError);
        expect(error.message).toMatch(/SELF_SIGNED|VERIFY|CERT/);
      }
    });

    it("shows the client certificate of now: a new one needs no restart", async () => {
      const authority = await CertificateAuthority.create("ours");
      const origin = await startTls(authority);
      let who = await authority.issue("first");
      const transport = transportTo(origin, {
        credentials: {
          headers: () => Promise.resolve({}),
          tls: () => ({ ca: authority.pem, cert: who.certificate, key: who.key }),
          invalidate: () => undefined,
        },
      });
      expect((await transport.call(get)).json).toEqual({ client: "first" });
      who = await authority.issue("second");
      expect((await transport.call(get)).json).toEqual({ client: "second" });
    });
  });
});

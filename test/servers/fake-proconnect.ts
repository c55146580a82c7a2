import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Provider } from "oidc-provider";
import { type Agent, defaultAgents } from "./fake-proconnect-agents.ts";
import { agentsPage, messagePage } from "./fake-proconnect-pages.ts";
import { openIdProvider, paths, type RegisteredClient, type UserinfoFormat } from "./fake-proconnect-provider.ts";
import { askedAssurance, assertedAssurance, methodsOf, refusalOf } from "./fake-proconnect-rules.ts";

/** Wishes for one FAKE ProConnect. */
export interface FakeProConnectOptions {
  readonly clients: readonly RegisteredClient[];
  /** Looked at anew for each login: a test may change what an agent's administration says. */
  readonly agents?: readonly Agent[] | undefined;
  readonly userinfo?: UserinfoFormat | undefined;
  /** A free one otherwise. */
  readonly port?: number | undefined;
  /** Address to listen on; the loopback otherwise. */
  readonly address?: string | undefined;
  /** Scheme, host and port by which the world reaches it, through proxies perhaps; otherwise those that it listens on. */
  readonly origin?: string | undefined;
  readonly tls?: { readonly key: string; readonly certificate: string } | undefined;
}

/** Parameters of one request for authorization, as they came. */
export type Authorization = Readonly<Record<string, string>>;

/** A FAKE: it keeps the documented rules of ProConnect and knows a handful of agents whom it asks for no password. */
export interface FakeProConnect {
  readonly origin: string;
  readonly issuer: string;
  /** Where it answers on this machine: what a proxy in front of it dials. */
  readonly listensOn: string;
  /** Every request for authorization, refused ones too, in order. */
  readonly authorizations: readonly Authorization[];
  stop(): Promise<void>;
}

const base = "/api/v2";
/** For tests that have it in another process. Only this machine may ask, and not through a proxy. */
export const authorizationsPath = "/fake/authorizations";

export async function startFakeProConnect(options: FakeProConnectOptions): Promise<FakeProConnect> {
  const { tls, port = 0, address = "127.0.0.1" } = options;
  let answer: RequestListener = (_request, response) => {
    response.writeHead(503).end();
  };
  const listener: RequestListener = (request, response) => {
    answer(request, response);
  };
  const server =
    tls === undefined ? createServer(listener) : createTlsServer({ key: tls.key, cert: tls.certificate }, listener);
  await listen(server, { port, address });
  const here = `${tls === undefined ? "http" : "https"}://${address}:${(server.address() as AddressInfo).port}`;
  const origin = new URL(options.origin ?? here);
  const authorizations: Authorization[] = [];
  try {
    answer = await answers(origin, { options, authorizations });
  } catch (error) {
    await close(server);
    throw error;
  }
  return {
    origin: origin.origin,
    issuer: `${origin.origin}${base}`,
    listensOn: here,
    authorizations,
    stop: () => close(server),
  };
}

async function answers(
  origin: URL,
  { options, authorizations }: { readonly options: FakeProConnectOptions; readonly authorizations: Authorization[] },
): Promise<RequestListener> {
  const agents = options.agents ?? defaultAgents;
  const provider = await openIdProvider(`${origin.origin}${base}`, {
    clients: options.clients,
    userinfo: options.userinfo ?? "RS256",
    agentOf: (uid) => agents.find((agent) => agent.uid === uid),
  });
  const protocol = provider.callback();
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", origin);
    if (pathname === authorizationsPath && isLocal(request)) {
      json(response, { status: 200, body: authorizations });
      return;
    }
    if (!pathname.startsWith(`${base}/`)) {
      html(response, { status: 404, body: messagePage("There is nothing at this address.") });
      return;
    }
    if (pathname === `${base}${paths.authorization}`) {
      authorizations.push(Object.fromEntries(searchParams));
      const refusal = request.method === "GET" ? refusalOf(searchParams) : onlyGet;
      if (refusal !== undefined) {
        json(response, { status: 400, body: refusal });
        return;
      }
    }
    if (pathname.startsWith(`${base}/interaction/`)) {
      void chooseAgent(provider, agents, { request, response });
      return;
    }
    asTheWorldSeesIt(request, origin);
    void protocol(request, response);
  };
}

const onlyGet = { code: "Y000400", message: "authorization is asked for with GET" } as const;

/** The library makes addresses from the request; whichever way it took, they are those of the origin. */
function asTheWorldSeesIt(request: IncomingMessage, origin: URL): void {
  request.headers["x-forwarded-proto"] = origin.protocol.slice(0, -1);
  request.headers["x-forwarded-host"] = origin.host;
  Object.assign(request, { originalUrl: request.url, url: request.url?.slice(base.length) });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Logs in whom the client's hint or the person names; without either, asks. */
async function chooseAgent(
  provider: Provider,
  agents: readonly Agent[],
  { request, response }: Exchange,
): Promise<void> {
  const details = await provider.interactionDetails(request, response).catch(() => undefined);
  if (details === undefined) {
    html(response, { status: 400, body: messagePage("This login has ended or began in another browser.") });
    return;
  }
  const chosen = request.method === "POST" ? new URLSearchParams(await text(request)).get("agent") : undefined;
  const email = chosen ?? details.params["login_hint"];
  const agent = agents.find((one) => one.email === email);
  if (agent === undefined) {
    html(response, { status: 200, body: agentsPage(agents, request.url ?? "") });
    return;
  }
  const acr = assertedAssurance(agent, askedAssurance(details.params));
  await provider.interactionFinished(
    request,
    response,
    acr === undefined
      ? {
          error: "access_denied",
          error_description: "Y020032: the identity provider cannot assert an acr that is essential",
        }
      : { login: { accountId: agent.uid, acr, amr: methodsOf(acr), remember: true } },
    { mergeWithLastSubmission: false },
  );
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  const forwarded = Object.keys(headers).some((name) => name === "forwarded" || name.startsWith("x-forwarded-"));
  return !forwarded && /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? "");
}

function json(response: ServerResponse, { status, body }: { readonly status: number; readonly body: unknown }): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function html(response: ServerResponse, { status, body }: { readonly status: number; readonly body: string }): void {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(body);
}

function listen(server: Server, at: { readonly port: number; readonly address: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: at.address, port: at.port }, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

import { lookup, type LookupAddress, type LookupOptions } from "node:dns";
import { rootCertificates } from "node:tls";
import { Agent, request } from "undici";
import { addressProblem, hostOf, type Reach, urlProblem } from "../identity/reach.ts";
import { TerminalError, TransientError } from "../runtime/errors.ts";

/** An answer of a provider of identities. */
export interface ProviderAnswer {
  readonly status: number;
  readonly text: string;
}

/** Whom a call may reach, and by whose certificates. */
export interface ProviderWay {
  readonly reach: Reach;
  /** PEM of authorities beside the public ones. */
  readonly trustBundle?: string | undefined;
}

/**
 * Asks servers whose addresses tenants chose. An address that may not be called is a TerminalError (InvalidSpec), before anything is sent; a
 * server that does not answer within ten seconds a TransientError (DependencyUnavailable). A redirect is an answer: nothing follows it.
 */
export interface ProviderWeb {
  get(url: string, way: ProviderWay, signal: AbortSignal): Promise<ProviderAnswer>;
  /** A form, as clients of OAuth send it. */
  post(
    call: { readonly url: string; readonly form: Readonly<Record<string, string>> },
    way: ProviderWay,
    signal: AbortSignal,
  ): Promise<ProviderAnswer>;
}

const timeoutMs = 10_000;
const largestBody = 1024 * 1024;

class RefusedAddressError extends Error {}

/** Each call has a connection of its own, to an address that was judged: a name that resolves otherwise a moment later changes nothing. */
export class HttpProviderWeb implements ProviderWeb {
  async get(url: string, way: ProviderWay, signal: AbortSignal): Promise<ProviderAnswer> {
    return await ask({ url, method: "GET" }, way, signal);
  }

  async post(
    { url, form }: { readonly url: string; readonly form: Readonly<Record<string, string>> },
    way: ProviderWay,
    signal: AbortSignal,
  ): Promise<ProviderAnswer> {
    return await ask({ url, method: "POST", body: new URLSearchParams(form).toString() }, way, signal);
  }
}

interface Question {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly body?: string;
}

async function ask(question: Question, way: ProviderWay, signal: AbortSignal): Promise<ProviderAnswer> {
  const { url, method, body } = question;
  const problem = urlProblem(url, way.reach);
  if (problem !== undefined) throw new TerminalError("InvalidSpec", `${url} may not be called: ${problem}.`);
  const agent = agentFor(new URL(url), way);
  // The whole of it: a server that sends a byte now and then keeps nobody waiting.
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method,
      signal: AbortSignal.any([signal, deadline]),
      headers: {
        accept: "application/json, application/samlmetadata+xml, text/xml;q=0.9",
        ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (error) {
    signal.throwIfAborted();
    throw translated(url, error, deadline.aborted);
  } finally {
    void agent.destroy();
  }
}

function agentFor(url: URL, { reach, trustBundle }: ProviderWay): Agent {
  const host = hostOf(url);
  return new Agent({
    connect: {
      timeout: timeoutMs,
      lookup: judged(host, reach),
      ...(trustBundle === undefined ? {} : { ca: [...rootCertificates, trustBundle] }),
    },
    maxResponseSize: largestBody,
    pipelining: 0,
  });
}

type Answer = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves a name to those of its addresses that may be called; if one of them may not, none is. */
function judged(host: string, reach: Reach): (name: string, options: LookupOptions, answer: Answer) => void {
  return (name, options, answer) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        answer(error, "");
        return;
      }
      const problem = addresses
        .map(({ address }) => addressProblem(host, address, reach))
        .find((one) => one !== undefined);
      const [first] = addresses;
      if (problem !== undefined || first === undefined)
        answer(new RefusedAddressError(problem ?? "it has no address"), "");
      else if (options.all === true) answer(null, addresses);
      else answer(null, first.address, first.family);
    });
  };
}

function translated(url: string, error: unknown, late: boolean): Error {
  if (error instanceof RefusedAddressError)
    return new TerminalError("InvalidSpec", `${url} may not be called: ${error.message}.`);
  const code = (error as { readonly code?: unknown }).code;
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE")
    return new TerminalError("InvalidSpec", `${url} answered with more than 1 MiB; it is no document of a provider.`);
  const why = late ? `no answer within ${timeoutMs / 1000} seconds` : typeof code === "string" ? code : "no answer";
  return new TransientError("DependencyUnavailable", `${url}: ${why}.`, { cause: error });
}

import { Agent, Client, request as send } from "undici";
import {
  AlreadyExistsError,
  ConflictError,
  InternalError,
  type OperatorError,
  TerminalError,
  TransientError,
} from "../runtime/errors.ts";
import { candidateIds } from "./context-id.ts";
import {
  type Account,
  changedContext,
  contextNamed,
  contextNumbered,
  newAdministrator,
  newContext,
  observedContext,
  request,
  type SoapAnswer,
  soapAnswer,
  userNamed,
} from "./context-messages.ts";
import type {
  AdministratorLogin,
  AppSuite,
  ContextChange,
  ContextDesired,
  LoginPath,
  ObservedContext,
  OpenXchangeApi,
} from "./openxchange-api.ts";
import { addressProblem, type Attempt, faultError, networkError, statusError } from "./soap-errors.ts";
import { readXml, UnreadableXmlError, UnwritableTextError, writeXml, type XmlElement } from "./xml.ts";

type Service = "OXContextService" | "OXUserService";

/** One operation of a service. */
interface Call {
  readonly service: Service;
  readonly operation: string;
  readonly parts: readonly XmlElement[];
  /** Absent = the master administrator. */
  readonly account?: Account;
  /** E.g. `create context minagri`. */
  readonly doing: string;
}

/** Making a context may make a database schema of some hundred tables first. */
const timeoutMs = 120_000;
const probeTimeoutMs = 10_000;
const connectTimeoutMs = 10_000;
const largestAnswer = 1024 * 1024;
/** What people do comes first: what is sent beyond this waits here. */
const requestsAtATime = 4;
/** Says `no` wherever nobody made a context of that name; to ask for it proves the account. */
const nobodysContext = "socle-is-there-anybody";
const loginPathname = "/appsuite/api/oidc/init?flow=login&redirect=true";

/**
 * The provisioning services of an App Suite: SOAP 1.1, the caller's password in every message. Nothing of a message is logged or told on: answers too
 * hold a password, that of the server's own database.
 */
export class SoapOpenXchangeApi implements OpenXchangeApi {
  readonly #suite: AppSuite;
  readonly #server: string;
  readonly #agent: Agent;

  /** Opens no connection yet. */
  constructor(suite: AppSuite) {
    this.#suite = suite;
    this.#server = new URL(suite.url).host;
    this.#agent = new Agent({
      connect: { timeout: connectTimeoutMs, ...(suite.ca === undefined ? {} : { ca: suite.ca }) },
      connections: requestsAtATime,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: largestAnswer,
    });
  }

  async observe(name: string, signal: AbortSignal): Promise<ObservedContext | undefined> {
    const doing = `look at context ${name}`;
    const call: Call = { service: "OXContextService", operation: "getData", parts: [contextNamed(name)], doing };
    const answer = await this.#ask(call, signal);
    if (answer.kind === "returned") {
      const context = answer.value === undefined ? undefined : observedContext(answer.value);
      if (context === undefined) throw statusError(200, this.#attempt(doing));
      return context;
    }
    if (answer.faultClass === "NoSuchContextException") return undefined;
    // A server that does not tell the classes of its faults says at least whether there is such a context.
    if (answer.faultClass === undefined && !(await this.#exists(contextNamed(name), doing, signal))) return undefined;
    throw faultError(answer.faultClass, this.#attempt(doing));
  }

  async execute(
    change: ContextChange,
    { password, signal }: { readonly password?: string; readonly signal: AbortSignal },
  ): Promise<void> {
    switch (change.kind) {
      case "create":
        await this.#create(change, password, signal);
        break;
      case "change":
        await this.#act("change", change.name, { context: changedContext(change.name, change), signal });
        break;
      case "enable":
      case "disable":
        await this.#act(change.kind, change.name, { context: contextNamed(change.name), signal });
        break;
      case "delete":
        await this.#delete(change, signal);
    }
  }

  async administratorLogin(
    account: { readonly contextId: number; readonly username: string; readonly password: string },
    signal: AbortSignal,
  ): Promise<AdministratorLogin> {
    const { contextId, username: login, password } = account;
    const doing = `ask as administrator ${login} of context ${contextId}`;
    const parts = [contextNumbered(contextId), userNamed(login)];
    const call: Call = { service: "OXUserService", operation: "exists", parts, account: { login, password }, doing };
    const answer = await this.#ask(call, signal);
    if (answer.kind === "returned") return { kind: "ok" };
    if (answer.faultClass === "InvalidCredentialsException" || answer.faultClass === undefined)
      return { kind: "refused" };
    throw faultError(answer.faultClass, this.#attempt(doing));
  }

  async loginPath(
    { server, host }: { readonly server: string; readonly host: string },
    signal: AbortSignal,
  ): Promise<LoginPath> {
    const { ca } = this.#suite;
    // As a browser that found the way by DNS: the name and the certificate of the host, at the address of the server.
    const client = new Client(server, {
      connect: { servername: host, timeout: connectTimeoutMs, ...(ca === undefined ? {} : { ca }) },
      headersTimeout: probeTimeoutMs,
      bodyTimeout: probeTimeoutMs,
      maxResponseSize: largestAnswer,
    });
    try {
      const answer = await client.request({ method: "GET", path: loginPathname, headers: { host }, signal });
      await answer.body.dump();
      const { location } = answer.headers;
      return { status: answer.statusCode, location: typeof location === "string" ? location : undefined };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      return { status: 0, location: undefined };
    } finally {
      await client.destroy();
    }
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#exists(contextNamed(nobodysContext), "ask as its master administrator", signal);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #exists(context: XmlElement, doing: string, signal: AbortSignal): Promise<boolean> {
    const call: Call = { service: "OXContextService", operation: "exists", parts: [context], doing };
    const answer = await this.#ask(call, signal);
    if (answer.kind === "returned") return answer.value?.text === "true";
    throw faultError(answer.faultClass, this.#attempt(doing));
  }

  /** The first number that is free. A refusal may be about the number or about the name: whoever asks for the name knows which. */
  async #create(
    { context, applied }: Extract<ContextChange, { readonly kind: "create" }>,
    password: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (password === undefined) throw new InternalError("This change needs the password of the administrator.");
    const doing = `create context ${context.name}`;
    for (const id of candidateIds(context.name)) {
      const parts = [newContext(context, { id, applied }), newAdministrator(context.administrator, password)];
      const answer = await this.#ask({ service: "OXContextService", operation: "create", parts, doing }, signal);
      if (answer.kind === "returned") return;
      const refusal = faultError(answer.faultClass, this.#attempt(doing));
      if (answer.faultClass !== undefined && refusal instanceof TransientError) throw refusal;
      if (await this.#exists(contextNamed(context.name), doing, signal))
        throw new AlreadyExistsError(`Context ${context.name} of App Suite ${this.#server} was made meanwhile.`);
      // Number and name are free: then it is about something else, and another number would not help.
      if (!(await this.#exists(contextNumbered(id), doing, signal))) throw this.#unlessTaken(refusal, context);
    }
    throw new TransientError("DependencyUnavailable", `App Suite ${this.#server}: no number is free for ${doing}.`);
  }

  /** What exists is then neither name nor number, but a word that leads to another context: looking again would not help. */
  #unlessTaken(refusal: OperatorError, { name, loginMappings }: ContextDesired): OperatorError {
    if (!(refusal instanceof AlreadyExistsError)) return refusal;
    return new TerminalError(
      "NameTaken",
      `App Suite ${this.#server}: a mail domain of context ${name} (${loginMappings.join(", ")}) leads to another context already; take it away from that one.`,
    );
  }

  /** The last look before what cannot be undone: a name may have changed hands since the plan was made. */
  async #delete(
    { name, marker }: Extract<ContextChange, { readonly kind: "delete" }>,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await this.observe(name, signal);
    if (found === undefined) return;
    if (found.marker !== marker)
      throw new ConflictError(`Context ${name} no longer bears our marker; it is left alone.`);
    await this.#act("delete", name, { context: contextNumbered(found.id), signal });
  }

  async #act(
    operation: "change" | "enable" | "disable" | "delete",
    name: string,
    { context, signal }: { readonly context: XmlElement; readonly signal: AbortSignal },
  ): Promise<void> {
    const doing = `${operation} context ${name}`;
    const answer = await this.#ask({ service: "OXContextService", operation, parts: [context], doing }, signal);
    if (answer.kind === "fault") throw faultError(answer.faultClass, this.#attempt(doing));
  }

  /** What the service answers. Throws where no service does. */
  async #ask(
    { service, operation, parts, doing, account }: Call,
    signal: AbortSignal,
  ): Promise<Exclude<SoapAnswer, { readonly kind: "no-soap" }>> {
    const attempt = this.#attempt(doing);
    const { url, username, password } = this.#suite;
    const problem = addressProblem(url);
    if (problem !== undefined) throw new TerminalError("InvalidSpec", problem);
    const message = written(request(operation, parts, account ?? { login: username, password }), attempt);
    const { status, text } = await this.#post(service, { operation, message, attempt }, signal);
    // An operation that returns nothing may answer nothing.
    if (status < 300 && text.trim() === "") return { kind: "returned", value: undefined };
    const answer = soapOf(text);
    // Faults come as HTTP 500.
    if (answer.kind === "no-soap" || (answer.kind === "returned" && status >= 300)) throw statusError(status, attempt);
    return answer;
  }

  async #post(
    service: Service,
    sent: { readonly operation: string; readonly message: string; readonly attempt: Attempt },
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { "content-type": "text/xml; charset=utf-8", soapaction: `"urn:${sent.operation}"` };
    try {
      const options = { dispatcher: this.#agent, method: "POST", headers, body: sent.message, signal } as const;
      const answer = await send(`${this.#suite.url.replace(/\/+$/, "")}/${service}`, options);
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      // The error stays here: it may hold the request.
      throw networkError(error, sent.attempt);
    }
  }

  #attempt(doing: string): Attempt {
    return { server: this.#server, doing };
  }
}

function written(message: XmlElement, { server, doing }: Attempt): string {
  try {
    return writeXml(message);
  } catch (error) {
    if (!(error instanceof UnwritableTextError)) throw error;
    throw new TerminalError(
      "InvalidSpec",
      `App Suite ${server}: cannot ${doing}: a name or a password holds a control character, which XML cannot carry. Look at the Secret that spec.openXchange names.`,
    );
  }
}

function soapOf(text: string): SoapAnswer {
  try {
    return soapAnswer(readXml(text));
  } catch (error) {
    if (error instanceof UnreadableXmlError) return { kind: "no-soap" };
    throw error;
  }
}

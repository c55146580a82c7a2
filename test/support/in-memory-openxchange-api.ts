import type {
  AdministratorLogin,
  AppSuite,
  ContextChange,
  LoginPath,
  ObservedContext,
  OpenXchangeApi,
} from "../../operator/openxchange/openxchange-api.ts";
import { faultError, networkError } from "../../operator/openxchange/soap-errors.ts";
import { ConflictError, InternalError } from "../../operator/runtime/errors.ts";

export interface InMemoryContext {
  id: number;
  enabled: boolean;
  loginMappings: string[];
  quotaMi: number;
  marker: string | undefined;
  applied: string | undefined;
  administrator: { name: string; password: string };
}

/** One App Suite as far as the port shows it. The map is open, so that a test can be the administrator who changes things by hand. */
export class InMemoryAppSuite {
  readonly contexts = new Map<string, InMemoryContext>();
  readonly server: AppSuite = {
    url: "https://appsuite.test/webservices",
    username: "oxadminmaster",
    password: "master-password",
  };
  /** False: nobody answers. */
  running = true;
  /** What a host answers to a browser that wants to log in. */
  loginPath = (_server: string, _host: string): LoginPath => ({ status: 0, location: undefined });
  #lastId = 1_000_000;

  addContext(name: string, fields: Partial<InMemoryContext> = {}): InMemoryContext {
    this.#lastId += 1;
    const context: InMemoryContext = {
      id: this.#lastId,
      enabled: true,
      loginMappings: [],
      quotaMi: 1024,
      marker: undefined,
      applied: undefined,
      administrator: { name: "admin", password: "theirs" },
      ...fields,
    };
    this.contexts.set(name, context);
    return context;
  }

  connect(server: AppSuite = this.server): OpenXchangeApi {
    return new InMemoryOpenXchangeApi(this, server);
  }
}

/** The double of the adapter. */
class InMemoryOpenXchangeApi implements OpenXchangeApi {
  readonly #suite: InMemoryAppSuite;
  readonly #server: AppSuite;

  constructor(suite: InMemoryAppSuite, server: AppSuite) {
    this.#suite = suite;
    this.#server = server;
  }

  async observe(name: string, signal: AbortSignal): Promise<ObservedContext | undefined> {
    await this.#reach(`look at context ${name}`, signal);
    const context = this.#suite.contexts.get(name);
    if (context === undefined) return undefined;
    const { administrator: _administrator, loginMappings, ...told } = context;
    return { ...told, name, loginMappings: [...loginMappings].sort() };
  }

  async execute(
    change: ContextChange,
    { password, signal }: { readonly password?: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const name = change.kind === "create" ? change.context.name : change.name;
    if (change.kind === "create" && password === undefined)
      throw new InternalError("This change needs the password of the administrator.");
    const doing = `${change.kind} context ${name}`;
    await this.#reach(doing, signal);
    const live = this.#suite.contexts.get(name);
    if (change.kind === "create") {
      this.#create(change, password ?? "", doing);
      return;
    }
    if (change.kind === "delete") {
      if (live !== undefined && live.marker !== change.marker)
        throw new ConflictError(`Context ${name} no longer bears our marker; it is left alone.`);
      this.#suite.contexts.delete(name);
      return;
    }
    if (live === undefined) throw faultError("NoSuchContextException", { server: "appsuite.test", doing });
    if (change.kind !== "change") {
      live.enabled = change.kind === "enable";
      return;
    }
    const { loginMappings, quotaMi, marker, applied } = change;
    if (this.#isTaken(name, loginMappings))
      throw faultError("InvalidDataException", { server: "appsuite.test", doing });
    Object.assign(live, { loginMappings: [...loginMappings], quotaMi, marker, applied });
  }

  async administratorLogin(
    account: { readonly contextId: number; readonly username: string; readonly password: string },
    signal: AbortSignal,
  ): Promise<AdministratorLogin> {
    const { contextId, username, password } = account;
    const doing = `ask as administrator ${username} of context ${contextId}`;
    await this.#reach(doing, signal);
    const live = [...this.#suite.contexts.values()].find(({ id }) => id === contextId);
    if (live === undefined) throw faultError("NoSuchContextException", { server: "appsuite.test", doing });
    const { name, password: right } = live.administrator;
    return name === username && right === password ? { kind: "ok" } : { kind: "refused" };
  }

  loginPath({ server, host }: { readonly server: string; readonly host: string }): Promise<LoginPath> {
    return Promise.resolve(
      this.#suite.running ? this.#suite.loginPath(server, host) : { status: 0, location: undefined },
    );
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#reach("ask as its master administrator", signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #create(
    { context, applied }: Extract<ContextChange, { readonly kind: "create" }>,
    password: string,
    doing: string,
  ): void {
    const { name, loginMappings, quotaMi, marker, administrator } = context;
    const attempt = { server: "appsuite.test", doing };
    if (this.#suite.contexts.has(name)) throw faultError("ContextExistsException", attempt);
    if (this.#isTaken(name, loginMappings)) throw faultError("InvalidDataException", attempt);
    this.#suite.addContext(name, {
      loginMappings: [...loginMappings],
      quotaMi,
      marker,
      applied,
      administrator: { name: administrator.name, password },
    });
  }

  #isTaken(name: string, words: readonly string[]): boolean {
    return [...this.#suite.contexts].some(
      ([other, { loginMappings }]) => other !== name && words.some((word) => loginMappings.includes(word)),
    );
  }

  async #reach(doing: string, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    const attempt = { server: "appsuite.test", doing };
    if (!this.#suite.running || signal.aborted) throw networkError({ code: "ECONNREFUSED" }, attempt);
    const { username, password } = this.#suite.server;
    if (this.#server.username !== username || this.#server.password !== password)
      throw faultError("InvalidCredentialsException", attempt);
  }
}

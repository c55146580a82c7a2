/** How to reach an App Suite as its master administrator (who makes contexts). Never logged. */
export interface AppSuite {
  /** Of its provisioning services, e.g. `https://provisioning.example/webservices`. */
  readonly url: string;
  /** PEM certificate authorities beside the public ones. */
  readonly ca?: string;
  readonly username: string;
  readonly password: string;
}

/** The first account of a context. Its password is never part of desired state. */
export interface ContextAdministrator {
  readonly name: string;
  readonly email: string;
}

/** One context: what a tenant has on an App Suite. Pure data. */
export interface ContextDesired {
  readonly name: string;
  /** Value of the attribute `socle.dev/owner` of the context; says whose it is. */
  readonly marker: string;
  /** Words by which a login finds the context: the mail domains of its people. Each leads to one context of the server only. */
  readonly loginMappings: readonly string[];
  /** Space of the context as a whole, in MiB. */
  readonly quotaMi: number;
  readonly administrator: ContextAdministrator;
}

export interface ObservedContext {
  /** The server's own number of it. */
  readonly id: number;
  readonly name: string;
  readonly enabled: boolean;
  /** Without number and name, which the server adds by itself. */
  readonly loginMappings: readonly string[];
  /** Undefined where the server names none. */
  readonly quotaMi: number | undefined;
  readonly marker: string | undefined;
  /** Digest of the wish that was applied last, as the context itself says. */
  readonly applied: string | undefined;
}

/** One call, safe to repeat. */
export type ContextChange =
  | { readonly kind: "create"; readonly context: ContextDesired; readonly applied: string; readonly why: string }
  | {
      readonly kind: "change";
      readonly name: string;
      readonly loginMappings: readonly string[];
      readonly quotaMi: number;
      readonly marker: string;
      readonly applied: string;
      readonly why: string;
    }
  | { readonly kind: "enable"; readonly name: string; readonly why: string }
  | { readonly kind: "disable"; readonly name: string; readonly why: string }
  | { readonly kind: "delete"; readonly name: string; readonly marker: string; readonly why: string };

export type AdministratorLogin = { readonly kind: "ok" } | { readonly kind: "refused" };

/** What a host answers to somebody who wants to log in. */
export interface LoginPath {
  /** HTTP status; 0 where nobody answers. */
  readonly status: number;
  /** Where the browser is sent. */
  readonly location: string | undefined;
}

/**
 * An App Suite as reconcilers see it. Failures: unreachable, overloaded, a storage of its own that is down → TransientError("DependencyUnavailable");
 * the master administrator refused → TransientError("PermissionMissing"); what it calls invalid → TerminalError("InvalidSpec").
 */
export interface OpenXchangeApi {
  observe(name: string, signal: AbortSignal): Promise<ObservedContext | undefined>;
  /**
   * Carries out one change. `password` is needed by create. `delete` looks again and acts only if the marker on the server equals the one
   * given. AlreadyExistsError where a context of that name appeared meanwhile.
   */
  execute(change: ContextChange, options: { readonly password?: string; readonly signal: AbortSignal }): Promise<void>;
  /** Asks the server something as the administrator of a context. */
  administratorLogin(
    account: { readonly contextId: number; readonly username: string; readonly password: string },
    signal: AbortSignal,
  ): Promise<AdministratorLogin>;
  /** Asks the server that people use, as their browser would, under the name of `host`. */
  loginPath(at: { readonly server: string; readonly host: string }, signal: AbortSignal): Promise<LoginPath>;
  /** Proves that the server answers its master administrator. */
  ping(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Opens connections lazily; the caller keeps one per server and closes it. */
export type ConnectOpenXchange = (server: AppSuite) => OpenXchangeApi;

/** A Keycloak and the account that administers a realm on it (the platform's in `master`, or a realm's own). Never logged. */
export interface KeycloakServer {
  /** Base for administration, without trailing slash. */
  readonly adminUrl: string;
  /** PEM certificate authorities beside the public ones. */
  readonly ca?: string;
}
export interface ServiceAccount {
  readonly realm: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Any JSON of the admin API; representations keep Keycloak's own key names. */
export type Representation = Readonly<Record<string, unknown>>;

export interface PlatformRights {
  /** Realm roles of `master` in the account's token, without those that every account has. */
  readonly realmRoles: readonly string[];
  /** Clients of `master` (one per realm, `<realm>-realm`) on which the account holds roles. */
  readonly clientRoles: readonly string[];
}

/** Everything of one realm that we own, read in at most one request. `undefined`: no realm of that name. */
export interface ObservedRealm {
  readonly enabled: boolean;
  /** Realm attribute `socle.dev/owner`. */
  readonly marker: string | undefined;
  /** The realm with roles, groups, clients and components as the server exports them; secrets masked. */
  readonly representation: Representation;
}

/** The accounts of realm `master` that stay when the first administrator of a new server goes. */
export interface FirstAccounts {
  /** Creates realms and does nothing else. */
  readonly platform: Pick<ServiceAccount, "clientId" | "clientSecret">;
  /** Administers the server when all else fails; nobody uses it otherwise. */
  readonly breakGlass: { readonly username: string; readonly password: string };
}

/**
 * One change of a realm. `path` is relative to /admin/realms/<realm>. One request, but for the three things that the server has
 * none for: a group with its roles, an authentication flow, the realm's own account; those may be repeated after a failure.
 */
export interface RealmChange {
  readonly kind: "create" | "update" | "disable" | "delete" | "sub-resource" | "group" | "flow" | "service-account";
  readonly method: "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Fields that differ, for the status message and the log; never values. */
  readonly fields: readonly string[];
  readonly why: string;
}

/**
 * A Keycloak as reconcilers see it. Failures: unreachable, 5xx, time-out → TransientError("DependencyUnavailable");
 * the credential is refused (401 at the token endpoint) or lacks a right (403) → TransientError("PermissionMissing");
 * 409 on create → AlreadyExistsError; 400 → TerminalError("InvalidSpec"). Bodies of the server never enter a message.
 */
export interface KeycloakApi {
  /** The server answers and is ready to issue tokens (discovery document of `master`). */
  ping(signal: AbortSignal): Promise<void>;
  /** What the account may do at this moment, never what it could before. */
  platformRights(account: ServiceAccount, signal: AbortSignal): Promise<PlatformRights>;
  /** Minimal look with the platform account: does the realm exist, is it enabled. Never lists realms. */
  realmExists(account: ServiceAccount, realm: string, signal: AbortSignal): Promise<boolean>;
  /** One request. With a realm's own account; a disabled realm throws WaitingError("DependencyNotReady"). */
  observeRealm(account: ServiceAccount, realm: string, signal: AbortSignal): Promise<ObservedRealm | undefined>;
  /** The client of a realm, with its secret, which goes into no message. One request; undefined: there is none. */
  observeClient(account: ServiceAccount, clientId: string, signal: AbortSignal): Promise<Representation | undefined>;
  /** What the metadata of a SAML provider say, in the keys of a broker's `config`. Changes nothing. Metadata that say nothing: an empty object. */
  readSamlMetadata(
    account: ServiceAccount,
    metadata: string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>;
  execute(
    call: { readonly account: ServiceAccount; readonly realm: string; readonly change: RealmChange },
    signal: AbortSignal,
  ): Promise<void>;
  /** Functional probe: the realm's discovery document names the expected issuer and its own account obtains a token. */
  probeRealm(
    account: ServiceAccount,
    expectedIssuer: string,
    signal: AbortSignal,
  ): Promise<{ readonly ok: boolean; readonly message: string }>;
  /** Makes the accounts that stay, with the first administrator of a new server. May be repeated after a failure. */
  makeFirstAccounts(first: ServiceAccount, wanted: FirstAccounts, signal: AbortSignal): Promise<void>;
  /** An administrating account of `master` removes itself. */
  removeFirstAccount(first: ServiceAccount, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export type ConnectKeycloak = (server: KeycloakServer) => KeycloakApi;

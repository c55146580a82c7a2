import { randomUUID } from "node:crypto";
import { flowRepresentations, type FlowReplacement } from "../../operator/keycloak/flows.ts";
import type {
  FirstAccounts,
  KeycloakApi,
  ObservedRealm,
  PlatformRights,
  RealmChange,
  Representation,
  ServiceAccount,
} from "../../operator/keycloak/keycloak-api.ts";
import { markerAttribute, type ServiceAccountWanted } from "../../operator/keycloak/plan.ts";
import { requestOnBrokers, shownBrokers } from "./in-memory-brokers.ts";
import {
  AlreadyExistsError,
  ConflictError,
  TerminalError,
  TransientError,
  WaitingError,
} from "../../operator/runtime/errors.ts";

type Fields = Record<string, unknown>;

interface Named extends Fields {
  name: string;
}

interface Client extends Fields {
  clientId: string;
  secret?: string;
  enabled?: boolean;
}

interface Realm {
  /** The realm itself, as its export shows it. */
  readonly fields: Fields;
  readonly clients: Client[];
  readonly users: Fields[];
  /** Roles of realm-management by client whose service account holds them. */
  readonly rights: Map<string, readonly string[]>;
  /** Made by the platform account: it has all rights here, and none in a realm of somebody else. */
  readonly byPlatform: boolean;
}

const profileProvider = "org.keycloak.userprofile.UserProfileProvider";
const profileKey = "kc.user.profile.config";
const namedLists: Readonly<Record<string, string>> = { users: "username", clients: "clientId" };

/**
 * A Keycloak in memory, as far as operators meet it: it fills in what a request leaves out, replaces maps where the server
 * replaces them, refuses fields and rights as the server does. It knows no logins, no tokens and no single requests.
 */
export class InMemoryKeycloakApi implements KeycloakApi {
  readonly platform: ServiceAccount;
  readonly #realms = new Map<string, Realm>();
  readonly #url: string;
  /** Secrets of the accounts of `master`, by client; only the first one of a new server administers it. */
  readonly #accounts = new Map<string, { readonly secret: string; readonly administers: boolean }>();
  readonly #administrators = new Map<string, string>();
  /** Set to true: nobody answers. */
  unreachable = false;

  constructor(options: { readonly platform: ServiceAccount; readonly url?: string }) {
    this.platform = options.platform;
    this.#accounts.set(options.platform.clientId, { secret: options.platform.clientSecret, administers: false });
    this.#url = options.url ?? "https://sso.example";
  }

  /** A server at its very first start, which knows its first administrator and nobody else. */
  startNew(first: ServiceAccount): void {
    this.#accounts.clear();
    this.#accounts.set(first.clientId, { secret: first.clientSecret, administers: true });
  }

  /** A realm that somebody else made. */
  addForeignRealm(realm: string, attributes: Readonly<Record<string, string>> = {}): void {
    this.#realms.set(realm, newRealm({ realm, enabled: true, attributes }, false));
  }

  /** Names of what lies in a realm beside what its export shows. */
  namesOf(realm: string, what: "clients" | "users"): string[] {
    const found = this.#realms.get(realm)?.[what] ?? [];
    return found.map((item) => String(item[namedLists[what] ?? ""]));
  }

  /** What the server's own console would do to one execution of a flow. */
  setRequirement(realm: string, authenticator: string, requirement: string): void {
    const { fields } = this.#existing(realm);
    for (const execution of executionsOf(fields))
      if (execution["authenticator"] === authenticator) execution["requirement"] = requirement;
  }

  /** What the server's own console would do to a client. */
  setClient(realm: string, clientId: string, fields: Readonly<Record<string, unknown>>): void {
    changeClient(this.#existing(realm), clientId, { ...fields });
  }

  ping(): Promise<void> {
    return this.#answer(() => undefined);
  }

  platformRights(account: ServiceAccount): Promise<PlatformRights> {
    return this.#answer(() => {
      this.#authenticate(account);
      const mine = [...this.#realms].filter(([, { byPlatform }]) => byPlatform);
      return { realmRoles: ["create-realm"], clientRoles: mine.map(([name]) => `${name}-realm`) };
    });
  }

  realmExists(account: ServiceAccount, realm: string): Promise<boolean> {
    return this.#answer(() => {
      this.#authenticate(account);
      return this.#realms.has(realm);
    });
  }

  observeRealm(account: ServiceAccount, realm: string): Promise<ObservedRealm | undefined> {
    return this.#answer(() => {
      if (account.realm !== "master" && !this.#realms.has(account.realm)) return undefined;
      this.#authenticate(account);
      const found = this.#realms.get(realm);
      if (found === undefined) return undefined;
      this.#authorize(account, realm, "manage-realm");
      const representation = structuredClone(shownBrokers(found.fields));
      const { [markerAttribute]: marker } = representation["attributes"] as Record<string, string | undefined>;
      return { enabled: representation["enabled"] === true, marker, representation };
    });
  }

  readSamlMetadata(account: ServiceAccount, metadata: string): Promise<Readonly<Record<string, string>>> {
    return this.#answer(() => {
      this.#authenticate(account);
      // The double is told what the metadata would say, as JSON.
      return metadata.startsWith("{") ? (JSON.parse(metadata) as Record<string, string>) : {};
    });
  }

  /** The secret that a provider's client has, which no export shows. */
  brokerSecretOf(realm: string, alias: string): string | undefined {
    const brokers = this.#existing(realm).fields["identityProviders"] as {
      readonly alias: string;
      readonly config: Readonly<Record<string, string>>;
    }[];
    return brokers.find((broker) => broker.alias === alias)?.config["clientSecret"];
  }

  observeClient(account: ServiceAccount, clientId: string): Promise<Representation | undefined> {
    return this.#answer(() => {
      this.#authenticate(account);
      this.#authorize(account, account.realm, "manage-clients");
      return structuredClone(this.#existing(account.realm).clients.find((client) => client.clientId === clientId));
    });
  }

  execute(call: {
    readonly account: ServiceAccount;
    readonly realm: string;
    readonly change: RealmChange;
  }): Promise<void> {
    return this.#answer(() => {
      const { account, realm, change } = structuredClone(call);
      this.#authenticate(account);
      if (change.kind === "create") {
        if (account.realm !== "master") throw refused("the realm");
        if (this.#realms.has(realm)) throw new AlreadyExistsError(`Keycloak ${this.#url} answered 409 for ${realm}.`);
        this.#realms.set(realm, newRealm(change.body as Fields, true));
        return;
      }
      const found = this.#realms.get(realm);
      if (found === undefined && change.method === "DELETE") return;
      this.#authorize(account, realm, "manage-realm");
      if (change.kind === "delete") this.#realms.delete(realm);
      else applyChange(this.#existing(realm), change);
    });
  }

  probeRealm(account: ServiceAccount, expectedIssuer: string): Promise<{ ok: boolean; message: string }> {
    return this.#answer(() => {
      const issuer = `${this.#url}/realms/${account.realm}`;
      if (issuer !== expectedIssuer) return { ok: false, message: `Realm ${account.realm} calls itself ${issuer}.` };
      try {
        this.#authenticate(account);
      } catch {
        return { ok: false, message: `Realm ${account.realm} gives its own account no token.` };
      }
      return { ok: true, message: `Realm ${account.realm} serves ${expectedIssuer} and issues tokens.` };
    });
  }

  makeFirstAccounts(first: ServiceAccount, { platform, breakGlass }: FirstAccounts): Promise<void> {
    return this.#answer(() => {
      this.#administer(first);
      this.#accounts.set(platform.clientId, { secret: platform.clientSecret, administers: false });
      if (!this.#administrators.has(breakGlass.username))
        this.#administrators.set(breakGlass.username, breakGlass.password);
    });
  }

  removeFirstAccount(first: ServiceAccount): Promise<void> {
    return this.#answer(() => {
      this.#administer(first);
      this.#accounts.delete(first.clientId);
    });
  }

  /** Who can log in to realm master: clients, and administrators by name. */
  accountsOfMaster(): { readonly clients: readonly string[]; readonly administrators: readonly string[] } {
    return { clients: [...this.#accounts.keys()], administrators: [...this.#administrators.keys()] };
  }

  #administer(account: ServiceAccount): void {
    this.#authenticate(account);
    if (this.#accounts.get(account.clientId)?.administers !== true) throw refused(account.clientId);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #answer<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (this.unreachable) throw new TransientError("DependencyUnavailable", `Keycloak ${this.#url}: no answer.`);
    return answer();
  }

  #authenticate(account: ServiceAccount): void {
    if (account.realm === "master") {
      if (this.#accounts.get(account.clientId)?.secret !== account.clientSecret) throw refused(account.clientId);
      return;
    }
    const realm = this.#realms.get(account.realm);
    if (realm === undefined) throw new TransientError("DependencyMissing", `Realm ${account.realm} does not exist.`);
    if (realm.fields["enabled"] !== true)
      throw new WaitingError("DependencyNotReady", `Realm ${account.realm} is disabled.`);
    const client = realm.clients.find((candidate) => candidate.clientId === account.clientId);
    if (client?.enabled !== true || client.secret !== account.clientSecret) throw refused(account.clientId);
  }

  #authorize(account: ServiceAccount, name: string, right: string): void {
    const realm = this.#existing(name);
    const allowed =
      account.realm === "master"
        ? realm.byPlatform
        : account.realm === name && realm.rights.get(account.clientId)?.includes(right) === true;
    if (!allowed) throw refused(account.clientId);
  }

  #existing(name: string): Realm {
    const realm = this.#realms.get(name);
    if (realm === undefined) throw new ConflictError(`Keycloak ${this.#url} answered 404 for realm ${name}.`);
    return realm;
  }
}

function refused(who: string): TransientError {
  return new TransientError("PermissionMissing", `Keycloak refuses ${who}.`);
}

/** Fields that a realm has although nobody set them: one of each sort that the operator owns, and some that it does not. */
const defaults = (realm: string): Fields => ({
  id: randomUUID(),
  realm,
  enabled: false,
  displayName: "",
  registrationAllowed: false,
  registrationEmailAsUsername: false,
  resetPasswordAllowed: false,
  rememberMe: false,
  editUsernameAllowed: false,
  duplicateEmailsAllowed: false,
  loginWithEmailAllowed: true,
  verifyEmail: false,
  bruteForceProtected: false,
  permanentLockout: false,
  failureFactor: 30,
  maxFailureWaitSeconds: 900,
  waitIncrementSeconds: 60,
  revokeRefreshToken: false,
  refreshTokenMaxReuse: 0,
  sslRequired: "external",
  defaultSignatureAlgorithm: "RS256",
  passwordPolicy: "",
  otpPolicyType: "totp",
  otpPolicyAlgorithm: "HmacSHA1",
  otpPolicyDigits: 6,
  otpPolicyPeriod: 30,
  otpPolicyLookAheadWindow: 1,
  otpPolicyCodeReusable: false,
  browserSecurityHeaders: {
    contentSecurityPolicyReportOnly: "",
    contentSecurityPolicy: "frame-src 'self'; frame-ancestors 'self'; object-src 'none';",
    referrerPolicy: "no-referrer",
    strictTransportSecurity: "max-age=31536000; includeSubDomains",
    xContentTypeOptions: "nosniff",
    xFrameOptions: "SAMEORIGIN",
    xRobotsTag: "none",
  },
  eventsEnabled: false,
  eventsExpiration: 0,
  eventsListeners: ["jboss-logging"],
  adminEventsEnabled: false,
  adminEventsDetailsEnabled: false,
  internationalizationEnabled: false,
  supportedLocales: [],
  defaultLocale: "",
  accessTokenLifespan: 300,
  ssoSessionIdleTimeout: 1800,
  ssoSessionMaxLifespan: 36_000,
  attributes: {},
  roles: { realm: [] },
  groups: [],
  components: {},
  authenticationFlows: [],
  authenticatorConfig: [],
  requiredActions: ["VERIFY_PROFILE", "CONFIGURE_TOTP", "UPDATE_PASSWORD"].map((alias) => ({
    alias,
    enabled: true,
    defaultAction: false,
    config: {},
  })),
  browserFlow: "browser",
  directGrantFlow: "direct grant",
  identityProviders: [],
  identityProviderMappers: [],
  localizationTexts: {},
});

function newRealm(body: Fields, byPlatform: boolean): Realm {
  const { clients = [], users = [], attributes = {}, ...rest } = body;
  const fields: Fields = { ...defaults(String(body["realm"])) };
  refuseUnknown(rest, fields);
  Object.assign(fields, rest);
  fields["attributes"] = { cibaExpiresIn: "120", ...(attributes as Fields) };
  fields["roles"] = {
    realm: [{ name: "offline_access" }, ...((rest["roles"] as { realm?: Named[] } | undefined)?.realm ?? [])].map(
      (role) => ({ id: randomUUID(), composite: false, ...role }),
    ),
  };
  fields["groups"] = (fields["groups"] as Named[]).map((group) => ({ id: randomUUID(), subGroups: [], ...group }));
  fields["authenticationFlows"] = (fields["authenticationFlows"] as Fields[]).map(withId);
  fields["supportedLocales"] = [...(fields["supportedLocales"] as string[])].reverse();
  const text = (fields["components"] as Record<string, { config: Record<string, string[]> }[]>)[profileProvider]?.[0]
    ?.config[profileKey]?.[0];
  if (text !== undefined) storeProfile(fields, JSON.parse(text) as Fields);
  const list = users as (Fields & { serviceAccountClientId?: string; clientRoles?: Record<string, string[]> })[];
  const accounts = list.flatMap((user) =>
    user.serviceAccountClientId === undefined
      ? []
      : [[user.serviceAccountClientId, user.clientRoles?.["realm-management"] ?? []] as const],
  );
  const people = list.filter((user) => user.serviceAccountClientId === undefined);
  return {
    fields,
    clients: (clients as Client[]).map((client) => withId(client) as Client),
    users: people,
    rights: new Map(accounts),
    byPlatform,
  };
}

function withId(fields: Fields): Fields {
  return { id: randomUUID(), ...fields };
}

function refuseUnknown(given: Fields, known: Fields): void {
  const unknown = Object.keys(given).filter((key) => !(key in known));
  if (unknown.length > 0) throw new TerminalError("InvalidSpec", "Keycloak answered 400.");
}

/** The server keeps the profile as text in a component and adds what was left out. */
function storeProfile(fields: Fields, profile: Fields): void {
  const attributes = (profile["attributes"] as Fields[]).map((attribute) => ({ multivalued: false, ...attribute }));
  const text = JSON.stringify({ groups: [], ...profile, attributes });
  fields["components"] = {
    [profileProvider]: [{ providerId: "declarative-user-profile", config: { [profileKey]: [text] } }],
  };
}

function applyChange(realm: Realm, change: RealmChange): void {
  const body = (change.body ?? {}) as Fields;
  switch (change.kind) {
    case "group":
      makeGroup(realm, body as Named);
      return;
    case "flow":
      replaceFlow(realm, change.body as FlowReplacement);
      return;
    case "service-account":
      repairServiceAccount(realm, change.body as ServiceAccountWanted);
      return;
    case "create":
    case "delete":
    case "update":
    case "disable":
    case "sub-resource":
      applyRequest(realm, change, body);
  }
}

function applyRequest(realm: Realm, change: RealmChange, body: Fields): void {
  const [, room = "", name = ""] = change.path.split("/").map(decodeURIComponent);
  const roles = (realm.fields["roles"] as { realm: Named[] }).realm;
  if (change.path === "") updateRealm(realm.fields, body);
  else if (change.path === "/users/profile") storeProfile(realm.fields, body);
  else if (room === "roles") changeNamed(roles, { method: change.method, name }, body);
  else if (room === "groups") makeGroup(realm, body as Named);
  else if (room === "users") realm.users.push(body);
  else if (room === "clients") requestOnClient(realm, change, body);
  else if (room === "localization") {
    const texts = realm.fields["localizationTexts"] as Record<string, Fields>;
    texts[name] = { ...texts[name], ...body };
  } else if (room === "identity-provider") requestOnBrokers(realm.fields, change, body);
  else if (change.path.startsWith("/authentication/required-actions/")) {
    const actions = realm.fields["requiredActions"] as Fields[];
    Object.assign(actions.find((action) => action["alias"] === change.path.split("/").at(-1)) ?? {}, body);
  } else if (change.path.startsWith("/authentication/flows/"))
    removeFlow(realm.fields, change.path.split("/").at(-1) ?? "");
  else throw new Error(`This double knows no ${change.method} ${change.path}.`);
}

const otpPolicy = { otpPolicyAlgorithm: "", otpPolicyDigits: 0, otpPolicyPeriod: 0, otpPolicyLookAheadWindow: 0 };

/** Absent fields stay; `attributes` are replaced, security headers merged; the policy of codes is taken whole, with its type, or not at all. */
function updateRealm(fields: Fields, body: Fields): void {
  refuseUnknown(body, fields);
  const whole = body["otpPolicyType"] !== undefined;
  const taken = Object.entries(body).filter(([key]) => whole || !key.startsWith("otpPolicy"));
  if (whole) Object.assign(fields, otpPolicy);
  const headers = { ...(fields["browserSecurityHeaders"] as Fields), ...(body["browserSecurityHeaders"] as Fields) };
  Object.assign(fields, Object.fromEntries(taken), { browserSecurityHeaders: headers });
}

function changeNamed(list: Named[], at: { method: string; name: string }, body: Fields): void {
  const index = list.findIndex((item) => item.name === at.name);
  if (at.method === "POST") list.push(withId(body) as Named);
  else if (at.method === "DELETE") list.splice(index, 1);
  else Object.assign(list[index] ?? {}, body);
}

function makeGroup(realm: Realm, wanted: Named): void {
  const groups = realm.fields["groups"] as (Named & { realmRoles?: string[] })[];
  const found = groups.find((group) => group.name === wanted.name);
  const roles = (wanted["realmRoles"] ?? []) as string[];
  if (found === undefined) groups.push({ id: randomUUID(), name: wanted.name, realmRoles: roles });
  else found.realmRoles = [...new Set([...(found.realmRoles ?? []), ...roles])];
}

function changeClient(realm: Realm, name: string, body: Fields): void {
  const found = realm.clients.find((client) => client.clientId === name);
  if (found === undefined) realm.clients.push(withId(body) as Client);
  else Object.assign(found, body);
}

/** By the identifier that the server gave it. A name is taken once. */
function requestOnClient(realm: Realm, change: RealmChange, body: Fields): void {
  const id = change.path.split("/").at(-1) ?? "";
  const index = realm.clients.findIndex((client) => client["id"] === id);
  if (change.method === "POST") {
    if (realm.clients.some(({ clientId }) => clientId === body["clientId"]))
      throw new AlreadyExistsError("Keycloak answered 409.");
    realm.clients.push(withId(body) as Client);
  } else if (index < 0) {
    if (change.method === "PUT") throw new ConflictError("Keycloak answered 404.");
  } else if (change.method === "DELETE") realm.clients.splice(index, 1);
  else Object.assign(realm.clients[index] ?? {}, body);
}

function repairServiceAccount(realm: Realm, wanted: ServiceAccountWanted): void {
  const clientId = String(wanted.client["clientId"]);
  changeClient(realm, clientId, { ...wanted.client });
  realm.rights.set(clientId, [...new Set([...(realm.rights.get(clientId) ?? []), ...wanted.roles])]);
}

function replaceFlow(realm: Realm, { flow, inTheWay, replaced }: FlowReplacement): void {
  const { fields } = realm;
  for (const id of inTheWay) removeFlow(fields, id);
  const made = structuredClone(flowRepresentations([{ binding: "browserFlow", ...flow }])) as {
    authenticationFlows: Representation[];
    authenticatorConfig: Representation[];
  };
  fields["authenticationFlows"] = [
    ...(fields["authenticationFlows"] as Fields[]),
    ...made.authenticationFlows.map(withId),
  ];
  fields["authenticatorConfig"] = [...(fields["authenticatorConfig"] as Fields[]), ...made.authenticatorConfig];
  if (flow.binding !== undefined) fields[flow.binding] = flow.alias;
  for (const id of replaced) removeFlow(fields, id);
}

/** With its children, and with their settings. */
function removeFlow(fields: Fields, id: string): void {
  const flows = fields["authenticationFlows"] as Fields[];
  const alias = flows.find((flow) => flow["id"] === id)?.["alias"] as string | undefined;
  if (alias === undefined) return;
  const belongs = (name: unknown): boolean =>
    typeof name === "string" && (name === alias || name.startsWith(`${alias} `));
  fields["authenticationFlows"] = flows.filter((flow) => !belongs(flow["alias"]));
  fields["authenticatorConfig"] = (fields["authenticatorConfig"] as Fields[]).filter((one) => !belongs(one["alias"]));
}

function executionsOf(fields: Fields): Fields[] {
  return (fields["authenticationFlows"] as Fields[]).flatMap((flow) => flow["authenticationExecutions"] as Fields[]);
}

import {
  AlreadyExistsError,
  ConflictError,
  type OperatorError,
  TerminalError,
  TransientError,
  WaitingError,
} from "../runtime/errors.ts";
import { type Answer, type Call, Transport } from "../runtime/transport.ts";
import { makeFirstAccounts, removeOwnClient } from "./http-bootstrap.ts";
import {
  type GroupWanted,
  makeGroup,
  type RealmCall,
  repairServiceAccount,
  replaceFlow,
} from "./http-realm-changes.ts";
import type { FlowReplacement } from "./flows.ts";
import type {
  FirstAccounts,
  KeycloakApi,
  KeycloakServer,
  ObservedRealm,
  PlatformRights,
  RealmChange,
  Representation,
  ServiceAccount,
} from "./keycloak-api.ts";
import { markerAttribute, type ServiceAccountWanted } from "./plan.ts";

interface Token {
  readonly text: string;
  readonly until: number;
}

/** Making a realm generates RSA keys, which takes seconds on a busy server. */
const createTimeoutMs = 90_000;
const callTimeoutMs = 15_000;
/** Its database has few connections, and logins come first: what we send beyond this waits here. */
const requestsAtATime = 4;

/** Keycloak's admin REST API. Realms are addressed by name and never listed: a list costs the server seconds per hundred realms. */
export class HttpKeycloakApi implements KeycloakApi {
  readonly #transport: Transport;
  readonly #url: string;
  readonly #now: () => number;
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(server: KeycloakServer, now: () => number) {
    this.#url = server.adminUrl;
    this.#now = now;
    this.#transport = new Transport({
      server: new URL(server.adminUrl).origin,
      tls: server.ca === undefined ? {} : { ca: server.ca },
      credentials: { headers: () => Promise.resolve({}), invalidate: () => undefined },
      userAgent: "socle",
      connections: requestsAtATime,
    });
  }

  async ping(signal: AbortSignal): Promise<void> {
    const answer = await this.#send({ method: "GET", path: "/realms/master/.well-known/openid-configuration", signal });
    if (answer.status !== 200) throw this.#translated(answer, "the discovery document of master");
  }

  async platformRights(account: ServiceAccount, signal: AbortSignal): Promise<PlatformRights> {
    // A token tells what its account held when it was issued: one kept from before would still name realms that are gone.
    this.#tokens.delete(accountKey(account));
    const token = await this.#token(account, signal);
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as {
      realm_access?: { roles?: string[] };
      resource_access?: Record<string, unknown>;
    };
    return { realmRoles: claims.realm_access?.roles ?? [], clientRoles: Object.keys(claims.resource_access ?? {}) };
  }

  async realmExists(account: ServiceAccount, realm: string, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#admin(account, { method: "GET", path: realmPath(realm), signal });
    if (answer.status === 404) return false;
    if (answer.status === 200 || answer.status === 403) return true;
    throw this.#translated(answer, `realm ${realm}`);
  }

  async observeRealm(account: ServiceAccount, realm: string, signal: AbortSignal): Promise<ObservedRealm | undefined> {
    const path = `${realmPath(realm)}/partial-export?exportClients=false&exportGroupsAndRoles=true`;
    let answer: Answer;
    try {
      answer = await this.#admin(account, { method: "POST", path, signal });
    } catch (error) {
      if (error instanceof RealmAbsentError) return undefined;
      throw error;
    }
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#translated(answer, `realm ${realm}`);
    const representation = answer.json as Representation;
    const marker = (representation["attributes"] as Readonly<Record<string, string>> | undefined)?.[markerAttribute];
    return { enabled: representation["enabled"] === true, marker, representation };
  }

  async observeClient(
    account: ServiceAccount,
    clientId: string,
    signal: AbortSignal,
  ): Promise<Representation | undefined> {
    const call = this.#calls({ account, realm: account.realm, what: "clients of realm" }, signal);
    const answer = await call({ method: "GET", path: `/clients?clientId=${encodeURIComponent(clientId)}` });
    return (answer.json as readonly Representation[])[0];
  }

  async readSamlMetadata(
    account: ServiceAccount,
    metadata: string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const form = new FormData();
    form.set("providerId", "saml");
    form.set("file", new Blob([metadata], { type: "application/xml" }), "metadata.xml");
    const encoded = new Response(form);
    const answer = await this.#admin(account, {
      method: "POST",
      path: `${realmPath(account.realm)}/identity-provider/import-config`,
      text: await encoded.text(),
      contentType: encoded.headers.get("content-type") ?? "",
      signal,
    });
    // What cannot be read is a fault of the metadata; the server answers 400 or 500, as it fails.
    if (answer.status === 400 || answer.status === 500) return {};
    if (answer.status >= 300) throw this.#translated(answer, `metadata for realm ${account.realm}`);
    return (answer.json ?? {}) as Readonly<Record<string, string>>;
  }

  async execute(
    call: { readonly account: ServiceAccount; readonly realm: string; readonly change: RealmChange },
    signal: AbortSignal,
  ): Promise<void> {
    const { account, realm, change } = call;
    const inRealm = this.#calls({ account, realm, what: `${change.kind} realm` }, signal);
    switch (change.kind) {
      case "group":
        await makeGroup(inRealm, change.body as GroupWanted);
        return;
      case "flow":
        await replaceFlow(inRealm, change.body as FlowReplacement);
        return;
      case "service-account":
        await repairServiceAccount(inRealm, change.body as ServiceAccountWanted);
        return;
      case "create":
      case "delete":
      case "update":
      case "disable":
      case "sub-resource":
        await this.#single(account, { realm, change }, signal);
    }
  }

  async #single(
    account: ServiceAccount,
    { realm, change }: { realm: string; change: RealmChange },
    signal: AbortSignal,
  ): Promise<void> {
    const slow = change.kind === "create" || change.kind === "delete";
    const answer = await this.#admin(account, {
      method: change.method,
      path: change.kind === "create" ? "/admin/realms" : `${realmPath(realm)}${change.path}`,
      ...(change.body === undefined ? {} : { body: change.body }),
      timeoutMs: slow ? createTimeoutMs : callTimeoutMs,
      signal,
    });
    const isGone = change.method === "DELETE" && answer.status === 404;
    if (answer.status >= 300 && !isGone) throw this.#translated(answer, `${change.kind} realm ${realm}${change.path}`);
  }

  async probeRealm(
    account: ServiceAccount,
    expectedIssuer: string,
    signal: AbortSignal,
  ): Promise<{ ok: boolean; message: string }> {
    const answer = await this.#send({
      method: "GET",
      path: `/realms/${encodeURIComponent(account.realm)}/.well-known/openid-configuration`,
      signal,
    });
    if (answer.status !== 200)
      return {
        ok: false,
        message: `Realm ${account.realm} does not serve its discovery document (HTTP ${answer.status}).`,
      };
    const { issuer } = (answer.json ?? {}) as { issuer?: string };
    if (issuer !== expectedIssuer)
      return {
        ok: false,
        message: `Realm ${account.realm} calls itself ${String(issuer)}, not ${expectedIssuer}: check keycloak.url of the region.`,
      };
    const token = await this.#send({ method: "POST", path: tokenPath(account.realm), ...tokenForm(account), signal });
    if (token.status !== 200) {
      // A token from before would hide from the next look what is wrong.
      this.#tokens.delete(accountKey(account));
      return {
        ok: false,
        message: `Realm ${account.realm} gives its own account ${account.clientId} no token (HTTP ${token.status}): its secret in the realm and in the cluster may differ.`,
      };
    }
    return { ok: true, message: `Realm ${account.realm} serves ${expectedIssuer} and issues tokens.` };
  }

  async makeFirstAccounts(first: ServiceAccount, wanted: FirstAccounts, signal: AbortSignal): Promise<void> {
    await makeFirstAccounts(
      this.#calls({ account: first, realm: first.realm, what: "first accounts of realm" }, signal),
      wanted,
    );
  }

  async removeFirstAccount(first: ServiceAccount, signal: AbortSignal): Promise<void> {
    const call = this.#calls({ account: first, realm: first.realm, what: "first administrator of realm" }, signal);
    await removeOwnClient(call, first.clientId);
    this.#tokens.delete(accountKey(first));
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  #calls(
    of: { readonly account: ServiceAccount; readonly realm: string; readonly what: string },
    signal: AbortSignal,
  ): RealmCall {
    return async (request, also = []) => {
      const path = `${realmPath(of.realm)}${request.path}`;
      const answer = await this.#admin(of.account, { ...request, path, signal });
      if (answer.status < 300 || also.includes(answer.status)) return answer;
      throw this.#translated(answer, `${of.what} ${of.realm}${request.path}`);
    };
  }

  async #admin(account: ServiceAccount, call: Call): Promise<Answer> {
    const signal = call.signal ?? AbortSignal.timeout(callTimeoutMs);
    const send = async (): Promise<Answer> =>
      await this.#send({ ...call, headers: { authorization: `Bearer ${await this.#token(account, signal)}` } });
    const first = await send();
    if (first.status !== 401) return first;
    this.#tokens.delete(accountKey(account));
    return await send();
  }

  /** One token per account, fetched once for all who wait, and again shortly before it ends. */
  async #token(account: ServiceAccount, signal: AbortSignal): Promise<string> {
    const key = accountKey(account);
    for (let known = this.#tokens.get(key); known !== undefined; known = this.#tokens.get(key)) {
      const token = await known.catch(() => undefined);
      if (token !== undefined && token.until > this.#now()) return token.text;
      // Another caller may have put a new one there while we waited.
      if (this.#tokens.get(key) === known) this.#tokens.delete(key);
    }
    const fetched = this.#fetchToken(account, signal);
    this.#tokens.set(key, fetched);
    // A refusal is not kept: whoever comes later asks again.
    fetched.catch(() => {
      if (this.#tokens.get(key) === fetched) this.#tokens.delete(key);
    });
    return (await fetched).text;
  }

  async #fetchToken(account: ServiceAccount, signal: AbortSignal): Promise<Token> {
    const answer = await this.#send({ method: "POST", path: tokenPath(account.realm), ...tokenForm(account), signal });
    if (answer.status === 200) {
      const { access_token: text, expires_in: seconds } = answer.json as { access_token: string; expires_in: number };
      return { text, until: this.#now() + (seconds - 10) * 1000 };
    }
    if (answer.status === 404) throw new RealmAbsentError(account.realm);
    const code = (answer.json as { error?: string } | undefined)?.error;
    if (answer.status === 403 && code === "access_denied")
      throw new WaitingError("DependencyNotReady", `Realm ${account.realm} is disabled.`);
    if (answer.status === 400 || answer.status === 401 || answer.status === 403) {
      throw new TransientError(
        "PermissionMissing",
        `Keycloak refuses client ${account.clientId} of realm ${account.realm} (HTTP ${answer.status}); check its secret and that its service account is enabled.`,
      );
    }
    throw this.#translated(answer, `the token endpoint of realm ${account.realm}`);
  }

  async #send(call: Call): Promise<Answer> {
    const base = new URL(this.#url).pathname.replace(/\/+$/, "");
    try {
      return await this.#transport.call({ timeoutMs: callTimeoutMs, ...call, path: `${base}${call.path}` });
    } catch (error) {
      if (error instanceof TransientError)
        throw new TransientError("DependencyUnavailable", `Keycloak ${this.#url}: ${error.message}`, { cause: error });
      throw error;
    }
  }

  #translated(answer: Answer, what: string): OperatorError {
    const message = `Keycloak ${this.#url} answered ${answer.status} for ${what}.`;
    if (answer.status === 409) return new AlreadyExistsError(message);
    if (answer.status === 400) return new TerminalError("InvalidSpec", message);
    if (answer.status === 401 || answer.status === 403) {
      return new TransientError(
        "PermissionMissing",
        `${message} Grant the account the roles of client realm-management (or <realm>-realm in master) that it lacks.`,
      );
    }
    return answer.status >= 500 ? new TransientError("DependencyUnavailable", message) : new ConflictError(message);
  }
}

class RealmAbsentError extends TransientError {
  constructor(realm: string) {
    super("DependencyMissing", `Realm ${realm} does not exist.`);
  }
}

const realmPath = (realm: string): string => `/admin/realms/${encodeURIComponent(realm)}`;
const tokenPath = (realm: string): string => `/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`;
const accountKey = (account: ServiceAccount): string => `${account.realm} ${account.clientId} ${account.clientSecret}`;

function tokenForm(account: ServiceAccount): Pick<Call, "text" | "contentType"> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: account.clientId,
    client_secret: account.clientSecret,
  });
  return { text: form.toString(), contentType: "application/x-www-form-urlencoded" };
}

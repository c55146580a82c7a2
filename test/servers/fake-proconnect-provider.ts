import { randomBytes } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, UnsecuredJWT } from "jose";
import { type Configuration, type ClientMetadata, type KoaContextWithOIDC, Provider } from "oidc-provider";
import { type Agent, agentClaims, assuranceLevels } from "./fake-proconnect-agents.ts";
import { messagePage } from "./fake-proconnect-pages.ts";
import { subjectOf } from "./fake-proconnect-rules.ts";
import { inMemoryStore } from "./fake-proconnect-store.ts";

/** A service that was registered with its addresses, as each realm has to be. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Compared to the letter. */
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** How the client says its secret to the token endpoint. */
  readonly authentication?: "client_secret_post" | "client_secret_basic" | undefined;
}

/** RS256 is what a broker should ask for. The others are there to be refused: HS256, a token without signature (RFC 7519 §6), and plain JSON. */
export type UserinfoFormat = "RS256" | "HS256" | "none" | "Unsigned";

/** Paths below the issuer. */
export const paths = {
  authorization: "/authorize",
  token: "/token",
  userinfo: "/userinfo",
  jwks: "/jwks",
  end_session: "/session/end",
} as const;

const lifetimes = {
  AuthorizationCode: 30,
  AccessToken: 60,
  IdToken: 60,
  Session: 43_200,
  Grant: 43_200,
  Interaction: 600,
};
const scopes = ["openid", ...agentClaims];

/** The protocol itself, by a certified library that is told what ProConnect does. */
export async function openIdProvider(
  issuer: string,
  of: {
    readonly clients: readonly RegisteredClient[];
    readonly userinfo: UserinfoFormat;
    readonly agentOf: (uid: string) => Agent | undefined;
  },
): Promise<Provider> {
  const provider = new Provider(issuer, {
    clients: of.clients.map((client) => metadataOf(client, of.userinfo)),
    jwks: { keys: [await signingKey()] },
    adapter: inMemoryStore(),
    clockTolerance: 0,
    scopes,
    acrValues: assuranceLevels,
    // Asked for by the parameter `claims` only, as the documentation says: amr.
    claims: { openid: ["sub", "acr"], ...Object.fromEntries(agentClaims.map((name) => [name, [name]])), amr: null },
    subjectTypes: ["pairwise"],
    pairwiseIdentifier: (_context, uid, client) => subjectFor(of.agentOf(uid), client.clientId),
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_post", "client_secret_basic"],
    enabledJWA: { idTokenSigningAlgValues: ["RS256"], userinfoSigningAlgValues: ["RS256", "HS256"] },
    routes: paths,
    features: {
      claimsParameter: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      jwtUserinfo: { enabled: true },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: saysLoggedOut, postLogoutSuccessSource: saysLoggedOut },
    },
    pkce: { required: () => false },
    ttl: lifetimes,
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    interactions: { url: (_context, { uid }) => `${new URL(issuer).pathname}/interaction/${uid}` },
    renderError: (context, out) => {
      context.type = "html";
      context.body = messagePage([out.error, out.error_description ?? ""].join(": "));
    },
    findAccount: (_context, uid) => {
      const agent = of.agentOf(uid);
      return agent === undefined ? undefined : { accountId: uid, claims: () => ({ sub: uid, ...claimsOf(agent) }) };
    },
    loadExistingGrant: consentOf,
  });
  provider.proxy = true;
  provider.use(logoutWithoutQuestion);
  if (of.userinfo === "none") provider.use(userinfoWithoutSignature);
  return provider;
}

function metadataOf(client: RegisteredClient, userinfo: UserinfoFormat): ClientMetadata {
  return {
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    token_endpoint_auth_method: client.authentication ?? "client_secret_post",
    grant_types: ["authorization_code"],
    response_types: ["code"],
    id_token_signed_response_alg: "RS256",
    ...(userinfo === "Unsigned" || userinfo === "none" ? {} : { userinfo_signed_response_alg: userinfo }),
  };
}

/** The thumbprint as the name of the key: another key under a known name would meet caches that still hold the first. */
async function signingKey(): Promise<NonNullable<Configuration["jwks"]>["keys"][number]> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = await exportJWK(privateKey);
  return { ...key, kty: "RSA", use: "sig", alg: "RS256", kid: await calculateJwkThumbprint(key) };
}

function claimsOf({ assurances: _assurances, ...claims }: Agent): Omit<Agent, "assurances"> {
  return claims;
}

function subjectFor(agent: Agent | undefined, clientId: string): string {
  if (agent === undefined) throw new Error("The agent of a session is no longer among the agents.");
  return subjectOf(agent, clientId);
}

/** The agent's administration has agreed for them: nobody is asked. */
async function consentOf(context: KoaContextWithOIDC): Promise<InstanceType<Provider["Grant"]> | undefined> {
  const { client, session, provider } = context.oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(scopes.join(" "));
  grant.addOIDCClaims(["acr", "amr", ...agentClaims]);
  await grant.save();
  return grant;
}

function saysLoggedOut(context: KoaContextWithOIDC): void {
  context.type = "html";
  context.body = messagePage("You are logged out.");
}

/** The library makes no token that is not signed. */
async function userinfoWithoutSignature(context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (context.oidc.route !== "userinfo" || context.status !== 200) return;
  context.body = new UnsecuredJWT(context.body as JWTPayload).encode();
  context.type = "application/jwt";
}

/** The library asks on a page whether one means it; ProConnect ends the session and sends the browser on. */
async function logoutWithoutQuestion(context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (context.oidc.route !== "end_session" || context.status !== 200) return;
  const { session, provider } = context.oidc;
  const { postLogoutRedirectUri, state } = (session?.state ?? {}) as Readonly<Record<string, string | undefined>>;
  await session?.destroy();
  context.cookies.set(provider.cookieName("session"), null);
  if (postLogoutRedirectUri === undefined) {
    saysLoggedOut(context);
    return;
  }
  const target = new URL(postLogoutRedirectUri);
  if (state !== undefined) target.searchParams.set("state", state);
  context.status = 303;
  context.redirect(target.href);
}

import type { Environment } from "../../../constructs/jitsi/jitsi-input.ts";
import { bridgeName, loginPath, partAddress, partName } from "../../../constructs/jitsi/jitsi-input.ts";
import { roomRules } from "../../../constructs/jitsi/room-rules.ts";

/** Everything that the variables of the images depend on. */
export interface JitsiSettings {
  readonly namespace: string;
  /** Host that people open. */
  readonly host: string;
  /** The same as an address, with its port if that is not 443, without trailing slash. */
  readonly url: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Name under which the adapter signs tokens and Prosody takes them. */
  readonly application: string;
  readonly guests: "Refused" | "LobbyOnly";
  readonly maxParticipants: number;
  readonly peoplePerBridge: number;
  readonly jicofoHeap: string;
  readonly bridgeHeap: string;
}

/** Keys of the module's Secret. */
export const secretKeys = {
  token: "token-secret",
  jicofo: "jicofo-password",
  bridge: "bridge-password",
  client: "client-secret",
} as const;

const on = "1";
const off = "0";
const brewery = "jvbbrewery";
/** All bridges of a tenant are near to each other: a conference that is too large for one goes on over the next. */
const oneRegion = "tenant";

/**
 * Variables of the images of release stable-11146-2, which make their configuration of them: names and meanings in docker-jitsi-meet's
 * docker-compose.yml and templates. Their own templates are kept, because what they write fits the plugins of the same tag; what must not
 * depend on them is in a module of ours. Without a variable the images turn to hosts of their maker: each such is said.
 */
export const jitsiEnvironment = { web, prosody, jicofo, bridge, login };

/** Names of Prosody's hosts: those of people are the host of the pages, which their tokens are made for. */
function hosts({ host }: JitsiSettings): Readonly<Record<string, string>> {
  return {
    XMPP_DOMAIN: host,
    XMPP_AUTH_DOMAIN: `auth.${host}`,
    XMPP_MUC_DOMAIN: `muc.${host}`,
    XMPP_INTERNAL_MUC_DOMAIN: `internal-muc.${host}`,
    XMPP_GUEST_DOMAIN: `guest.${host}`,
  };
}

function only(names: readonly string[], settings: JitsiSettings): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(hosts(settings)).filter(([name]) => names.includes(name)));
}

const s6 = {
  // The image's supervisor finds /run writable by its group, as Kubernetes makes it.
  S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES: on,
};

function web(settings: JitsiSettings): Environment {
  const { url, guests, namespace } = settings;
  return {
    values: {
      ...s6,
      ...only(["XMPP_DOMAIN", "XMPP_AUTH_DOMAIN", "XMPP_MUC_DOMAIN", "XMPP_GUEST_DOMAIN"], settings),
      XMPP_BOSH_URL_BASE: partAddress("prosody", namespace),
      PUBLIC_URL: url,
      DISABLE_HTTPS: on,
      ENABLE_HTTP_REDIRECT: off,
      ENABLE_LETSENCRYPT: off,
      ENABLE_SUBDOMAINS: off,
      ENABLE_AUTH: on,
      ENABLE_GUESTS: guests === "LobbyOnly" ? on : off,
      TOKEN_AUTH_URL: `${url}${loginPath}/auth?state={state}`,
      ENABLE_THIRD_PARTY_REQUESTS: off,
      ENABLE_P2P: off,
      ENABLE_BREAKOUT_ROOMS: off,
      ENABLE_RECORDING: off,
      ENABLE_TRANSCRIPTIONS: off,
      CSP_HEADER: pagePolicy(url),
    },
    secrets: {},
  };
}

/** Pages may load from, talk to and be shown by their own host, and by no other. */
function pagePolicy(url: string): string {
  return [
    "default-src 'self'",
    // Settings stand in the page itself, and what makes blurred backgrounds is compiled there.
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "worker-src 'self' blob:",
    `connect-src 'self' ${url.replace(/^https/, "wss")}`,
    "frame-ancestors 'self'",
    "form-action 'self'",
    "object-src 'none'",
    "base-uri 'self'",
  ].join("; ");
}

function prosody(settings: JitsiSettings): Environment {
  const { url, guests, maxParticipants, application } = settings;
  return {
    values: {
      ...s6,
      ...hosts(settings),
      PUBLIC_URL: url,
      ENABLE_AUTH: on,
      AUTH_TYPE: "jwt",
      JWT_APP_ID: application,
      JWT_ACCEPTED_ISSUERS: application,
      JWT_ACCEPTED_AUDIENCES: application,
      JWT_ALLOW_EMPTY: off,
      ENABLE_GUESTS: guests === "LobbyOnly" ? on : off,
      ENABLE_LOBBY: on,
      ENABLE_BREAKOUT_ROOMS: off,
      ENABLE_RECORDING: off,
      ENABLE_TRANSCRIPTIONS: off,
      MAX_PARTICIPANTS: String(maxParticipants),
      PROSODY_ENABLE_S2S: off,
      XMPP_MODULES: `persistent_lobby,${roomRules.module}`,
      XMPP_MUC_MODULES: roomRules.module,
      [roomRules.variable]: guests,
    },
    secrets: {
      JWT_APP_SECRET: secretKeys.token,
      JICOFO_AUTH_PASSWORD: secretKeys.jicofo,
      JVB_AUTH_PASSWORD: secretKeys.bridge,
    },
  };
}

function jicofo(settings: JitsiSettings): Environment {
  return {
    values: {
      ...s6,
      ...only(["XMPP_DOMAIN", "XMPP_AUTH_DOMAIN", "XMPP_MUC_DOMAIN", "XMPP_INTERNAL_MUC_DOMAIN"], settings),
      XMPP_SERVER: partName("prosody"),
      JVB_BREWERY_MUC: brewery,
      // Prosody asks for a token, and our module says who moderates.
      ENABLE_AUTH: off,
      ENABLE_AUTO_OWNER: off,
      ENABLE_OCTO: on,
      JICOFO_OCTO_REGION: oneRegion,
      OCTO_BRIDGE_SELECTION_STRATEGY: "RegionBasedBridgeSelectionStrategy",
      MAX_BRIDGE_PARTICIPANTS: String(settings.peoplePerBridge),
      JICOFO_ENABLE_HEALTH_CHECKS: on,
      JICOFO_ENABLE_REST: on,
      JICOFO_MAX_MEMORY: settings.jicofoHeap,
    },
    secrets: { JICOFO_AUTH_PASSWORD: secretKeys.jicofo },
  };
}

function bridge(
  settings: JitsiSettings,
  { index, port }: { readonly index: number; readonly port: number },
): Environment {
  const name = bridgeName(index);
  return {
    values: {
      ...s6,
      ...only(["XMPP_AUTH_DOMAIN", "XMPP_INTERNAL_MUC_DOMAIN"], settings),
      XMPP_SERVER: partName("prosody"),
      JVB_BREWERY_MUC: brewery,
      JVB_INSTANCE_ID: name,
      JVB_MUC_NICKNAME: name,
      JVB_PORT: String(port),
      // It is told its address, and asks neither a STUN server nor the provider.
      JVB_DISABLE_STUN: on,
      DISABLE_AWS_HARVESTER: "true",
      // Bridges reach each other by the addresses of their pods; and on a network of the administration a private address is the one that counts.
      JVB_ADVERTISE_PRIVATE_CANDIDATES: on,
      ENABLE_OCTO: on,
      JVB_OCTO_REGION: oneRegion,
      JVB_OCTO_RELAY_ID: name,
      COLIBRI_REST_ENABLED: on,
      SHUTDOWN_REST_ENABLED: on,
      VIDEOBRIDGE_MAX_MEMORY: settings.bridgeHeap,
    },
    secrets: { JVB_AUTH_PASSWORD: secretKeys.bridge },
  };
}

/** Variables of jitsi-oidc-adapter, src/config.ts. */
function login({ issuer, clientId, application }: JitsiSettings): Environment {
  return {
    values: {
      OIDC_ISSUER_URL: issuer,
      OIDC_CLIENT_ID: clientId,
      JWT_APP_ID: application,
      // Kubernetes gives a pod's name to the variable that it listens on.
      HOSTNAME: "0.0.0.0",
    },
    secrets: { OIDC_CLIENT_SECRET: secretKeys.client, JWT_APP_SECRET: secretKeys.token },
  };
}

import { describe, expect, it } from "vitest";
import { roomRules } from "../../../constructs/jitsi/room-rules.ts";
import { jitsiEnvironment, type JitsiSettings } from "./environment.ts";

const settings: JitsiSettings = {
  namespace: "t-meteo-apps",
  host: "visio.meteo.example",
  url: "https://visio.meteo.example",
  issuer: "https://sso.example/realms/meteo",
  clientId: "jitsi",
  application: "meteo",
  guests: "LobbyOnly",
  maxParticipants: 100,
  peoplePerBridge: 30,
  jicofoHeap: "640m",
  bridgeHeap: "1280m",
};

/**
 * What the images of stable-11146 read, as their docker-compose.yml passes it on; of the pages and of Prosody, the part that concerns logins,
 * hosts, rooms and what leads outside. An image is silent about a variable that it does not know, and then does what its maker does.
 */
const documented = {
  web: `CSP_HEADER DISABLE_DEEP_LINKING DISABLE_HTTPS ENABLE_AUTH ENABLE_BREAKOUT_ROOMS ENABLE_GUESTS ENABLE_HSTS ENABLE_HTTP_REDIRECT
    ENABLE_LETSENCRYPT ENABLE_P2P ENABLE_RECORDING ENABLE_SUBDOMAINS ENABLE_THIRD_PARTY_REQUESTS ENABLE_TRANSCRIPTIONS ENABLE_XMPP_WEBSOCKET
    NGINX_RESOLVER P2P_STUN_SERVERS PUBLIC_URL TOKEN_AUTH_URL TZ XMPP_AUTH_DOMAIN XMPP_BOSH_URL_BASE XMPP_DOMAIN XMPP_GUEST_DOMAIN
    XMPP_MUC_DOMAIN XMPP_HIDDEN_DOMAIN XMPP_PORT`,
  prosody: `AUTH_TYPE ENABLE_AUTH ENABLE_AV_MODERATION ENABLE_BREAKOUT_ROOMS ENABLE_END_CONFERENCE ENABLE_GUESTS ENABLE_LOBBY ENABLE_RECORDING
    ENABLE_TRANSCRIPTIONS ENABLE_VISITORS ENABLE_XMPP_WEBSOCKET GLOBAL_CONFIG GLOBAL_MODULES JICOFO_AUTH_PASSWORD JVB_AUTH_USER
    JVB_AUTH_PASSWORD JWT_APP_ID JWT_APP_SECRET JWT_ACCEPTED_ISSUERS JWT_ACCEPTED_AUDIENCES JWT_ASAP_KEYSERVER JWT_ALLOW_EMPTY JWT_AUTH_TYPE
    JWT_ENABLE_DOMAIN_VERIFICATION JWT_SIGN_TYPE LOG_LEVEL MAX_PARTICIPANTS PROSODY_AUTH_TYPE PROSODY_C2S_REQUIRE_ENCRYPTION
    PROSODY_ENABLE_METRICS PROSODY_ENABLE_S2S PROSODY_HTTP_PORT PUBLIC_URL STUN_HOST TURN_HOST TURNS_HOST TZ XMPP_CONFIGURATION XMPP_DOMAIN
    XMPP_AUTH_DOMAIN XMPP_GUEST_DOMAIN XMPP_MUC_DOMAIN XMPP_INTERNAL_MUC_DOMAIN XMPP_MODULES XMPP_MUC_MODULES XMPP_MUC_CONFIGURATION
    XMPP_PORT`,
  jicofo: `AUTH_TYPE BRIDGE_AVG_PARTICIPANT_STRESS BRIDGE_STRESS_THRESHOLD ENABLE_AUTH ENABLE_AUTO_OWNER ENABLE_MODERATOR_CHECKS ENABLE_OCTO
    ENABLE_RECORDING ENABLE_TRANSCRIPTIONS JICOFO_AUTH_PASSWORD JICOFO_AUTH_TYPE JICOFO_ENABLE_AUTH JICOFO_ENABLE_BRIDGE_HEALTH_CHECKS
    JICOFO_ENABLE_HEALTH_CHECKS JICOFO_ENABLE_REST JICOFO_MAX_MEMORY JICOFO_OCTO_REGION JVB_BREWERY_MUC MAX_BRIDGE_PARTICIPANTS
    OCTO_BRIDGE_SELECTION_STRATEGY SENTRY_DSN TZ XMPP_DOMAIN XMPP_AUTH_DOMAIN XMPP_INTERNAL_MUC_DOMAIN XMPP_MUC_DOMAIN XMPP_SERVER XMPP_PORT`,
  bridge: `COLIBRI_REST_ENABLED DISABLE_AWS_HARVESTER ENABLE_OCTO JVB_ADVERTISE_IPS JVB_ADVERTISE_PRIVATE_CANDIDATES JVB_AUTH_USER
    JVB_AUTH_PASSWORD JVB_BREWERY_MUC JVB_DISABLE_STUN JVB_INSTANCE_ID JVB_MUC_NICKNAME JVB_OCTO_BIND_ADDRESS JVB_OCTO_REGION
    JVB_OCTO_RELAY_ID JVB_PORT JVB_REQUIRE_VALID_ADDRESS JVB_STUN_SERVERS SENTRY_DSN SHUTDOWN_REST_ENABLED TZ VIDEOBRIDGE_MAX_MEMORY
    XMPP_AUTH_DOMAIN XMPP_INTERNAL_MUC_DOMAIN XMPP_SERVER XMPP_PORT`,
  login:
    "OIDC_ISSUER_URL OIDC_CLIENT_ID OIDC_CLIENT_SECRET OIDC_SCOPES JWT_ALG JWT_APP_ID JWT_APP_SECRET JWT_EXP_SECOND HOSTNAME PORT",
} as const;
const supervisor = "S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES";

const environments = {
  web: jitsiEnvironment.web(settings),
  prosody: jitsiEnvironment.prosody(settings),
  jicofo: jitsiEnvironment.jicofo(settings),
  bridge: jitsiEnvironment.bridge(settings, { index: 1, port: 10_001 }),
  login: jitsiEnvironment.login(settings),
};
const programs = Object.keys(documented) as (keyof typeof documented)[];

describe("the variables of the images", () => {
  it.each(programs)("of %s are such as it reads", (program) => {
    const { values, secrets } = environments[program];
    const known = new Set([...documented[program].split(/\s+/), supervisor, roomRules.variable]);
    expect([...Object.keys(values), ...Object.keys(secrets)].filter((name) => !known.has(name))).toEqual([]);
  });

  it.each([
    ["bridge", "JVB_DISABLE_STUN", "1"],
    ["bridge", "DISABLE_AWS_HARVESTER", "true"],
    ["web", "ENABLE_THIRD_PARTY_REQUESTS", "0"],
    ["web", "ENABLE_P2P", "0"],
    ["prosody", "PROSODY_ENABLE_S2S", "0"],
    ["jicofo", "ENABLE_AUTO_OWNER", "0"],
  ] as const)("tell %s %s: %s", (program, name, value) => {
    expect(environments[program].values[name]).toBe(value);
  });

  it("name hosts of the tenant, its realm and its own namespace, and no other", () => {
    const text = JSON.stringify(environments);
    const found = text.match(/[a-z0-9-]+(\.[a-z0-9-]+)+/gi) ?? [];
    const own = /(^|\.)visio\.meteo\.example$|^sso\.example$|\.t-meteo-apps\.svc$|^0\.0\.0\.0$/;
    expect(found.filter((host) => !own.test(host))).toEqual([]);
  });

  it("let pages talk to their own host alone", () => {
    const policy = environments.web.values["CSP_HEADER"] ?? "";
    const sources = policy.split("; ").flatMap((rule) => rule.split(" ").slice(1));
    const hosts = sources.filter((source) => !/^'.*'$|^(data|blob):$/.test(source));
    expect(hosts).toEqual(["wss://visio.meteo.example"]);
    expect(policy).not.toMatch(/["\\$\n]/);
  });

  it("give programs that share something the same of it", () => {
    const shared = ["XMPP_AUTH_DOMAIN", "XMPP_INTERNAL_MUC_DOMAIN", "JVB_BREWERY_MUC", "XMPP_SERVER", "ENABLE_OCTO"];
    for (const name of shared) expect(environments.bridge.values[name]).toBe(environments.jicofo.values[name]);
    expect(environments.login.values["JWT_APP_ID"]).toBe(environments.prosody.values["JWT_ACCEPTED_ISSUERS"]);
    expect(environments.login.secrets["JWT_APP_SECRET"]).toBe(environments.prosody.secrets["JWT_APP_SECRET"]);
    expect(environments.jicofo.secrets).toEqual({
      JICOFO_AUTH_PASSWORD: environments.prosody.secrets["JICOFO_AUTH_PASSWORD"],
    });
    expect(environments.bridge.secrets).toEqual({
      JVB_AUTH_PASSWORD: environments.prosody.secrets["JVB_AUTH_PASSWORD"],
    });
  });
});

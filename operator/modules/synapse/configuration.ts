import { roomRules } from "../../../constructs/synapse/room-rules.ts";
import { synapseFiles, synapsePorts } from "../../../constructs/synapse/synapse-input.ts";
import { yamlText } from "../../reconcile/yaml-text.ts";

/** Everything that homeserver.yaml depends on. No secret is part of it: it names files. */
export interface HomeserverSettings {
  readonly serverName: string;
  /** Public address of the homeserver, with its port if that is not 443, without trailing slash. */
  readonly publicUrl: string;
  /** Public address of the web client. */
  readonly webClientUrl: string;
  /** The name of the server is the apex of the tenant, so it can say itself where it is. */
  readonly servesDiscovery: boolean;
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly tls: "Require" | "VerifyFull" | "Disable";
    /** File of the authorities that signed the server's certificate; absent = those of the system. */
    readonly authority?: string;
    readonly connections: number;
  };
  readonly realm: { readonly issuer: string; readonly clientId: string; readonly displayName: string };
  readonly federation: "Closed" | "Allowlist" | "Open";
  readonly allowlist: readonly string[];
  /** Bytes. */
  readonly maxUploadBytes: number;
  /** 0 = for ever. */
  readonly mediaRetentionDays: number;
}

/** Never changes: it is the key under which Synapse keeps who is who. */
export const identityProvider = "realm";

/**
 * homeserver.yaml, whole. Names and meanings of its keys: Synapse's manual of its configuration, version 1.163. Whatever is not needed is off:
 * registration, guests, passwords, directories of rooms, previews, statistics, servers of keys.
 */
export function homeserverYaml(settings: HomeserverSettings): string {
  const configuration = {
    ...identity(settings),
    ...listening(settings),
    ...data(settings),
    ...doors(settings),
    ...rooms(),
    ...federation(settings),
    ...login(settings),
  };
  // Python reads version 1.1 of YAML, to which a ministry that is called yes would be no text.
  return yamlText(configuration);
}

function identity({ serverName, publicUrl, servesDiscovery, webClientUrl }: HomeserverSettings): object {
  return {
    server_name: serverName,
    public_baseurl: `${publicUrl}/`,
    serve_server_wellknown: servesDiscovery,
    web_client_location: `${webClientUrl}/`,
    report_stats: false,
    signing_key_path: synapseFiles.secrets.signingKey,
    macaroon_secret_key_path: synapseFiles.secrets.macaroon,
    form_secret_path: synapseFiles.secrets.form,
    log_config: synapseFiles.logging,
  };
}

function listening({ federation: whom }: HomeserverSettings): object {
  const everywhere = { bind_addresses: ["0.0.0.0"], tls: false };
  const names = ["client", ...(whom === "Closed" ? [] : ["federation"])];
  return {
    listeners: [
      {
        ...everywhere,
        port: synapsePorts.http,
        type: "http",
        x_forwarded: true,
        resources: [{ names, compress: false }],
      },
      { ...everywhere, port: synapsePorts.metrics, type: "metrics" },
    ],
    enable_metrics: true,
  };
}

const sslModes = { Require: "require", VerifyFull: "verify-full", Disable: "disable" } as const;

function data({ database, maxUploadBytes, mediaRetentionDays }: HomeserverSettings): object {
  const { host, port, name, tls, authority, connections } = database;
  return {
    database: {
      name: "psycopg2",
      args: {
        host,
        port,
        user: name,
        dbname: name,
        sslmode: sslModes[tls],
        ...(tls === "VerifyFull" ? { sslrootcert: authority ?? "system" } : {}),
        application_name: "synapse",
        cp_min: Math.min(5, connections),
        cp_max: connections,
      },
    },
    media_store_path: synapseFiles.media,
    max_upload_size: maxUploadBytes,
    ...(mediaRetentionDays === 0 ? {} : { media_retention: { local_media_lifetime: `${mediaRetentionDays}d` } }),
    url_preview_enabled: false,
    enable_authenticated_media: true,
  };
}

function doors(_settings: HomeserverSettings): object {
  return {
    enable_registration: false,
    registration_shared_secret_path: synapseFiles.secrets.registration,
    allow_guest_access: false,
    password_config: { enabled: false },
    // A name of a provider in a sentence for people; nobody else's servers are asked about e-mail addresses or telephone numbers.
    default_identity_server: null,
    require_auth_for_profile_requests: true,
    limit_profile_requests_to_users_who_share_rooms: false,
    allow_public_rooms_without_auth: false,
    allow_public_rooms_over_federation: false,
    room_list_publication_rules: [{ action: "deny" }],
    user_directory: { enabled: true, search_all_users: true, prefer_local_users: true },
    push: { include_content: false },
    federation_client_minimum_tls_version: "1.2",
    trusted_key_servers: [],
    suppress_key_server_warning: true,
  };
}

function rooms(): object {
  return {
    encryption_enabled_by_default_for_room_type: "all",
    forgotten_room_retention_period: "28d",
    modules: [{ module: roomRules.module, config: {} }],
  };
}

/** Without the key the whole world is let in, so it is there unless that is what was asked for. */
function federation({ federation: whom, allowlist }: HomeserverSettings): object {
  if (whom === "Open") return {};
  return { federation_domain_whitelist: whom === "Closed" ? [] : [...allowlist].sort() };
}

function login({ realm, webClientUrl }: HomeserverSettings): object {
  return {
    sso: { client_whitelist: [`${webClientUrl}/`], update_profile_information: true },
    oidc_providers: [
      {
        idp_id: identityProvider,
        idp_name: realm.displayName,
        issuer: realm.issuer,
        discover: true,
        client_id: realm.clientId,
        client_secret_path: synapseFiles.secrets.client,
        client_auth_method: "client_secret_basic",
        pkce_method: "always",
        scopes: ["openid", "profile", "email"],
        user_profile_method: "userinfo_endpoint",
        backchannel_logout_enabled: true,
        allow_existing_users: false,
        user_mapping_provider: {
          config: {
            // An e-mail address is a user name of the realm and no local part of Matrix.
            localpart_template: "{{ user.preferred_username | replace('@', '-') }}",
            display_name_template: "{{ user.name }}",
            email_template: "{{ user.email }}",
          },
        },
      },
    ],
  };
}

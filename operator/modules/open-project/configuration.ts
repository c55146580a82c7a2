import { openProjectFiles as files, openProjectPort } from "../../../constructs/open-project/open-project-input.ts";
import { redisPort } from "../../../constructs/redis/redis.ts";
import { fromFile, type Setting, settingsFile } from "./settings-file.ts";

/** Everything that configuration.yml depends on. */
export interface ProjectsSettings {
  /** Host that people open, with its port if that is not 443. */
  readonly host: string;
  /** Hosts that it answers to inside of the cluster. */
  readonly innerHost: string;
  readonly realm: { readonly issuer: string; readonly clientId: string; readonly displayName: string };
  readonly bucket: {
    readonly name: string;
    readonly url: string;
    readonly region: string;
    readonly pathStyle: boolean;
  };
  readonly mail: {
    readonly host: string;
    readonly port: number;
    readonly tls: "StartTLS" | "TLS";
    readonly from: string;
    /** Takes mail from whoever has an account, and from nobody else. */
    readonly account: boolean;
  };
  readonly cacheHost: string;
}

/** Slug of the login at the realm: part of the addresses that the realm sends people to. */
export const loginProvider = "keycloak";

/**
 * Names and meanings of the settings: OpenProject 17's config/constants/settings/definition.rb and, for the login,
 * ConfigurationMapper of its module openid_connect. What is said here can no more be changed in its pages.
 */
export function projectsConfiguration(settings: ProjectsSettings): string {
  return settingsFile({
    host_name: settings.host,
    additional_host_names: [settings.innerHost, `${settings.innerHost}:${openProjectPort}`],
    https: true,
    default_language: "fr",
    login_required: true,
    self_registration: 0,
    // Nobody of the realm becomes somebody who was here before by having the same name.
    oauth_allow_remapping_of_existing_users: false,
    omniauth_direct_login_provider: loginProvider,
    seed_oidc_provider: { [loginProvider]: login(settings) },
    seed_enterprise_token: fromFile(files.enterpriseToken),
    seed_admin_user_password_reset: true,
    // Nobody's own: an address belongs to one account, and whoever it is of comes from the realm.
    seed_admin_user_mail: settings.mail.from,
    ...attachments(settings.bucket),
    ...mail(settings.mail),
    cache_redis_url: { parts: ["redis://:", { file: files.cache }, `@${settings.cacheHost}:${redisPort}/0`] },
    ...nothingOfOthers,
  });
}

/** What would make browsers, or the application, ask hosts of its maker and of others. */
const nothingOfOthers: Readonly<Record<string, Setting>> = {
  security_badge_displayed: false,
  show_community_links: false,
  onboarding_enabled: false,
  enabled_scm: [],
  plugin_openproject_avatars: { enable_gravatars: false, enable_local_avatars: true },
};

function login({ realm, host }: ProjectsSettings): Setting {
  const { issuer, clientId, displayName } = realm;
  const endpoint = (path: string): string => `${issuer}/protocol/openid-connect/${path}`;
  return {
    display_name: displayName,
    identifier: clientId,
    secret: fromFile(files.client),
    issuer,
    host: new URL(issuer).hostname,
    authorization_endpoint: endpoint("auth"),
    token_endpoint: endpoint("token"),
    userinfo_endpoint: endpoint("userinfo"),
    end_session_endpoint: endpoint("logout"),
    jwks_uri: endpoint("certs"),
    post_logout_redirect_uri: `https://${host}/`,
    attribute_map: { login: "preferred_username" },
    scope: "openid profile email",
    // Who may log in is the realm's to say.
    limit_self_registration: false,
  };
}

function attachments({ name, url, region, pathStyle }: ProjectsSettings["bucket"]): Readonly<Record<string, Setting>> {
  return {
    attachments_storage: "fog",
    // Through the application: a browser that wrote to the bucket itself would need the store's leave for this host.
    direct_uploads: false,
    fog: {
      directory: name,
      credentials: {
        provider: "AWS",
        aws_access_key_id: fromFile(files.bucketKey),
        aws_secret_access_key: fromFile(files.bucketSecret),
        region,
        endpoint: url,
        path_style: pathStyle,
      },
    },
  };
}

function mail({ host, port, tls, from, account }: ProjectsSettings["mail"]): Readonly<Record<string, Setting>> {
  return {
    email_delivery_method: "smtp",
    mail_from: from,
    smtp_address: host,
    smtp_port: port,
    // What it calls itself to the relay.
    smtp_domain: from.slice(from.indexOf("@") + 1),
    smtp_enable_starttls_auto: tls === "StartTLS",
    smtp_ssl: tls === "TLS",
    smtp_openssl_verify_mode: "peer",
    ...(account
      ? {
          smtp_authentication: "plain",
          smtp_user_name: fromFile(files.mailUser),
          smtp_password: fromFile(files.mailPassword),
        }
      : { smtp_authentication: "none" }),
  };
}

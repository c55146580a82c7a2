import { nextcloudFiles, nextcloudHost } from "../../../constructs/nextcloud/nextcloud-input.ts";
import { notPublicRanges } from "../../../constructs/network-peers.ts";
import type { Duty } from "../../../constructs/nextcloud/nextcloud-pod.ts";
import { phpConfiguration, PhpFile, type PhpMap } from "./php-literal.ts";

/** Everything that the system configuration depends on. No secret is part of it: it names files. */
export interface NextcloudSettings {
  readonly namespace: string;
  /** Host that people use, with its port if that is not 443. */
  readonly host: string;
  /** The same as an address, without trailing slash. */
  readonly url: string;
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly tls: "Require" | "VerifyFull" | "Disable";
    /** File of the authorities that signed the server's certificate; absent = those of the system. */
    readonly authority?: string;
  };
  readonly redis: { readonly host: string; readonly port: number };
  /** Absent = files lie on the volume. */
  readonly bucket?: {
    readonly name: string;
    readonly url: string;
    readonly region: string;
    readonly pathStyle: boolean;
  };
  /** Addresses of the ingress controller; empty = it is known by labels alone. */
  readonly proxies: readonly string[];
}

/** Where a pod may have its address: nobody but the tenant's own pods and the ingress controller gets to the application at all. */
export const clusterRanges: readonly string[] = [...notPublicRanges.filter(isPrivate), "fc00::/7"];

function isPrivate(range: string): boolean {
  return /^(10\.|100\.64\.|172\.16\.|192\.168\.)/.test(range);
}

/**
 * What Nextcloud reads after its own config.php, so that this counts. Names and meanings of its keys: Nextcloud's administration manual,
 * "Configuration parameters", version 34. Whatever would ask a host of its maker is off.
 */
export function configurationPhp(settings: NextcloudSettings, duty: Duty): string {
  return phpConfiguration({
    ...identity(),
    ...addresses(settings),
    ...stores(settings),
    ...files(settings),
    ...habits(),
    ...doors(),
    // What serves cannot write it anyway; said, so that nobody sees an error for that.
    config_is_read_only: duty === "serving",
  });
}

const { secrets } = nextcloudFiles;

/** Made once and kept: with other ones, cookies, passwords and what is encrypted would be worthless. */
function identity(): PhpMap {
  return {
    // It names cookies and a directory, and begins with a letter.
    instanceid: new PhpFile(secrets.instance, "oc"),
    passwordsalt: new PhpFile(secrets.salt),
    secret: new PhpFile(secrets.secret),
  };
}

function addresses({ namespace, host, url, proxies }: NextcloudSettings): PhpMap {
  return {
    trusted_domains: [host.replace(/:\d+$/, ""), nextcloudHost(namespace)],
    overwritehost: host,
    overwriteprotocol: "https",
    "overwrite.cli.url": url,
    trusted_proxies: proxies.length > 0 ? [...proxies, ...clusterRanges] : clusterRanges,
    forwarded_for_headers: ["HTTP_X_FORWARDED_FOR"],
    // The realm's and the online office's addresses are those of the cluster's own ingress.
    allow_local_remote_servers: true,
  };
}

/** Those that everybody knows, where Debian has them. */
export const systemAuthorities = "/etc/ssl/certs/ca-certificates.crt";
export const sslModes = { Require: "require", VerifyFull: "verify-full", Disable: "disable" } as const;

function stores({ database, redis }: NextcloudSettings): PhpMap {
  const { host, port, name, tls, authority } = database;
  return {
    dbtype: "pgsql",
    dbhost: `${host}:${port}`,
    dbname: name,
    dbuser: name,
    dbpassword: new PhpFile(secrets.database),
    dbtableprefix: "oc_",
    setup_create_db_user: false,
    pgsql_ssl: {
      mode: sslModes[tls],
      ...(tls === "VerifyFull" ? { rootcert: authority ?? systemAuthorities } : {}),
    },
    "memcache.local": "\\OC\\Memcache\\APCu",
    "memcache.distributed": "\\OC\\Memcache\\Redis",
    "memcache.locking": "\\OC\\Memcache\\Redis",
    redis: { host: redis.host, port: redis.port, password: new PhpFile(secrets.redis) },
  };
}

function files({ bucket }: NextcloudSettings): PhpMap {
  const place = {
    datadirectory: nextcloudFiles.data,
    // Modes of a volume are its driver's to say; no other user gets to it.
    check_data_directory_permissions: false,
    skeletondirectory: "",
  };
  if (bucket === undefined) return place;
  const { protocol, hostname, port } = new URL(bucket.url);
  const { accessKey, secretKey } = nextcloudFiles.bucket;
  const isSecure = protocol === "https:";
  return {
    ...place,
    objectstore: {
      class: "\\OC\\Files\\ObjectStore\\S3",
      arguments: {
        bucket: bucket.name,
        hostname,
        port: port === "" ? (isSecure ? 443 : 80) : Number(port),
        use_ssl: isSecure,
        region: bucket.region,
        use_path_style: bucket.pathStyle,
        autocreate: false,
        key: new PhpFile(accessKey),
        secret: new PhpFile(secretKey),
      },
    },
  };
}

function habits(): PhpMap {
  return {
    default_language: "fr",
    default_locale: "fr_FR",
    default_phone_region: "FR",
    default_timezone: "Europe/Paris",
    // In hours of UTC: when nobody works.
    maintenance_window_start: 1,
    log_type: "errorlog",
    log_type_audit: "errorlog",
    loglevel: 2,
  };
}

function doors(): PhpMap {
  return {
    appstoreenabled: false,
    has_internet_connection: false,
    updatechecker: false,
    "upgrade.disable-web": true,
    lookup_server: "",
    "simpleSignUpLink.shown": false,
    "auth.webauthn.enabled": false,
    // The local account enters by an address that says so.
    hide_login_form: true,
    remember_login_cookie_lifetime: 0,
  };
}

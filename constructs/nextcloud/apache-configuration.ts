import { nextcloudFiles, nextcloudPorts, pushPath } from "./nextcloud-input.ts";

/** Instead of the image's ports.conf: a port that needs no root, and as many requests at once as there is memory for. */
export function portsConf(workers: number): string {
  return lines([
    `Listen ${nextcloudPorts.web}`,
    `ServerLimit ${workers}`,
    `MaxRequestWorkers ${workers}`,
    "ServerTokens Prod",
    "ServerSignature Off",
    "TraceEnable Off",
  ]);
}

/** Instead of the image's site: the code is served from where the image has it, and nothing copies it to where it could be changed. */
export function siteConf(): string {
  return lines([
    `<VirtualHost *:${nextcloudPorts.web}>`,
    `  DocumentRoot ${nextcloudFiles.code}`,
    `  <Directory ${nextcloudFiles.code}>`,
    "    Options FollowSymLinks",
    "    AllowOverride All",
    "    Require all granted",
    "  </Directory>",
    "</VirtualHost>",
  ]);
}

/**
 * A server of its own before the one that notifies, which knows nothing of a path before its own: each open client is a thread here, and would be
 * a whole process where PHP runs.
 */
export function pushConf(): string {
  const modules = ["mpm_event", "authz_core", "proxy", "proxy_http"];
  return lines([
    ...modules.map((module) => `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`),
    "ServerName localhost",
    `Listen ${nextcloudPorts.pushWay}`,
    "PidFile /tmp/push.pid",
    "DefaultRuntimeDir /tmp",
    "Mutex posixsem default",
    // To where the pod's own output goes, whoever owns that.
    'ErrorLog "|/bin/cat"',
    "LogLevel warn",
    "ServerTokens Prod",
    "TraceEnable Off",
    "ThreadLimit 250",
    "ServerLimit 16",
    "ThreadsPerChild 250",
    "MaxRequestWorkers 4000",
    "ProxyRequests Off",
    // A client that says nothing is still there: it is told as soon as something changes.
    "ProxyTimeout 3600",
    `ProxyPass ${pushPath}/ http://127.0.0.1:${nextcloudPorts.push}/ upgrade=websocket`,
  ]);
}

/** Beside the image's own settings of PHP. The password comes from a variable of the pod. */
export function phpIni(redis: { readonly host: string; readonly port: number }, trust: string | undefined): string {
  const sessions = new URL(`tcp://${redis.host}:${redis.port}`);
  return lines([
    "session.save_handler = redis",
    `session.save_path = "${sessions.href}?auth=\${REDIS_PASSWORD}"`,
    "redis.session.locking_enabled = 1",
    "redis.session.lock_retries = -1",
    "redis.session.lock_wait_time = 10000",
    "expose_php = Off",
    ...(trust === undefined ? [] : [`curl.cainfo = "${trust}"`, `openssl.cafile = "${trust}"`]),
  ]);
}

function lines(texts: readonly string[]): string {
  return `${texts.join("\n")}\n`;
}

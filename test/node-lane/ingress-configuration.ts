import type { Route, Site } from "./ingress-routes.ts";

/** Where nginx listens and keeps things; a certificate file holds the key too. */
export interface IngressPlace {
  readonly address: string;
  readonly port: number;
  readonly directory: string;
  readonly defaultCertificate: string;
}

export interface CertifiedSite extends Site {
  readonly certificate: string;
}

/** A string of nginx's configuration language. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

/** The whole configuration of nginx for these sites. */
export function nginxConfiguration(sites: readonly CertifiedSite[], place: IngressPlace): string {
  const upstreams = new Map<string, readonly string[]>();
  for (const { backend } of sites.flatMap(({ routes }) => routes)) upstreams.set(backend.name, backend.endpoints);
  const used = [...upstreams].filter(([, endpoints]) => endpoints.length > 0);
  return [
    ...mainBlock(place),
    "http {",
    ...httpBlock(place),
    ...used.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, endpoints]) => upstream(name, endpoints)),
    server(place, { name: "_", certificate: place.defaultCertificate, isDefault: true, locations: [closed(404)] }),
    ...sites.map(({ host, certificate, routes }) =>
      server(place, { name: host, certificate, isDefault: false, locations: locations(routes) }),
    ),
    "}\n",
  ].join("\n");
}

function mainBlock({ directory }: IngressPlace): string[] {
  return [
    "daemon off;",
    "user nobody nogroup;",
    "worker_processes 2;",
    // A WebSocket keeps the old process of a reload alive: not for ever.
    "worker_shutdown_timeout 60s;",
    `pid ${quoted(`${directory}/nginx.pid`)};`,
    "error_log stderr warn;",
    "events { worker_connections 1024; }",
  ];
}

function httpBlock({ directory, address }: IngressPlace): string[] {
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    "access_log off;",
    "server_tokens off;",
    ...places.map((name) => `${name}_temp_path ${quoted(`${directory}/${name}`)};`),
    "server_names_hash_max_size 8192;",
    "server_names_hash_bucket_size 512;",
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "large_client_header_buffers 8 64k;",
    "client_max_body_size 0;",
    "proxy_http_version 1.1;",
    "proxy_request_buffering off;",
    "proxy_buffering off;",
    "proxy_buffer_size 64k;",
    "proxy_buffers 8 64k;",
    "proxy_connect_timeout 5s;",
    "proxy_read_timeout 3600s;",
    "proxy_send_timeout 3600s;",
    "proxy_redirect off;",
    // What a backend answers is for the client, not for us.
    "proxy_ignore_headers X-Accel-Redirect;",
    // The address by which policies know the ingress.
    `proxy_bind ${address};`,
    "proxy_ssl_server_name on;",
    "proxy_ssl_name $host;",
    // WebSockets pass and no other protocol: through a tunnel of HTTP/2, requests would reach paths that are closed.
    'map $http_upgrade $websocket { default ""; "~*^websocket$" websocket; }',
    'map $websocket $websocket_connection { default ""; websocket upgrade; }',
    "proxy_set_header Upgrade $websocket;",
    "proxy_set_header Connection $websocket_connection;",
    ...forwardedHeaders(),
  ];
}

/** What the client says about itself is replaced: backends believe these. The host is the one that chose the route. */
function forwardedHeaders(): string[] {
  const host = '"$host:$server_port"';
  const values = {
    Host: host,
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Proto": "$scheme",
    "X-Forwarded-Host": host,
    "X-Forwarded-Port": "$server_port",
    "X-Forwarded-Prefix": '""',
    "X-Real-IP": "$remote_addr",
    Forwarded: '""',
  };
  return Object.entries(values).map(([name, value]) => `proxy_set_header ${name} ${value};`);
}

function upstream(name: string, endpoints: readonly string[]): string {
  return `upstream ${quoted(name)} {\n${endpoints.map((endpoint) => `server ${endpoint} max_fails=0;\n`).join("")}}`;
}

interface Server {
  readonly name: string;
  readonly certificate: string;
  readonly isDefault: boolean;
  readonly locations: readonly string[];
}

function server({ address, port }: IngressPlace, { name, certificate, isDefault, locations: all }: Server): string {
  return [
    "server {",
    `listen ${address}:${port} ssl http2${isDefault ? " default_server" : ""};`,
    `server_name ${quoted(name)};`,
    `ssl_certificate ${quoted(certificate)};`,
    `ssl_certificate_key ${quoted(certificate)};`,
    ...all,
    "}",
  ].join("\n");
}

const closed = (status: number): string => `location "/" { return ${status}; }`;

/**
 * nginx compares paths after decoding them and resolving dots and double slashes; an exact location comes before all others, then the longest
 * beginning. A prefix of the API ends at a slash, so it is two locations. A location that ends with a slash would answer the same path without it by
 * a redirect, unless that path has a location of its own.
 */
function locations(routes: readonly Route[]): string[] {
  const found = new Map<string, string>();
  for (const { match, path, backend } of routes) {
    const action = actionOf(backend);
    found.set(match === "exact" ? `= ${quoted(path)}` : quoted(`${path}/`), action);
    const bare = match === "exact" ? path.replace(/\/$/, "") : path;
    if (bare === "" || (match === "exact" && bare === path)) continue;
    const own = routeOf(routes, bare);
    found.set(`= ${quoted(bare)}`, own === undefined ? "return 404;" : actionOf(own.backend));
  }
  const rest = found.has(quoted("/")) ? [] : [closed(404)];
  return [...[...found].map(([where, action]) => `location ${where} { ${action} }`), ...rest];
}

/** The route of a request for that path. */
export function routeOf(routes: readonly Route[], path: string): Route | undefined {
  const exact = routes.find((route) => route.match === "exact" && route.path === path);
  const prefixes = routes.filter((route) => route.match === "prefix" && `${path}/`.startsWith(`${route.path}/`));
  return exact ?? prefixes.toSorted((one, other) => other.path.length - one.path.length)[0];
}

/** The rewriting to itself makes nginx send the path that it compared, encoded anew, instead of the one that it got. */
function actionOf({ name, protocol, endpoints }: Route["backend"]): string {
  return endpoints.length === 0 ? "return 503;" : `rewrite "^" $uri break; proxy_pass ${protocol}://${name};`;
}

/** All of them, unless nginx refuses something: then those that it takes one by one. One bad site must not keep the others from changing. */
export async function loadableSites(
  sites: readonly CertifiedSite[],
  problemOf: (sites: readonly CertifiedSite[]) => Promise<string | undefined>,
): Promise<{ readonly good: readonly CertifiedSite[]; readonly refused: readonly string[] }> {
  if ((await problemOf(sites)) === undefined) return { good: sites, refused: [] };
  const good: CertifiedSite[] = [];
  const refused: string[] = [];
  for (const site of sites) {
    const reason = await problemOf([site]);
    if (reason === undefined) good.push(site);
    else refused.push(`${site.host} is not served, nginx refuses it: ${reason}`);
  }
  const together = await problemOf(good);
  if (together !== undefined) throw new Error(`nginx refuses the configuration: ${together}`);
  return { good, refused };
}

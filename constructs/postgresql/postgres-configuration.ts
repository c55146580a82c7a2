import type { PostgresServerInput } from "./postgres-input.ts";

const dataDirectory = "/var/lib/postgresql/data/pgdata";
export const postgresPaths = {
  volume: "/var/lib/postgresql/data",
  data: dataDirectory,
  configuration: "/etc/socle/postgresql",
  certificate: "/etc/socle/tls",
  administrator: "/etc/socle/administrator",
  sockets: "/run/postgresql",
} as const;

/** A value as postgresql.conf quotes it: in single quotes, which are doubled inside. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The server's settings, by name. Those that depend on memory follow the advice of the manual: a quarter for its cache, three quarters assumed for the system's. */
export function postgresSettings(input: Pick<PostgresServerInput, "resources">): Readonly<Record<string, string>> {
  const { memoryMi } = input.resources;
  const paths = postgresPaths;
  return {
    listen_addresses: "*",
    unix_socket_directories: paths.sockets,
    hba_file: `${paths.configuration}/pg_hba.conf`,
    ssl: "on",
    ssl_cert_file: `${paths.certificate}/tls.crt`,
    ssl_key_file: `${paths.certificate}/tls.key`,
    ssl_min_protocol_version: "TLSv1.3",
    password_encryption: "scram-sha-256",
    max_connections: "200",
    shared_buffers: `${Math.floor(memoryMi / 4)}MB`,
    effective_cache_size: `${Math.floor((memoryMi * 3) / 4)}MB`,
    dynamic_shared_memory_type: "posix",
    // What a statement said may hold personal data: only slow and failed ones are logged, without their values.
    log_destination: "stderr",
    logging_collector: "off",
    log_connections: "on",
    log_parameter_max_length: "0",
    log_parameter_max_length_on_error: "0",
    timezone: "UTC",
    log_timezone: "UTC",
  };
}

/** postgresql.conf, keys sorted. */
export function postgresqlConf(input: Pick<PostgresServerInput, "resources">): string {
  return Object.entries(postgresSettings(input))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name} = ${quoted(value)}\n`)
    .join("");
}

/** pg_hba.conf: TLS and SCRAM from everywhere that network policy admits, and nothing else; over the socket too. */
export function pgHbaConf(): string {
  return ["local all all scram-sha-256", "hostssl all all all scram-sha-256", "host all all all reject", ""].join("\n");
}

/**
 * Makes the data directory once. It is made beside its final name and moved there at the end, so that an interrupted run leaves nothing
 * that the next takes for a database; and it is never made anew over one that exists.
 */
export function initializeScript(): string {
  const { data, administrator } = postgresPaths;
  return [
    "set -eu",
    `if [ -s ${data}/PG_VERSION ]; then exit 0; fi`,
    `if [ -e ${data} ]; then echo "${data} exists and holds no database" >&2; exit 1; fi`,
    `rm -rf ${data}.new`,
    `initdb --pgdata=${data}.new --encoding=UTF8 --locale=C --locale-provider=libc --data-checksums --auth=scram-sha-256 --username="$(cat ${administrator}/username)" --pwfile=${administrator}/password --no-instructions`,
    `mv ${data}.new ${data}`,
    "",
  ].join("\n");
}

import type { k8s } from "cdk8s-plus-28";
import { keycloakPorts, type KeycloakServerInput } from "./keycloak-input.ts";

export const keycloakPaths = {
  home: "/opt/keycloak",
  /** What `build` writes and `start --optimized` runs from. */
  build: "/opt/keycloak/lib/quarkus",
  data: "/opt/keycloak/data",
  certificate: "/etc/socle/tls",
  databaseAuthority: "/etc/socle/database",
  trust: "/etc/socle/trust",
} as const;

/** Settings that are built in; `start --optimized` takes no other values for them. */
export const buildSettings: Readonly<Record<string, string>> = {
  KC_DB: "postgres",
  KC_HEALTH_ENABLED: "true",
  // Readiness looks at the database only where metrics are on.
  KC_METRICS_ENABLED: "true",
};

/** The platform account's token names each realm that it made: half a KiB each, and the server's own limit ends at 126 realms. */
export const longHeaders = { QUARKUS_HTTP_LIMITS_MAX_HEADER_SIZE: "512K" } as const;

/** Settings that are no secret, by the name of their environment variable. */
export function runtimeSettings(input: KeycloakServerInput): Readonly<Record<string, string>> {
  return {
    KC_DB_URL: input.database.url,
    KC_DB_USERNAME: input.database.username,
    KC_HOSTNAME: input.url,
    KC_HTTP_ENABLED: "true",
    KC_HTTP_PORT: String(keycloakPorts.http),
    KC_HTTPS_PORT: String(keycloakPorts.https),
    KC_HTTPS_CERTIFICATE_FILE: `${keycloakPaths.certificate}/tls.crt`,
    KC_HTTPS_CERTIFICATE_KEY_FILE: `${keycloakPaths.certificate}/tls.key`,
    // Health is asked for by the kubelet, which knows no authority of ours.
    KC_HTTP_MANAGEMENT_SCHEME: "http",
    KC_PROXY_HEADERS: "xforwarded",
    ...longHeaders,
    ...(input.trustBundle === undefined ? {} : { KC_TRUSTSTORE_PATHS: `${keycloakPaths.trust}/ca.crt` }),
  };
}

/** The environment of the server: settings, and references to what is secret. */
export function keycloakEnvironment(input: KeycloakServerInput): k8s.EnvVar[] {
  const plain = Object.entries({ ...buildSettings, ...runtimeSettings(input) }).map(([name, value]) => ({
    name,
    value,
  }));
  const secret = (name: string, secretKeyRef: k8s.SecretKeySelector): k8s.EnvVar => ({
    name,
    valueFrom: { secretKeyRef },
  });
  const first = { name: input.bootstrapSecret, optional: true };
  return [
    ...plain,
    secret("KC_DB_PASSWORD", { name: input.database.passwordSecret, key: "password" }),
    // Read at the very first start only; gone once the platform's own account works.
    secret("KC_BOOTSTRAP_ADMIN_CLIENT_ID", { ...first, key: "clientID" }),
    secret("KC_BOOTSTRAP_ADMIN_CLIENT_SECRET", { ...first, key: "clientSecret" }),
  ];
}

import { hostOf } from "../checks/server-address.ts";
import type { Seen } from "../seen.ts";

/** Where the region keeps what lies outside of the cluster: the servers that it declares, each in its own country. */
export const declaredServers = [
  "spec.keycloak.url",
  "spec.storage.objectStore.url",
  "spec.postgresql.server.host",
  "spec.openXchange.url",
] as const;

/** The field of the region that declares the host. */
export function declaredAt(region: Seen, host: string): string | undefined {
  return declaredServers.find((path) => {
    const address = region.text(path);
    return address.value !== "" && hostOf(address) === host;
  });
}

const inCluster = /^(?:[^.]+\.)*([^.]+)\.svc(?:\.cluster\.local)?$/;

/** Of a Service: the namespace in which its pods run. */
export const namespaceOfService = (host: string): string | undefined => inCluster.exec(host)?.[1];

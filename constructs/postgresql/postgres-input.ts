import type { k8s } from "cdk8s-plus-28";

/** Everything that one PostgreSQL server depends on: a tenant's, or that of the region's Keycloak. Plain data; no secret is part of it. */
export interface PostgresServerInput {
  readonly namespace: string;
  /** Of Service and StatefulSet; all other names begin with it. */
  readonly name: string;
  /** Labels of all its objects, from `labels()`; name and instance among them select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** Major version of the server. */
  readonly major: number;
  /** Full reference, with digest in production. */
  readonly image: string;
  readonly storageClass: string;
  /** Size of the data volume, e.g. 10Gi. */
  readonly storage: string;
  /** What the container is promised and held to: cpu is a request, memory both. */
  readonly resources: { readonly cpu: string; readonly memoryMi: number };
  /** Secret with keys username and password of the server's administrator. */
  readonly administratorSecret: string;
  /** Secret with keys tls.crt and tls.key. */
  readonly certificateSecret: string;
  readonly operatorNamespace: string;
  /** Who reaches it besides the operator and those whom policies of the namespace let in. */
  readonly clients?: readonly k8s.NetworkPolicyPeer[];
  readonly pullSecret?: string;
}

/** Name of a tenant's server; its namespace tells it from those of others. */
export const tenantServer = "postgresql";

export const postgresPort = 5432;

/** User and group of the public image. */
export const postgresUser = 26;

/** Host of the server, inside of the cluster. */
export function postgresHost(name: string, namespace: string): string {
  return `${name}.${namespace}.svc`;
}

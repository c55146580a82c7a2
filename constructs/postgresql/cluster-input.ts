import type { k8s } from "cdk8s-plus-28";

/** Everything that a highly available PostgreSQL depends on: a tenant's, or that of the region's Keycloak. Plain data; no secret is part of it. */
export interface PostgresClusterInput {
  readonly namespace: string;
  /** Of Cluster, Database and DatabaseRole; all other names begin with it. */
  readonly name: string;
  /** Labels of all its objects. */
  readonly labels: Readonly<Record<string, string>>;
  /** Full reference, with digest in production. */
  readonly image: string;
  readonly instances: number;
  readonly storageClass: string;
  /** Size of each instance's volume, e.g. 10Gi. */
  readonly storage: string;
  /** What each instance is promised and held to: cpu is a request, memory both. */
  readonly resources: { readonly cpu: string; readonly memoryMi: number };
  /** The region has more than one zone. */
  readonly zones: boolean;
  /** Name of the database and of the role that owns it. */
  readonly database: string;
  readonly connectionLimit: number;
  /** Comment of the role: says whose it is. */
  readonly marker: string;
  /** Secret of type kubernetes.io/basic-auth with the role's name and password. */
  readonly credentialsSecret: string;
  /** Secret with keys tls.crt, tls.key and ca.crt, for the hosts of {@link clusterHosts}. */
  readonly certificateSecret: string;
  readonly operatorNamespace: string;
  /** Where the API server is reached once its Service is resolved: instances ask it for their own Cluster. */
  readonly apiServers: readonly { readonly address: string; readonly port: number }[];
  readonly pullSecret?: string;
  /** Who reaches it besides the operator and those whom policies of the namespace let in. */
  readonly clients?: readonly k8s.NetworkPolicyPeer[];
}

export const cloudNativePg = {
  apiVersion: "postgresql.cnpg.io/v1",
  /** Kinds that its operator serves; DatabaseRole came with 1.30. */
  kinds: [
    { kind: "Cluster", plural: "clusters" },
    { kind: "Database", plural: "databases" },
    { kind: "DatabaseRole", plural: "databaseroles" },
  ],
  /**
   * Where its operator runs, as its manifests and its chart say. A label alone could be borrowed by a pod of anybody; the name of a namespace
   * cannot.
   */
  operatorNamespace: "cnpg-system",
  operatorPods: { "app.kubernetes.io/name": "cloudnative-pg" },
  hibernation: "cnpg.io/hibernation",
} as const;

/** Hosts of the server inside of the cluster: the first leads to the primary. */
export function clusterHosts(cluster: string, namespace: string): readonly [string, ...string[]] {
  const host = (suffix: string): string => `${cluster}-${suffix}.${namespace}.svc`;
  const all = ["rw", "r", "ro"].map(host);
  return [host("rw"), ...all.slice(1), ...all.map((name) => `${name}.cluster.local`)];
}

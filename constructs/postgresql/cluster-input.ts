/** Everything that a tenant's highly available PostgreSQL depends on. Plain data; no secret is part of it. */
export interface PostgresClusterInput {
  readonly namespace: string;
  /** Labels of all its objects, from `labels()`. */
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
}

export const cloudNativePg = {
  apiVersion: "postgresql.cnpg.io/v1",
  /** Name of Cluster, Database and DatabaseRole. */
  name: "postgresql",
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
export function clusterHosts(namespace: string): readonly [string, ...string[]] {
  const host = (suffix: string): string => `${cloudNativePg.name}-${suffix}.${namespace}.svc`;
  const all = ["rw", "r", "ro"].map(host);
  return [host("rw"), ...all.slice(1), ...all.map((name) => `${name}.cluster.local`)];
}

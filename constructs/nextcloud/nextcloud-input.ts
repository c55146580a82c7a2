import type { IngressSource } from "../network-peers.ts";
import type { Publishing } from "../public-route.ts";
import type { ContainerResources } from "../restricted-pod.ts";

/** What all objects of the module have in common. */
export interface NextcloudShared {
  readonly namespace: string;
  /** Labels of all its objects, from `labels()`; name and instance among them select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** Full reference of an image of Nextcloud with the apps of the suite in it. */
  readonly image: string;
  readonly pullSecret?: string;
  /** Secret with the files of `nextcloudFiles.secrets`. */
  readonly secrets: string;
  /** Secret with the key of the bucket, where files lie in one. */
  readonly bucketSecret?: string;
  /** PEM of the region's own authorities. */
  readonly trustBundle?: string;
  /** Host under which people find it, as Nextcloud takes it from a request. */
  readonly host: string;
}

/** Everything that the files of one tenant depend on. Plain data; no secret is part of it. */
export interface NextcloudInput extends NextcloudShared {
  readonly web: { readonly resources: ContainerResources; readonly workers: number };
  readonly push: { readonly resources: ContainerResources; readonly environment: PushEnvironment };
  readonly redis: { readonly image: string; readonly resources: ContainerResources };
  /** Texts of PHP: what serves cannot change it, what administers can. */
  readonly configuration: { readonly serving: string; readonly administering: string };
  /** Commands of occ, each a list of words, as JSON. */
  readonly settings: string;
  readonly storageClass: string;
  /** Size of its volume, e.g. 10Gi. */
  readonly storage: string;
  /** Where its bucket lies; absent = files lie on the volume. */
  readonly objectStore?: { readonly cidrs: readonly string[]; readonly port: number };
  /** Namespace of the online office that fetches documents and brings them back. */
  readonly office?: string;
  /** Where traffic of the ingress controller comes from; the way to the realm leads through it too. */
  readonly ingressFrom: IngressSource;
}

/** Addresses with a name of Kubernetes' in place of each password: `$(DATABASE_PASSWORD)`, `$(REDIS_PASSWORD)`. */
export interface PushEnvironment {
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** How people find it. */
export interface NextcloudRouteInput extends Pick<NextcloudShared, "namespace" | "labels" | "host"> {
  readonly publishing: Publishing;
  readonly tlsSecret: string;
}

export const nextcloudName = "nextcloud";
export const pushName = "nextcloud-push";
export const cronName = "nextcloud-cron";
export const redisName = "nextcloud-redis";
export const nextcloudPorts = { web: 8080, push: 7867, pushWay: 8081 } as const;
/** Below it the host leads to what tells clients at once that something changed. */
export const pushPath = "/push";
/** Any user but root: the image belongs to none, and nothing of it is written to. */
export const nextcloudUser = 1001;

/** Where the pods find their files; configuration and programs name them. */
export const nextcloudFiles = {
  code: "/usr/src/nextcloud",
  /** Written by what administers alone. */
  config: "/config",
  /** Read after config.php, hence what counts. */
  ours: "/config/zz-socle.config.php",
  data: "/data",
  conf: "/conf",
  trust: "/trust/ca.crt",
  secrets: {
    instance: "/secrets/instance-id",
    salt: "/secrets/password-salt",
    secret: "/secrets/secret",
    administrator: "/secrets/admin-password",
    client: "/secrets/client-secret",
    redis: "/secrets/redis-password",
    database: "/secrets/database-password",
    databaseAuthority: "/secrets/database-ca.crt",
  },
  bucket: { accessKey: "/bucket/accessKeyID", secretKey: "/bucket/secretAccessKey" },
} as const;

/** Name of a local account, for the day on which nobody can log in by the realm. */
export const administrator = "socle-administrator";

/** Address of the application inside of the cluster. */
export function nextcloudAddress(namespace: string): string {
  return `http://${nextcloudHost(namespace)}:${nextcloudPorts.web}`;
}

/** Host of that address. */
export function nextcloudHost(namespace: string): string {
  return `${nextcloudName}.${namespace}.svc`;
}

import type { ObjectRef } from "../manifest.ts";
import type { IngressSource } from "../network-peers.ts";
import type { Publishing } from "../public-route.ts";
import type { ContainerResources } from "../restricted-pod.ts";

/** Addresses outside of the tenant, and the one port of them that is meant. */
export interface OutsideServer {
  readonly cidrs: readonly string[];
  readonly port: number;
}

/** One of its two programs. */
export interface ProgramInput {
  readonly replicas: number;
  readonly resources: ContainerResources;
  /** Variables that it has beside those of both. */
  readonly values: Readonly<Record<string, string>>;
}

/** Everything that the projects of one tenant depend on. Plain data; no secret is part of it. */
export interface OpenProjectInput {
  readonly namespace: string;
  /** Labels of all its objects, from `labels()`; name and instance among them select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** Full reference, with digest in production. */
  readonly image: string;
  readonly cacheImage: string;
  readonly pullSecret?: string;
  readonly web: ProgramInput;
  readonly worker: ProgramInput;
  readonly cache: ContainerResources;
  /** Text of configuration.yml; it names files of Secrets, and holds none of their content. */
  readonly configuration: string;
  /** Variables of both programs that are no secret. */
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: OpenProjectSecrets;
  /** PEM of the region's own authorities. */
  readonly trustBundle?: string;
  readonly objectStore: OutsideServer;
  readonly mail: OutsideServer;
  /** Where traffic of the ingress controller comes from; the way to the realm leads through it too. */
  readonly ingressFrom: IngressSource;
}

/** Names of the Secrets in its namespace. */
export interface OpenProjectSecrets {
  readonly own: string;
  readonly bucket: string;
  readonly entitlement: string;
  /** Absent where the region's mail takes no account. */
  readonly mail?: string;
}

/** How people find it. */
export interface OpenProjectRouteInput extends Pick<OpenProjectInput, "namespace" | "labels"> {
  readonly host: string;
  readonly publishing: Publishing;
  readonly tlsSecret: string;
}

/** Of its database and bucket too. */
export const openProjectName = "openproject";
export const openProjectPort = 8080;
/** User of the public image. */
export const openProjectUser = 1000;

export const openProjectParts = ["web", "worker", "migration"] as const;
export type OpenProjectPart = (typeof openProjectParts)[number];

/** Keys of its own Secret; those that are files are named in `openProjectFiles`. */
export const openProjectKeys = {
  secretKeyBase: "secret-key-base",
  administrator: "administrator-password",
  client: "client-secret",
  cache: "cache-password",
  databasePassword: "database-password",
  databaseAuthority: "database-ca.crt",
} as const;

/** Key of the copied enterprise token, whatever people call theirs. */
export const enterpriseTokenKey = "token";

/** Where the pods find their files; configuration.yml names them. */
export const openProjectFiles = {
  configuration: "/app/config/configuration.yml",
  trust: "/trust/ca.crt",
  client: `/secrets/own/${openProjectKeys.client}`,
  cache: `/secrets/own/${openProjectKeys.cache}`,
  databaseAuthority: `/secrets/own/${openProjectKeys.databaseAuthority}`,
  bucketKey: "/secrets/bucket/accessKeyID",
  bucketSecret: "/secrets/bucket/secretAccessKey",
  mailUser: "/secrets/mail/username",
  mailPassword: "/secrets/mail/password",
  enterpriseToken: `/secrets/entitlement/${enterpriseTokenKey}`,
} as const;

/** Name of the objects of one part. */
export function partName(part: OpenProjectPart): string {
  return `${openProjectName}-${part}`;
}

export const cacheName = `${openProjectName}-redis`;

/** Host of the pages inside of the cluster. */
export function webHost(namespace: string): string {
  return `${partName("web")}.${namespace}.svc`;
}

/** The Deployments of the programs, which stand still while the tables change. */
export function programs(namespace: string): readonly ObjectRef[] {
  return (["web", "worker"] as const).map((part) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    namespace,
    name: partName(part),
  }));
}

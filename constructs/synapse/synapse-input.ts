import type { IngressSource } from "../network-peers.ts";
import { nginxPort } from "../nginx/nginx-site.ts";
import type { Publishing } from "../public-route.ts";
import type { ContainerResources } from "../restricted-pod.ts";

/** Everything that the homeserver of one tenant depends on. Plain data; no secret is part of it. */
export interface SynapseInput {
  readonly namespace: string;
  /** Labels of all its objects, from `labels()`; name and instance among them select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** Full reference, with digest in production. */
  readonly image: string;
  readonly pullSecret?: string;
  readonly resources: ContainerResources;
  /** Text of homeserver.yaml; it names files of Secrets, and holds none of their content. */
  readonly configuration: string;
  /** Secret with the files of `synapseFiles.secrets`. */
  readonly secrets: string;
  readonly storageClass: string;
  /** Size of the volume of media, e.g. 20Gi. */
  readonly storage: string;
  /** PEM of the region's own authorities. */
  readonly trustBundle?: string;
  /** Where traffic of the ingress controller comes from; the way to the realm leads through it too. */
  readonly ingressFrom: IngressSource;
  /** Talks to homeservers of others. */
  readonly federates: boolean;
}

/** The pages that people open in their browsers. */
export interface WebClientInput {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Full reference, with digest in production. */
  readonly image: string;
  readonly pullSecret?: string;
  readonly replicas: number;
  readonly resources: ContainerResources;
  /** Text of config.json. */
  readonly configuration: string;
  /** Public address of the homeserver: the one host that pages may talk to. */
  readonly homeserver: string;
}

/** How people and other homeservers find it. */
export interface SynapseRouteInput {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Host of the homeserver. */
  readonly host: string;
  /** Host of the web client. */
  readonly webHost: string;
  /** Host that says where the homeserver is. */
  readonly apex: string;
  readonly publishing: Publishing;
  readonly tlsSecret: string;
  readonly federates: boolean;
}

export const synapseName = "synapse";
export const synapsePorts = { http: 8008, metrics: 9090 } as const;
/** User of the public image. */
export const synapseUser = 991;

export const webClientName = "web-client";

/** Where the pod finds its files; homeserver.yaml names them. */
export const synapseFiles = {
  configuration: "/conf/homeserver.yaml",
  logging: "/conf/log.yaml",
  media: "/media/media_store",
  trust: "/trust/ca.crt",
  secrets: {
    signingKey: "/secrets/signing.key",
    macaroon: "/secrets/macaroon-key",
    form: "/secrets/form-secret",
    registration: "/secrets/registration-secret",
    client: "/secrets/client-secret",
    databaseAuthority: "/secrets/database-ca.crt",
  },
} as const;

/** Address of the web client inside of the cluster. */
export function webClientAddress(namespace: string): string {
  return `http://${webClientName}.${namespace}.svc:${nginxPort}`;
}

/** Address of the homeserver inside of the cluster. */
export function synapseAddress(namespace: string): string {
  return `http://${synapseName}.${namespace}.svc:${synapsePorts.http}`;
}

import type { k8s } from "cdk8s-plus-28";
import type { AccessibilityPageInput } from "../accessibility/accessibility-page.ts";
import type { IngressSource } from "../network-peers.ts";
import type { Publishing } from "../public-route.ts";
import type { ContainerResources } from "../restricted-pod.ts";

/** How the server reaches its database. */
export interface KeycloakDatabase {
  /** JDBC address with everything but the login. */
  readonly url: string;
  readonly username: string;
  /** Secret with key password. */
  readonly passwordSecret: string;
  /** Secret with key ca.crt that the address trusts; absent where it trusts the bundle of the region, or nobody. */
  readonly authoritySecret?: string;
  readonly peers: readonly k8s.NetworkPolicyPeer[];
  readonly port: number;
}

/** Everything that the Keycloak of one region depends on. Plain data; no secret is part of it. */
export interface KeycloakServerInput {
  readonly namespace: string;
  /** Of Service, StatefulSet and Ingress; all other names begin with it. */
  readonly name: string;
  /** From `regionLabels()`; name and instance among them select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** Full reference, with digest in production. */
  readonly image: string;
  readonly pullSecret?: string;
  /** Public address: https, a host and perhaps a port. */
  readonly url: string;
  /** 0 stops it, e.g. between two versions. */
  readonly replicas: number;
  /** What one pod is promised and held to: cpu is a request, memory both. */
  readonly resources: ContainerResources;
  readonly zones: number;
  readonly database: KeycloakDatabase;
  /** Secret with keys tls.crt and tls.key for the Service's name. */
  readonly certificateSecret: string;
  /** Secret with keys clientID and clientSecret of the first administrator; it may be absent. */
  readonly bootstrapSecret: string;
  /** PEM of the region's own authorities. */
  readonly trustBundle?: string;
  readonly operatorNamespace: string;
  readonly ingress: {
    readonly publishing: Publishing;
    readonly from: IngressSource;
    /** Secret of the certificate that people see. */
    readonly tlsSecret: string;
  };
  /** What its host says of how accessible it is. */
  readonly accessibility: Pick<AccessibilityPageInput, "image" | "page">;
  /** Providers that it may call beyond public hosts on https. */
  readonly providerCidrs: readonly string[];
  readonly smtp?: { readonly cidrs: readonly string[]; readonly port: number };
}

export const keycloakPorts = {
  /** For the ingress controller, which ends TLS. */
  http: 8080,
  /** For the operator, with a certificate that it pins. */
  https: 8443,
  /** Health and metrics. */
  management: 9000,
  /** Between its pods. */
  cluster: [7800, 57800],
} as const;

/** User of the public image. */
export const keycloakUser = 1000;

/** Host of the server, inside of the cluster. */
export function keycloakHost({ name, namespace }: Pick<KeycloakServerInput, "name" | "namespace">): string {
  return `${name}.${namespace}.svc`;
}

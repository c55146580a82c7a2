import type { Publishing } from "../public-route.ts";
import type { IngressSource } from "../network-peers.ts";
import type { ContainerResources } from "../restricted-pod.ts";

/** What one container is told: values that are no secret, and keys of the module's Secret by the name of the variable that they go to. */
export interface Environment {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** One program of the module. */
export interface PartInput {
  /** Full reference, with digest in production. */
  readonly image: string;
  readonly replicas: number;
  readonly resources: ContainerResources;
  readonly environment: Environment;
}

/** One videobridge, and where clients send their pictures and sounds to. */
export interface BridgeInput extends PartInput {
  readonly index: number;
  /** The one port that it listens on and tells clients; the same inside and outside, since it cannot tell them another. */
  readonly port: number;
  /** Addresses that lead clients to that port; none = those of the node that it runs on. */
  readonly addresses: readonly string[];
}

/** What all objects of the module have in common. */
export interface JitsiShared {
  readonly namespace: string;
  /** Labels of all its objects, from `labels()`; name and instance among them select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly pullSecret?: string;
  /** Secret that the variables of `Environment.secrets` come from: these images read nothing else. */
  readonly secrets: string;
}

/** Everything that the video conferences of one tenant depend on. Plain data; no secret is part of it. */
export interface JitsiInput extends JitsiShared {
  readonly web: PartInput;
  readonly prosody: PartInput;
  readonly jicofo: PartInput;
  readonly login: PartInput;
  readonly bridges: readonly BridgeInput[];
  /** How the ports of the bridges are opened. */
  readonly exposure: "LoadBalancer" | "NodePort";
  /** Text that the image adds to its config.js. */
  readonly pageSettings: string;
  /** PEM of the region's own authorities. */
  readonly trustBundle?: string;
  /** Where traffic of the ingress controller comes from; the way to the realm leads through it too. */
  readonly ingressFrom: IngressSource;
}

/** How people find it. */
export interface JitsiRouteInput extends Pick<JitsiShared, "namespace" | "labels"> {
  readonly host: string;
  readonly publishing: Publishing;
  readonly tlsSecret: string;
}

/** Of what belongs to the whole. */
export const jitsiName = "jitsi";

export const jitsiParts = ["prosody", "jicofo", "web", "login"] as const;
export type JitsiPart = (typeof jitsiParts)[number];

export const jitsiPorts = { web: 8000, bosh: 5280, xmpp: 5222, jicofo: 8888, login: 9000, bridge: 8080 } as const;

/** User of all images of the project since stable-11146. */
export const jitsiUser = 1000;
/** User of the adapter's image, which is Deno's. */
export const loginUser = 1993;

/** Paths of the adapter on the host of the conferences. */
export const loginPath = "/oidc";

/** Name of the objects of one part. */
export function partName(part: JitsiPart): string {
  return `jitsi-${part}`;
}

/** Name of the objects of one bridge, and of its component label. */
export function bridgeName(index: number): string {
  return `jitsi-bridge-${index}`;
}

/** Name of the Service that clients reach the bridge through. */
export function mediaName(index: number): string {
  return `${bridgeName(index)}-media`;
}

/** Port of that Service: each bridge has its own, so that several can stand behind one address. */
export function mediaPort(index: number): number {
  return 10_000 + index;
}

/** Address of one part inside of the cluster. */
export function partAddress(part: JitsiPart, namespace: string): string {
  const ports = { web: jitsiPorts.web, prosody: jitsiPorts.bosh, jicofo: jitsiPorts.jicofo, login: jitsiPorts.login };
  return `http://${partName(part)}.${namespace}.svc:${ports[part]}`;
}

/** Where one bridge tells how it is. */
export function bridgeAddress(index: number, namespace: string): string {
  return `http://${bridgeName(index)}.${namespace}.svc:${jitsiPorts.bridge}`;
}

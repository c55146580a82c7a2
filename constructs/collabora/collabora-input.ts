import type { Publishing } from "../public-route.ts";
import type { ContainerResources } from "../restricted-pod.ts";

/** Everything that the online office of one tenant depends on. Plain data. */
export interface CollaboraInput {
  /** The one namespace that is not restricted; nothing else runs there but the accessibility page of its host. */
  readonly namespace: string;
  /** Labels of all its objects, from `labels()`; name and instance among them select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** Full reference, with digest in production. */
  readonly image: string;
  readonly pullSecret?: string;
  readonly replicas: number;
  readonly resources: ContainerResources;
  /** Options of coolwsd, a word each. */
  readonly options: readonly string[];
  /** The one address that documents are fetched from and brought back to. */
  readonly documents: string;
  /** Namespace and pods behind that address. */
  readonly host: { readonly namespace: string; readonly pods: Readonly<Record<string, string>>; readonly port: number };
}

/** How people find it. */
export interface CollaboraRouteInput extends Pick<CollaboraInput, "namespace" | "labels"> {
  readonly host: string;
  readonly publishing: Publishing;
  readonly tlsSecret: string;
}

export const collaboraName = "collabora";
/** A Service behind which there is nothing. */
export const closedName = "collabora-closed";
export const collaboraPort = 9980;
/** User of the public image. */
export const collaboraUser = 1001;

/** Address of the office inside of the cluster. */
export function collaboraAddress(namespace: string): string {
  return `http://${collaboraName}.${namespace}.svc:${collaboraPort}`;
}

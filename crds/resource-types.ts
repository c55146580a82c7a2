import { apiVersion } from "./group.ts";
import { kinds } from "./kinds.ts";

/** What a kind is called in URLs, and whether its URLs hold a namespace. */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** The seven kinds of ours, as the Kubernetes client has to know them. */
export const socleResourceTypes: readonly ResourceType[] = kinds.map(({ kind, plural, scope }) => ({
  apiVersion,
  kind,
  plural,
  namespaced: scope === "Namespaced",
}));

import type { KubeObject, ObjectCache } from "../kube/kube-api.ts";

/** What desired state may depend on of the cluster that it is for. */
export interface ClusterFacts {
  /** Kinds of others that may be missing, and are there. */
  readonly kinds: ReadonlySet<string>;
  /** Addresses of the API server behind its Service. */
  readonly apiServers: readonly { readonly address: string; readonly port: number }[];
}

export interface ClusterCaches {
  readonly workloads: ReadonlyMap<string, ObjectCache>;
  /** EndpointSlices of the API server's Service. */
  readonly apiServers: ObjectCache;
}

interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
  readonly ports?: readonly { readonly port?: number }[];
}

/** As the caches know them at this moment. */
export function clusterFacts(caches: ClusterCaches): ClusterFacts {
  const kinds = [...caches.workloads].filter(([, cache]) => cache.hasSynced).map(([kind]) => kind);
  const slices = caches.apiServers.list() as readonly EndpointSlice[];
  const apiServers = slices.flatMap(({ endpoints = [], ports: open = [] }) =>
    endpoints
      .flatMap(({ addresses }) => addresses)
      .flatMap((address) => open.flatMap(({ port }) => (port === undefined ? [] : [{ address, port }]))),
  );
  // Their order says nothing, and must not change what is applied.
  return {
    kinds: new Set(kinds),
    apiServers: apiServers.sort((left, right) => (textOf(left) < textOf(right) ? -1 : 1)),
  };
}

function textOf({ address, port }: ClusterFacts["apiServers"][number]): string {
  return `${address} ${port}`;
}

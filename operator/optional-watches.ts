import { cloudNativePg } from "../constructs/postgresql/cluster-input.ts";
import { gatewayApi } from "../constructs/public-route.ts";
import { keptSource } from "./kept-source.ts";
import type { KubeApi, KubeObject, ListOptions } from "./kube/kube-api.ts";
import { type CacheOptions, LocalCache } from "./runtime/object-cache.ts";
import { KindGate, OptionalCache, optionalSource } from "./runtime/optional-kind.ts";
import type { ListWatchSource } from "./runtime/reflector.ts";

export interface WatchedKind<T extends KubeObject = KubeObject, Cache extends LocalCache<T> = LocalCache<T>> {
  readonly name: string;
  readonly cache: Cache;
  readonly source: ListWatchSource<T>;
}

/** Watches, and those of the definitions of kinds that may be missing. */
export interface OptionalKinds {
  readonly watches: readonly WatchedKind[];
  readonly definitions: readonly WatchedKind[];
}

/** Where objects are looked for, and how they are found again. */
type Place = ListOptions & CacheOptions<KubeObject>;

/** Kinds of others that a cluster may lack, and the definitions that say whether it has them. */
export interface OptionalWatches {
  readonly definitions: readonly WatchedKind[];
  /** What we make of them, beside the routes, for tenants. */
  readonly clusters: readonly WatchedKind[];
  readonly routes: WatchedKind;
  /** What we make of them for regions. */
  readonly ofRegions: readonly WatchedKind[];
  readonly gateways: WatchedKind;
}

const definitionType = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };

/** One kind that may be missing: the watch of its definition, and how its objects are watched. */
export interface OptionalKind {
  readonly definition: WatchedKind;
  readonly gate: KindGate<KubeObject>;
  readonly watched: <T extends KubeObject>(
    source: ListWatchSource<T>,
    options?: CacheOptions<T>,
  ) => WatchedKind<T, OptionalCache<T>>;
  readonly watchedIn: (place: Place) => WatchedKind;
}

/** Of one kind: the watch of its definition, and how to watch its objects somewhere. */
export function optionalKind(
  kube: KubeApi,
  apiVersion: string,
  { kind, plural }: { kind: string; plural: string },
): OptionalKind {
  const definition = watchedDefinition(kube, `${plural}.${apiVersion.split("/")[0] ?? ""}`);
  const gate = new KindGate(definition.cache, isInForce);
  const watched = <T extends KubeObject>(
    source: ListWatchSource<T>,
    options: CacheOptions<T> = {},
  ): WatchedKind<T, OptionalCache<T>> => ({
    name: kind,
    cache: new OptionalCache<T>(gate, options),
    source: optionalSource(source, gate),
  });
  const watchedIn = ({ indexes, ...list }: Place): WatchedKind =>
    watched(
      {
        list: () => kube.list({ apiVersion, kind }, list),
        watch: (from) => kube.watch({ apiVersion, kind }, { ...list, ...from }),
      },
      indexes === undefined ? {} : { indexes },
    );
  return { definition, gate, watched, watchedIn };
}

/**
 * Watches of the kinds of CloudNativePG and of the Gateway API. In a cluster without them only one watch of one name is open for each, which says nothing: what else is
 * installed in the cluster is none of our business. Once a definition is in force its kind is listed and followed, and no longer once it is gone.
 */
export function optionalWatches(
  kube: KubeApi,
  places: { readonly tenants: Place; readonly regions: Place; readonly gateways: Place },
): OptionalWatches {
  const clusters = cloudNativePg.kinds.map((kind) => optionalKind(kube, cloudNativePg.apiVersion, kind));
  const routes = optionalKind(kube, gatewayApi.apiVersion, gatewayApi.kinds[0]);
  const gateways = optionalKind(kube, gatewayApi.apiVersion, gatewayApi.gateway);
  return {
    definitions: [...clusters, routes, gateways].map(({ definition }) => definition),
    clusters: clusters.map(({ watchedIn }) => watchedIn(places.tenants)),
    routes: routes.watchedIn(places.tenants),
    ofRegions: [...clusters, routes].map(({ watchedIn }) => watchedIn(places.regions)),
    gateways: gateways.watchedIn(places.gateways),
  };
}

function watchedDefinition(kube: KubeApi, name: string): WatchedKind {
  return {
    name: `${definitionType.kind} ${name}`,
    cache: new LocalCache<KubeObject>(),
    source: keptSource(kube, { ...definitionType, list: { fieldSelector: `metadata.name=${name}` } }, withoutSchema),
  };
}

/** The definition of Cluster alone is half a megabyte, and its status is all that is asked of it. */
function withoutSchema({ apiVersion, kind, metadata, status }: KubeObject): KubeObject {
  const { name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, metadata: { name, uid, resourceVersion }, status };
}

function isInForce(definition: KubeObject): boolean {
  const { conditions = [] } = (definition["status"] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some(({ type, status }) => type === "Established" && status === "True");
}

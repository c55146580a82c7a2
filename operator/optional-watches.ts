import { cloudNativePg } from "../constructs/postgresql/cluster-input.ts";
import { gatewayApi } from "../constructs/public-route.ts";
import type { KubeApi, KubeObject, ListOptions, WatchEvent } from "./kube/kube-api.ts";
import { type CacheOptions, LocalCache } from "./runtime/object-cache.ts";
import { KindGate, OptionalCache, optionalSource } from "./runtime/optional-kind.ts";
import type { ListWatchSource } from "./runtime/reflector.ts";

interface WatchedKind {
  readonly name: string;
  readonly cache: LocalCache<KubeObject>;
  readonly source: ListWatchSource<KubeObject>;
}

/** Kinds of others that a cluster may lack, and the definitions that say whether it has them. */
export interface OptionalWatches {
  readonly definitions: readonly WatchedKind[];
  /** For each place in which they are looked for, in the order in which places were given. */
  readonly kinds: readonly (readonly WatchedKind[])[];
}

const definitionType = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };

const optionalKinds = [cloudNativePg, gatewayApi].flatMap(({ apiVersion, kinds }) =>
  kinds.map((names) => ({ ...names, apiVersion })),
);

/**
 * Watches of the kinds of CloudNativePG and of the Gateway API. In a cluster without them only one watch of one name is open for each, which says nothing: what else is
 * installed in the cluster is none of our business. Once a definition is in force its kind is listed and followed, and no longer once it is gone.
 */
export function optionalWatches(
  kube: KubeApi,
  places: readonly (ListOptions & CacheOptions<KubeObject>)[],
): OptionalWatches {
  const defined = optionalKinds.map(({ apiVersion, kind, plural }) => {
    const definition = watchedDefinition(kube, `${plural}.${apiVersion.split("/")[0] ?? ""}`);
    return { type: { apiVersion, kind }, definition, gate: new KindGate(definition.cache, isInForce) };
  });
  const kinds = places.map(({ indexes, ...list }) =>
    defined.map(({ type, gate }) => {
      const source: ListWatchSource<KubeObject> = {
        list: () => kube.list(type, list),
        watch: (from) => kube.watch(type, { ...list, ...from }),
      };
      const cache = new OptionalCache<KubeObject>(gate, indexes === undefined ? {} : { indexes });
      return { name: type.kind, cache, source: optionalSource(source, gate) };
    }),
  );
  return { definitions: defined.map(({ definition }) => definition), kinds };
}

function watchedDefinition(kube: KubeApi, name: string): WatchedKind {
  const options = { fieldSelector: `metadata.name=${name}` };
  return {
    name: `${definitionType.kind} ${name}`,
    cache: new LocalCache<KubeObject>(),
    source: {
      list: async () => {
        const { items, resourceVersion } = await kube.list<KubeObject>(definitionType, options);
        return { items: items.map(withoutSchema), resourceVersion };
      },
      watch: (from) => withoutSchemas(kube.watch<KubeObject>(definitionType, { ...options, ...from })),
    },
  };
}

async function* withoutSchemas(events: AsyncIterable<WatchEvent<KubeObject>>): AsyncIterable<WatchEvent<KubeObject>> {
  for await (const event of events)
    yield event.type === "BOOKMARK" ? event : { ...event, object: withoutSchema(event.object) };
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

import type { KubeApi, KubeObject, ListOptions, ResourceType, WatchEvent } from "./kube/kube-api.ts";
import type { ListWatchSource } from "./runtime/reflector.ts";

/** Objects of a kind, and of each only what `kept` makes of it; undefined: it is dropped, and takes no memory. */
export function keptSource<T extends KubeObject>(
  kube: KubeApi,
  place: Pick<ResourceType, "apiVersion" | "kind"> & { readonly list: ListOptions },
  kept: (object: KubeObject) => T | undefined,
): ListWatchSource<T> {
  const { list, ...type } = place;
  return {
    list: async () => {
      const { items, resourceVersion } = await kube.list<KubeObject>(type, list);
      return { items: items.flatMap((object) => kept(object) ?? []), resourceVersion };
    },
    watch: (from) => keptEvents(kube.watch<KubeObject>(type, { ...list, ...from }), kept),
  };
}

async function* keptEvents<T extends KubeObject>(
  events: AsyncIterable<WatchEvent<KubeObject>>,
  kept: (object: KubeObject) => T | undefined,
): AsyncIterable<WatchEvent<T>> {
  for await (const event of events) {
    if (event.type === "BOOKMARK") {
      yield event;
      continue;
    }
    const object = kept(event.object);
    // What is dropped has been seen all the same.
    if (object === undefined) yield { type: "BOOKMARK", resourceVersion: event.object.metadata.resourceVersion };
    else yield { ...event, object };
  }
}

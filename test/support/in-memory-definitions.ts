import type { InMemoryWorld } from "./in-memory-world.ts";

/** Kinds that somebody else defines. */
interface DefinedKinds {
  readonly apiVersion: string;
  readonly kinds: readonly { readonly plural: string }[];
}

/** What definitions in force look like. */
export async function define(world: InMemoryWorld, { apiVersion, kinds }: DefinedKinds): Promise<void> {
  for (const { plural } of kinds) {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${apiVersion.split("/")[0] ?? ""}` },
    };
    await world.kube.create(definition);
    const status = { conditions: [{ type: "Established", status: "True" }] };
    await world.kube.apply({ ...definition, status }, { fieldManager: "player", force: true, subresource: "status" });
  }
}

import type { Manifest } from "../../constructs/manifest.ts";
import { homeNamespace } from "../../operator/policy/checks/tenant-namespace.ts";
import { inDays } from "./days.ts";
import { examples } from "./examples.ts";

/** The exception of the examples under another name, as somebody of that tenant files it today: an end that is near enough, no file can know. */
export function filedException(tenant: string, name: string): Manifest {
  const example = examples.find(({ object }) => object.kind === "PolicyException");
  if (example === undefined) throw new Error("the examples have no PolicyException");
  const { spec, ...object } = example.object;
  return { ...object, metadata: { name, namespace: homeNamespace(tenant) }, spec: { ...spec, expiresAt: inDays(30) } };
}

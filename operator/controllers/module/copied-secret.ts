import type { Manifest } from "../../../constructs/manifest.ts";
import type { KubeApi, KubeObject } from "../../kube/kube-api.ts";
import { digest } from "../../reconcile/digest.ts";
import type { Unseen } from "../../reconcile/workload.ts";

/**
 * A Secret of the operator's namespace, copied to where pods and routes can use it: those take Secrets of their own namespace only. Copied again
 * when it is renewed. `data` are encoded; they are never part of desired state.
 */
export async function copySecret(
  shell: Manifest,
  data: Readonly<Record<string, string>>,
  { kube, applied }: { readonly kube: KubeApi } & Unseen,
): Promise<void> {
  const key = `Secret ${shell.metadata.namespace ?? ""}/${shell.metadata.name}`;
  const wanted = digest(data);
  if (applied.get(key) === wanted) return;
  await kube.apply<KubeObject>({ ...shell, data }, { fieldManager: "socle-module", force: true });
  applied.set(key, wanted);
}

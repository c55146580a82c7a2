import { apiVersion, names } from "../../../crds/group.ts";
import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { ObjectKey } from "../../runtime/reconciler.ts";
import type { TenantPorts } from "./scene.ts";

/**
 * Marks a module that is about to be deleted as one that its tenant gave up, or takes the mark away again. Nobody can call a deletion back: the mark tells one that was meant,
 * and that a new wish may overtake, from a slip of the hand, or from the end of the definition, by which a module loses nothing.
 */
export async function markRemoval(
  { name, namespace = "", uid }: ObjectKey & { readonly uid: string },
  { kube, modules }: Pick<TenantPorts, "kube" | "modules">,
  what: "remove" | "keep",
): Promise<void> {
  const annotations = what === "remove" ? { [names.removalRequested]: uid } : {};
  const mark = { apiVersion, kind: "ModuleDeployment", metadata: { name, namespace, uid, annotations } };
  modules.noteWrite(await kube.apply<ModuleDeployment>(mark, { fieldManager: "socle-removal", force: true }));
}

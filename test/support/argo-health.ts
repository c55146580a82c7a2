import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LuaFactory, LuaLibraries } from "wasmoon";
import { parse } from "yaml";
import type { KubeObject } from "../../operator/kube/kube-api.ts";

export interface ArgoHealth {
  readonly status: string;
  readonly message: string;
}

const settings = join(import.meta.dirname, "../../examples/gitops/argo-cd/argocd-cm.yaml");
const lua = new LuaFactory();

/** Health checks of the example's argocd-cm, by `group_Kind`. */
export function argoHealthChecks(): Readonly<Record<string, string>> {
  const { data } = parse(readFileSync(settings, "utf8")) as { readonly data: Readonly<Record<string, string>> };
  const prefix = "resource.customizations.health.";
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, script]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), script]] : [],
    ),
  );
}

/**
 * What Argo CD makes of an object. The check runs with what Argo CD lends it: the functions of the language, and tables; there are no strings, no
 * files, no numbers' library. An object that is being deleted is never shown to a check.
 */
export async function argoHealthOf(object: KubeObject): Promise<ArgoHealth> {
  if (object.metadata.deletionTimestamp !== undefined) return { status: "Progressing", message: "Pending deletion" };
  const [group = ""] = object.apiVersion.split("/");
  const check = argoHealthChecks()[`${group}_${object.kind}`];
  if (check === undefined) return { status: "Healthy", message: "Argo CD has no check for this kind." };
  const engine = await lua.createEngine({ openStandardLibs: false, enableProxy: false });
  try {
    engine.global.loadLibrary(LuaLibraries.Base);
    engine.global.loadLibrary(LuaLibraries.Table);
    engine.global.set("obj", object);
    return (await engine.doString(check)) as ArgoHealth;
  } finally {
    engine.global.close();
  }
}

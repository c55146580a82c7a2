import { apiVersion } from "../../../crds/group.ts";
import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import { publishStatus } from "../../reconcile/publish-status.ts";
import type { ModulePorts } from "./scene.ts";
import { type ModuleResult, moduleStatus } from "./status.ts";

/** Writes the status of a module if anything in it changed. */
export async function publishModule(
  module: ModuleDeployment,
  result: ModuleResult,
  ports: Pick<ModulePorts, "kube" | "modules" | "events" | "clock">,
): Promise<void> {
  const status = moduleStatus(module, result, ports.clock.now());
  await publishStatus(
    { object: module, apiVersion, kind: "ModuleDeployment", status, fieldManager: "socle-module-status" },
    { kube: ports.kube, cache: ports.modules, events: ports.events },
  );
}

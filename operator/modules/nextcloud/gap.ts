import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { ModuleName } from "../../../crds/v1alpha1/modules.ts";
import type { CapabilityGap, ModuleInput } from "../driver.ts";
import { publishingGap } from "../publishing.ts";
import { trustGap } from "../trust-bundle.ts";
import { versionProblem } from "./version.ts";

export const needed: readonly ModuleName[] = ["PostgreSQL", "Keycloak"];

/** Says why the files of a tenant cannot be made here. Pure. */
export function nextcloudGap(input: ModuleInput): CapabilityGap | undefined {
  return (
    missingModule(input) ??
    missingApps(input) ??
    missingStore(input) ??
    versionProblem(input) ??
    trustGap(input) ??
    publishingGap(input.region, input.cluster)
  );
}

export function sibling({ siblings }: Pick<ModuleInput, "siblings">, module: ModuleName): ModuleDeployment | undefined {
  return siblings.find(({ spec }) => spec.module === module);
}

function missingModule(input: ModuleInput): CapabilityGap | undefined {
  const missing = needed.find((module) => sibling(input, module) === undefined);
  return missing === undefined ? undefined : { message: `Module ${missing} is not part of the tenant yet.` };
}

/** The public image would fetch apps from a shop on the internet, which is closed here; without them nobody can log in. */
function missingApps({ region }: ModuleInput): CapabilityGap | undefined {
  const { mirror, overrides = [] } = region.spec.images ?? {};
  if (mirror !== undefined || overrides.some(({ name }) => name === "nextcloud")) return undefined;
  return {
    message: `The public image of Nextcloud has none of the apps of the suite, and region ${region.metadata.name} names no other: build one with them (docs/drive.md says how), and name it in spec.images.overrides (name nextcloud), or have it in spec.images.mirror.`,
  };
}

function missingStore({ module, region }: ModuleInput): CapabilityGap | undefined {
  if (module.spec.nextcloud?.primaryStorage === "Volume") return undefined;
  const { objectStore } = region.spec.storage;
  const where = `Region ${region.metadata.name}`;
  if (objectStore === undefined)
    return {
      message: `${where} names no object store for files: set spec.storage.objectStore, or nextcloud.primaryStorage Volume when the module is made.`,
    };
  if ((objectStore.cidrs ?? []).length > 0) return undefined;
  return {
    message: `${where} does not say at which addresses its object store is, and no pod may leave the cluster for anywhere: set spec.storage.objectStore.cidrs.`,
  };
}

import type { ModuleName } from "../../../crds/v1alpha1/modules.ts";
import type { CapabilityGap, ModuleInput } from "../driver.ts";
import { publishingGap } from "../publishing.ts";
import { trustGap } from "../trust-bundle.ts";

export const needed: readonly ModuleName[] = ["PostgreSQL", "Keycloak"];

/** Why projects cannot be made here, or undefined. Pure. */
export function projectsGap(input: ModuleInput): CapabilityGap | undefined {
  return (
    missingModule(input) ??
    missingObjectStore(input) ??
    missingMail(input) ??
    versionProblem(input) ??
    trustGap(input) ??
    publishingGap(input.region, input.cluster)
  );
}

function missingModule({ siblings }: ModuleInput): CapabilityGap | undefined {
  const missing = needed.find((module) => !siblings.some(({ spec }) => spec.module === module));
  return missing === undefined ? undefined : { message: `Module ${missing} is not part of the tenant yet.` };
}

function missingObjectStore({ region }: ModuleInput): CapabilityGap | undefined {
  const { objectStore } = region.spec.storage;
  const { name } = region.metadata;
  if (objectStore === undefined)
    return {
      message: `Region ${name} names no object store, where OpenProject keeps attachments; set spec.storage.objectStore of the SovereignRegion.`,
    };
  if ((objectStore.cidrs ?? []).length > 0) return undefined;
  return {
    message: `Region ${name} does not say under which addresses its object store is, so no way there can be opened; set spec.storage.objectStore.cidrs of the SovereignRegion.`,
  };
}

function missingMail({ region }: ModuleInput): CapabilityGap | undefined {
  if (region.spec.smtp !== undefined) return undefined;
  return {
    message: `Region ${region.metadata.name} names no outgoing mail, by which OpenProject tells people what changed; set spec.smtp of the SovereignRegion.`,
  };
}

/** The tag of its image is made of it, and whether it is older than what runs is told by its numbers. */
function versionProblem({ module, tenant }: ModuleInput): CapabilityGap | undefined {
  const { version } = module.spec;
  if (version === undefined || /^\d+\.\d+\.\d+$/.test(version)) return undefined;
  return {
    reason: "InvalidSpec",
    message: `version ${version} of module OpenProject of tenant ${tenant.metadata.name} is no version of OpenProject: write three numbers, such as 17.7.2.`,
  };
}

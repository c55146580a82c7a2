import { pullSecretName } from "../../constructs/names.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";

/** The Secret by which pods of that region pull their images, for the input of a construct; it is copied to where they run. */
export function pullSecretOf({ spec }: SovereignRegion): { readonly pullSecret?: string } {
  return spec.images?.pullSecretRef === undefined ? {} : { pullSecret: pullSecretName };
}

import { attestedInPerson, exceptionApproval, regionEvidence } from "./admission/approvals.ts";
import { definitionDeletion, protectedData, tenantDeletion } from "./admission/deletion.ts";
import { type AdmissionPolicy, policyManifests } from "./admission/policy.ts";
import { moduleEntitlement, namespaceOwnership, tenantReference } from "./admission/tenancy.ts";
import { tenantRoles } from "./admission/tenant-roles.ts";
import { nameClaims, observedState, operatorNamespaces, operatorReach, parameterWriters } from "./admission/writers.ts";

export { admissionParameter } from "./admission/policy.ts";

/** Every policy, in the order in which they are written to `crds/generated/admission.yaml`. */
export const admissionPolicies: readonly AdmissionPolicy[] = [
  tenantReference,
  tenantDeletion,
  protectedData,
  definitionDeletion,
  observedState,
  nameClaims,
  namespaceOwnership,
  moduleEntitlement,
  tenantRoles,
  operatorReach,
  operatorNamespaces,
  exceptionApproval,
  attestedInPerson,
  regionEvidence,
  parameterWriters,
];

/**
 * The ValidatingAdmissionPolicies with their bindings, as plain JSON. They read the operator's user name from the ConfigMap
 * {@link admissionParameter}, which who installs them provides. Pure: the same bytes on every call.
 *
 * Kubernetes asks no policy about policies, so whoever may delete a binding switches it off: that right is the platform's.
 */
export function admissionManifests(): object[] {
  return admissionPolicies.flatMap(policyManifests);
}

import { attestationKind } from "./v1alpha1/attestation.ts";
import { moduleDeploymentKind } from "./v1alpha1/module-deployment.ts";
import { nameClaimKind } from "./v1alpha1/name-claim.ts";
import { policyExceptionKind } from "./v1alpha1/policy-exception.ts";
import { sovereignRegionKind } from "./v1alpha1/sovereign-region.ts";
import type { KindMeta } from "./v1alpha1/status.ts";
import { tenantIdentityProviderKind } from "./v1alpha1/tenant-identity-provider.ts";
import { tenantKind } from "./v1alpha1/tenant.ts";

/** The seven kinds, in the order in which people meet them. */
export const kinds: readonly KindMeta[] = [
  sovereignRegionKind,
  tenantKind,
  moduleDeploymentKind,
  tenantIdentityProviderKind,
  policyExceptionKind,
  attestationKind,
  nameClaimKind,
];

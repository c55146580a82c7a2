import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { SecretDesired } from "./driver.ts";

/** Client of the realm's own service account. */
export const realmAccount = "socle-operator";

/** The realm of a tenant as the module Keycloak makes it. */
export interface TenantRealm {
  readonly realm: string;
  readonly issuer: string;
  /** Host and port of the server, as shown in status. */
  readonly server: string;
  readonly operatorSecret: SecretDesired;
}

/** Pure; `keycloak` is the tenant's module of that name. */
export function tenantRealm(
  tenant: string,
  keycloak: Pick<ModuleDeployment, "spec">,
  region: Pick<SovereignRegion, "spec">,
): TenantRealm {
  const realm = keycloak.spec.keycloak?.realmName ?? tenant;
  const base = region.spec.keycloak.url.replace(/\/+$/, "");
  return {
    realm,
    issuer: `${base}/realms/${realm}`,
    server: new URL(base).host,
    operatorSecret: {
      name: "keycloak-operator-client",
      place: "data",
      random: { clientSecret: 48 },
      plain: { clientID: realmAccount, realm },
    },
  };
}

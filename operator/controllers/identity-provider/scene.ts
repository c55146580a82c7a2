import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { TenantIdentityProvider } from "../../../crds/v1alpha1/tenant-identity-provider.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import { type Registration, registrationOf } from "../../identity/registration.ts";
import type { KubeApi, ObjectCache } from "../../kube/kube-api.ts";
import { type TenantRealm, tenantRealm } from "../../modules/tenant-realm.ts";
import type { EventRecorder } from "../../reconcile/event-recorder.ts";
import { markerText } from "../../reconcile/ownership.ts";
import type { Clock } from "../../runtime/reconciler.ts";
import type { HomeSecretKey, HomeSecrets } from "../../systems/home-secrets.ts";
import type { ProviderWay, ProviderWeb } from "../../systems/provider-web.ts";
import type { RegionSystems } from "../../systems/region-systems.ts";
import type { SecretStore } from "../../systems/secret-store.ts";

export interface IdentityProviderPorts {
  readonly kube: KubeApi;
  readonly identityProviders: ObjectCache<TenantIdentityProvider>;
  readonly tenants: ObjectCache<Tenant>;
  readonly regions: ObjectCache<SovereignRegion>;
  readonly modules: ObjectCache<ModuleDeployment>;
  readonly systems: RegionSystems;
  readonly secrets: SecretStore;
  readonly homeSecrets: HomeSecrets;
  readonly providerWeb: ProviderWeb;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly installation: string;
  /** Milliseconds between two looks at the realm and the provider that nobody asked for. */
  readonly externalIntervalMs: number;
}

/** One provider with everything that it depends on, read at one moment. */
export interface IdentityProviderScene {
  readonly identityProvider: TenantIdentityProvider;
  readonly tenant: Tenant;
  readonly region: SovereignRegion;
  /** The module whose realm trusts the provider. */
  readonly keycloak: ModuleDeployment;
  /** The tenant's other providers. */
  readonly siblings: readonly TenantIdentityProvider[];
  readonly realm: TenantRealm;
  readonly registration: Registration;
  readonly marker: string;
  readonly way: ProviderWay;
}

/** The scene, or what is missing of it. */
export function sceneOf(
  identityProvider: TenantIdentityProvider,
  ports: Pick<
    IdentityProviderPorts,
    "identityProviders" | "tenants" | "regions" | "modules" | "systems" | "installation"
  >,
): { readonly scene: IdentityProviderScene } | { readonly missing: string } {
  const { name } = identityProvider.spec.tenantRef;
  const tenant = ports.tenants.get({ name });
  if (tenant === undefined) return { missing: `Tenant ${name} does not exist.` };
  const region = ports.regions.get({ name: tenant.spec.regionRef.name });
  if (region === undefined) return { missing: `SovereignRegion ${tenant.spec.regionRef.name} does not exist.` };
  const keycloak = ports.modules.byIndex("tenant", name).find(({ spec }) => spec.module === "Keycloak");
  if (keycloak === undefined)
    return { missing: `Tenant ${name} has no module Keycloak: there is no realm that could trust a provider.` };
  const realm = tenantRealm(name, keycloak, region);
  const { scheme, value } = tenant.spec.organization.identifier;
  const { allowedHosts = [], allowedCIDRs = [] } = region.spec.identityProviders ?? {};
  return {
    scene: {
      identityProvider,
      tenant,
      region,
      keycloak,
      siblings: ports.identityProviders
        .byIndex("tenant", name)
        .filter(({ metadata }) => metadata.uid !== identityProvider.metadata.uid),
      realm,
      registration: registrationOf(realm.issuer, identityProvider.spec),
      marker: markerText({
        installation: ports.installation,
        tenant: name,
        legalIdentifier: `${scheme}:${value}`,
        module: "Keycloak",
      }),
      way: { reach: { allowedHosts, allowedCIDRs }, trustBundle: ports.systems.findTrustBundle(region) },
    },
  };
}

/** Where the ministry hands in the secret of its client. SAML has none. */
export function secretKey({ identityProvider }: IdentityProviderScene): HomeSecretKey {
  const { proConnect, oidc } = identityProvider.spec;
  const { name = "", key = "" } = proConnect?.clientSecretRef ?? oidc?.clientSecretRef ?? {};
  return { namespace: identityProvider.metadata.namespace ?? "", name, key };
}

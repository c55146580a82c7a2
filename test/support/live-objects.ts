import { apiVersion } from "../../crds/group.ts";
import { type ModuleDeployment, moduleDeploymentSpec } from "../../crds/v1alpha1/module-deployment.ts";
import type { ModuleName } from "../../crds/v1alpha1/modules.ts";
import { type SovereignRegion, sovereignRegionSpec } from "../../crds/v1alpha1/sovereign-region.ts";
import { type Tenant, tenantSpec } from "../../crds/v1alpha1/tenant.ts";
import type { Condition } from "../../crds/v1alpha1/conditions.ts";

type Metadata = Partial<Tenant["metadata"]>;
interface Over {
  readonly metadata?: Metadata;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: object;
}

const live = (kind: string, name: string, over: Over) => ({
  apiVersion,
  kind,
  metadata: { name, uid: `uid of ${name}`, resourceVersion: "1", generation: 1, ...over.metadata },
  ...(over.status === undefined ? {} : { status: over.status }),
});

/** A tenant as the API server completes it; `spec` is laid over one that works. */
export function liveTenant(name: string, over: Over = {}): Tenant {
  const spec = tenantSpec.parse({
    displayName: "Ministère",
    organization: {
      type: "PublicBody",
      identifier: { scheme: "Internal", value: name.toUpperCase() },
      contacts: [
        { role: "DPO", email: "dpo@ministere.example" },
        { role: "SecurityOfficer", email: "rssi@ministere.example" },
      ],
    },
    domain: `${name}.example`,
    regionRef: { name: "region" },
    tier: "Pilot",
    seats: 10,
    compliance: { dataClasses: ["Internal"] },
    modules: [{ module: "PostgreSQL" }],
    administrators: [{ kind: "Group", name: "admins", role: "TenantAdmin" }],
    ...over.spec,
  });
  return { ...live("Tenant", name, over), spec } as Tenant;
}

/** A region that can hold tenants. */
export function liveRegion(over: Over = {}): SovereignRegion {
  const spec = sovereignRegionSpec.parse({
    provider: { type: "Other", regionCode: "test" },
    country: "FR",
    zones: ["test-a"],
    ingress: { className: "edge", tlsSecretRef: { name: "tls" }, from: { cidrs: ["10.0.0.0/8"] } },
    storage: { className: "encrypted" },
    keycloak: { mode: "External", url: "https://sso.example", adminCredentialsSecretRef: { name: "keycloak" } },
    postgresql: {
      defaultDriver: "External",
      server: { host: "db", cidrs: ["10.0.0.1/32"], adminCredentialsSecretRef: { name: "postgresql" } },
    },
    ...over.spec,
  });
  return { ...live("SovereignRegion", "region", over), spec } as SovereignRegion;
}

/** A module of tenant `minagri`, or of another. */
export function liveModule(module: ModuleName, over: Over & { readonly tenant?: string } = {}): ModuleDeployment {
  const { tenant = "minagri" } = over;
  const spec = moduleDeploymentSpec.parse({ tenantRef: { name: tenant }, module, ...over.spec });
  const metadata = { namespace: `t-${tenant}`, ...over.metadata };
  return { ...live("ModuleDeployment", module.toLowerCase(), { ...over, metadata }), spec } as ModuleDeployment;
}

export function condition(type: string, status: Condition["status"], more: Partial<Condition> = {}): Condition {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  return { type, status, reason: "Succeeded", message: "was so", observedGeneration: 1, lastTransitionTime, ...more };
}

import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { NameClaim } from "../../../crds/v1alpha1/name-claim.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { TenantIsolationInput } from "../../../constructs/tenant/tenant-manifests.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../../kube/kube-api.ts";
import type { Controls } from "../../reconcile/controls.ts";
import type { EventRecorder } from "../../reconcile/event-recorder.ts";
import type { ClaimHolder, WantedClaim } from "../../reconcile/claims.ts";
import { moduleOwner } from "../../reconcile/workload.ts";
import type { Clock } from "../../runtime/reconciler.ts";

export interface TenantPorts {
  readonly kube: KubeApi;
  readonly tenants: ObjectCache<Tenant>;
  readonly regions: ObjectCache<SovereignRegion>;
  readonly modules: ObjectCache<ModuleDeployment>;
  readonly claims: ObjectCache<NameClaim>;
  readonly namespaces: ObjectCache;
  /** Quotas, limits, network policies and role bindings that carry our labels, indexed by tenant; by kind. */
  readonly children: ReadonlyMap<string, ObjectCache>;
  /** The public ways to modules, indexed by module. */
  readonly ingresses: ObjectCache;
  readonly routes: ObjectCache;
  /** What regions may publish by. */
  readonly gateways: ObjectCache;
  readonly controls: Controls;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly operatorNamespace: string;
  /** Who the operator is in the tenants' namespaces. */
  readonly operatorSubject: TenantIsolationInput["operatorSubject"];
}

/** A tenant with everything that its reconcile looks at, read at one moment. */
export interface TenantScene {
  readonly tenant: Tenant;
  readonly region: SovereignRegion | undefined;
  readonly holder: ClaimHolder;
  readonly modules: readonly ModuleDeployment[];
  readonly namespaces: readonly KubeObject[];
  readonly children: readonly KubeObject[];
  readonly claims: readonly NameClaim[];
  readonly ingresses: readonly KubeObject[];
  readonly routes: readonly KubeObject[];
  /** The one that the region publishes by. */
  readonly gateway: KubeObject | undefined;
}

/** `scheme:value` of the legal identifier. */
export function legalIdentifierOf(tenant: Tenant): string {
  const { scheme, value } = tenant.spec.organization.identifier;
  return `${scheme}:${value}`;
}

export function observeTenant(tenant: Tenant, ports: TenantPorts): TenantScene {
  const { name, uid } = tenant.metadata;
  const modules = ports.modules.byIndex("tenant", name);
  const region = ports.regions.get({ name: tenant.spec.regionRef.name });
  const gateway = region?.spec.ingress.gatewayRef?.name;
  const ofModules = (cache: ObjectCache): KubeObject[] =>
    modules.flatMap(({ spec }) => cache.byIndex("module", moduleOwner(name, spec.module).value));
  return {
    tenant,
    region,
    holder: { name, legalIdentifier: legalIdentifierOf(tenant), uid },
    modules,
    namespaces: ports.namespaces.byIndex("tenant", name),
    children: [...ports.children.values()].flatMap((cache) => cache.byIndex("tenant", name)),
    claims: ports.claims.byIndex("tenant", name),
    ingresses: ofModules(ports.ingresses),
    routes: ofModules(ports.routes),
    gateway:
      gateway === undefined ? undefined : ports.gateways.get({ name: gateway, namespace: ports.operatorNamespace }),
  };
}

/** The names that a tenant holds whatever its modules are. */
export function tenantClaims(tenant: Tenant): WantedClaim[] {
  return [
    { kind: "LegalIdentifier", value: legalIdentifierOf(tenant) },
    { kind: "Domain", value: tenant.spec.domain },
    ...(tenant.spec.mailDomains ?? []).map((value) => ({ kind: "MailDomain" as const, value })),
  ];
}

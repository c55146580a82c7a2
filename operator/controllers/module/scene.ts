import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { NameClaim } from "../../../crds/v1alpha1/name-claim.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../../kube/kube-api.ts";
import type { EventRecorder } from "../../reconcile/event-recorder.ts";
import { type ClaimHolder, isHeldBy } from "../../reconcile/claims.ts";
import { type ClusterFacts, clusterFacts } from "../../reconcile/cluster-facts.ts";
import { markerText } from "../../reconcile/ownership.ts";
import { liveWorkload, moduleOwner, type WorkloadOwner } from "../../reconcile/workload.ts";
import type { Clock } from "../../runtime/reconciler.ts";
import type { ClusterWeb } from "../../systems/cluster-web.ts";
import type { RegionSystems } from "../../systems/region-systems.ts";
import type { SecretStore } from "../../systems/secret-store.ts";

export interface ModulePorts {
  readonly kube: KubeApi;
  readonly tenants: ObjectCache<Tenant>;
  readonly regions: ObjectCache<SovereignRegion>;
  readonly modules: ObjectCache<ModuleDeployment>;
  readonly claims: ObjectCache<NameClaim>;
  /** What runs in the cluster for modules, by kind; indexed by tenant and module. */
  readonly workloads: ReadonlyMap<string, ObjectCache>;
  readonly storageClasses: ObjectCache;
  /** EndpointSlices of the API server's Service. */
  readonly apiServers: ObjectCache;
  readonly systems: RegionSystems;
  readonly web: ClusterWeb;
  readonly secrets: SecretStore;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** UID of namespace kube-system: tells two installations on one server apart. */
  readonly installation: string;
  /** Milliseconds between two probes of a module that works. */
  readonly probeIntervalMs: number;
  /** Milliseconds between two looks at an external object that nobody asked about. */
  readonly externalIntervalMs: number;
}

/** One module with everything it depends on, read at one moment. */
export interface ModuleScene {
  readonly module: ModuleDeployment;
  readonly tenant: Tenant;
  readonly region: SovereignRegion;
  readonly marker: string;
  readonly cluster: ClusterFacts;
  readonly holder: ClaimHolder;
  /** The other modules of the tenant. */
  readonly siblings: readonly ModuleDeployment[];
  readonly live: readonly KubeObject[];
  /** Names that the tenant holds, or that were kept for it. */
  readonly claims: readonly NameClaim[];
  readonly trustBundle?: string | undefined;
}

/** Whose objects in the cluster the module's are. */
export function ownerOf({ tenant, module }: Pick<ModuleScene, "tenant" | "module">): WorkloadOwner {
  return moduleOwner(tenant.metadata.name, module.spec.module);
}

/** `scheme:value` of the tenant's legal identifier. */
export function legalIdentifier(tenant: Tenant): string {
  const { scheme, value } = tenant.spec.organization.identifier;
  return `${scheme}:${value}`;
}

/** Everything that reconciling the module needs, or what is missing. */
export function sceneOf(
  module: ModuleDeployment,
  ports: Pick<
    ModulePorts,
    "tenants" | "regions" | "modules" | "claims" | "installation" | "workloads" | "apiServers" | "systems"
  >,
): { readonly scene: ModuleScene } | { readonly missing: string } {
  const tenantName = module.spec.tenantRef.name;
  const tenant = ports.tenants.get({ name: tenantName });
  if (tenant === undefined) return { missing: `Tenant ${tenantName} does not exist.` };
  if (module.metadata.namespace !== `t-${tenantName}`)
    return { missing: `tenantRef names ${tenantName}, whose home is t-${tenantName}.` };
  const region = ports.regions.get({ name: tenant.spec.regionRef.name });
  if (region === undefined) return { missing: `SovereignRegion ${tenant.spec.regionRef.name} does not exist.` };
  const siblings = ports.modules
    .byIndex("tenant", tenantName)
    .filter((other) => other.metadata.uid !== module.metadata.uid);
  const trustBundle = ports.systems.findTrustBundle(region);
  const { installation } = ports;
  const live = liveWorkload(ownerOf({ tenant, module }), ports);
  const cluster = clusterFacts(ports);
  const claims = ports.claims.byIndex("tenant", tenantName);
  return {
    scene: composedScene({ module, tenant, region, siblings, cluster, live, claims, trustBundle, installation }),
  };
}

/** The scene of these objects in that installation. Pure. */
export function composedScene({
  installation,
  ...found
}: Omit<ModuleScene, "marker" | "holder"> & Pick<ModulePorts, "installation">): ModuleScene {
  const { module, tenant } = found;
  const { name, uid } = tenant.metadata;
  const identifier = legalIdentifier(tenant);
  const owner = { installation, tenant: name, legalIdentifier: identifier, module: module.spec.module };
  const holder = { name, legalIdentifier: identifier, uid };
  // What somebody else of that name left is not ours.
  const claims = found.claims.filter((claim) => isHeldBy(claim, holder));
  return { ...found, claims, marker: markerText(owner), holder };
}

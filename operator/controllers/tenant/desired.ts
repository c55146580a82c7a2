import type { Manifest } from "../../../constructs/manifest.ts";
import type { TenantIsolationInput } from "../../../constructs/tenant/tenant-manifests.ts";
import { apiVersion, names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import { moduleClosure } from "../../modules/closure.ts";
import type { ModuleSettings } from "../../modules/driver.ts";
import { legalIdentifierOf, type TenantPorts } from "./scene.ts";

/** Does the tenant ask for an online office, which has a namespace of its own? */
export function wantsOffice(tenant: Tenant): boolean {
  return moduleClosure(tenant).some(({ module }) => module === "Collabora");
}

/** The ModuleDeployment of one entry: exactly the fields that the Tenant states, so that the rest stays with its administrators. */
export function moduleManifest(tenant: Tenant, entry: ModuleSettings): Manifest {
  const { name } = tenant.metadata;
  return {
    apiVersion,
    kind: "ModuleDeployment",
    metadata: {
      name: entry.module.toLowerCase(),
      namespace: `t-${name}`,
      labels: {
        [names.tenantLabel]: name,
        [names.moduleLabel]: entry.module,
        [names.managedByLabel]: names.managedBy,
        [names.partOfLabel]: names.partOf,
      },
      // From the first moment on: between its creation and a finalizer that comes later, it could go and leave everything behind.
      finalizers: [names.moduleFinalizer],
    },
    spec: { tenantRef: { name }, ...entry },
  };
}

/** What the isolation of the tenant is made from. */
export function isolationInput(
  tenant: Tenant,
  region: SovereignRegion,
  around: Pick<TenantPorts, "operatorNamespace" | "operatorSubject"> & { readonly office: boolean },
): TenantIsolationInput {
  const { spec } = tenant;
  const { server } = region.spec.postgresql;
  const modules = moduleClosure(tenant).map((entry) => entry.module);
  const { media } = region.spec;
  return {
    name: tenant.metadata.name,
    legalIdentifier: legalIdentifierOf(tenant),
    tier: spec.tier,
    administrators: spec.administrators,
    dataClasses: spec.compliance.dataClasses,
    egressCIDRs: spec.network.egressCIDRs ?? [],
    ingressFrom: region.spec.ingress.from,
    operatorNamespace: around.operatorNamespace,
    operatorSubject: around.operatorSubject,
    modules,
    office: around.office,
    ...(media === undefined || !modules.includes("Jitsi") ? {} : { media: media.exposure }),
    ...(spec.rollout === undefined ? {} : { rollout: spec.rollout }),
    ...(server === undefined ? {} : { postgresql: { cidrs: server.cidrs, port: server.port } }),
  };
}

interface Shown {
  readonly modules: readonly { readonly module: string; readonly ready: boolean; readonly url?: string | undefined }[];
  /** What the ministry must serve itself, and learns here alone. */
  readonly publish: readonly { readonly host: string; readonly path: string; readonly json: string }[];
  readonly records: readonly { readonly name: string; readonly type: string; readonly value: string }[];
}

/** What the tenant's people may read of their Tenant, which is cluster-scoped and not theirs to see. */
export function mirrorData(tenant: Tenant, { modules, publish, records }: Shown): Record<string, string> {
  return {
    domain: tenant.spec.domain,
    displayName: tenant.spec.displayName,
    region: tenant.spec.regionRef.name,
    modules: modules
      .map(
        (entry) =>
          `${entry.module}: ${entry.ready ? "ready" : "not ready"}${entry.url === undefined ? "" : ` ${entry.url}`}`,
      )
      .join("\n"),
    ...(publish.length === 0 ? {} : { publish: JSON.stringify(publish, undefined, 2) }),
    ...(records.length === 0 ? {} : { dnsRecords: JSON.stringify(records, undefined, 2) }),
  };
}

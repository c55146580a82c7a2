import { k8s } from "cdk8s-plus-28";
import { labels } from "../labels.ts";
import type { Manifest } from "../manifest.ts";
import { namespaceName } from "../names.ts";
import { synthesize } from "../synthesize.ts";
import { TenantCapacity } from "./capacity.ts";
import { TenantNamespaces } from "./namespaces.ts";
import { TenantNetwork } from "./network.ts";
import { TenantRights } from "./rights.ts";
import type { TenantIsolationInput } from "./tenant-input.ts";

export type { TenantIsolationInput } from "./tenant-input.ts";

/**
 * Desired state of a tenant's isolation. `namespaces` come first and are created, never applied onto what somebody else made; `isolation`
 * (quotas, limits, network policies, role bindings) lies in them. Pure: the same input gives the same bytes.
 */
export function tenantManifests(input: TenantIsolationInput): {
  readonly namespaces: Manifest[];
  readonly isolation: Manifest[];
} {
  return {
    namespaces: synthesize((scope) => {
      new TenantNamespaces(scope, "namespaces", input);
    }),
    isolation: synthesize((scope) => {
      new TenantRights(scope, "rights", input);
      new TenantNetwork(scope, "network", input);
      new TenantCapacity(scope, "capacity", input);
    }),
  };
}

/** ConfigMap `socle-tenant` of the home namespace: what the tenant's people may read of their Tenant, which is cluster-scoped. */
export function mirrorManifest({
  tenant,
  data,
}: {
  readonly tenant: string;
  readonly data: Readonly<Record<string, string>>;
}): Manifest {
  const [manifest] = synthesize((scope) => {
    new k8s.KubeConfigMap(scope, "mirror", {
      metadata: {
        name: "socle-tenant",
        namespace: namespaceName(tenant, "home"),
        labels: labels({ tenant, component: "mirror" }),
      },
      data: { ...data },
    });
  });
  if (manifest === undefined) throw new Error("the mirror has no manifest");
  return manifest;
}

import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { labels } from "../labels.ts";
import { namespaceName, type Place, placesOf } from "../names.ts";
import type { TenantIsolationInput } from "./tenant-input.ts";

/** What one namespace may hold. `cpu` in cores, the rest as the suffix says. */
interface Capacity {
  readonly cpu: number;
  readonly memoryGi: number;
  readonly pods: number;
  readonly volumes: number;
  readonly storageGi: number;
  /** Largest memory of one container. */
  readonly containerMemoryGi: number;
}

/**
 * Ceilings per tier, own figures: Pilot carries every module at size XS for 500 seats, Standard at size M for 20,000, Large at size L beyond;
 * Dedicated has nodes of its own and is bounded only against runaways. Databases get half the processors of the applications and the same
 * storage, since object data lies in buckets. The online office keeps nothing; a core serves about 15 people who write. A tier may only grow, so no tenant ever falls below what it uses.
 */
const capacities: Readonly<Record<TenantIsolationInput["tier"], Readonly<Record<Exclude<Place, "home">, Capacity>>>> = {
  Pilot: {
    apps: { cpu: 6, memoryGi: 16, pods: 40, volumes: 10, storageGi: 50, containerMemoryGi: 4 },
    data: { cpu: 3, memoryGi: 8, pods: 10, volumes: 5, storageGi: 50, containerMemoryGi: 4 },
    office: { cpu: 3, memoryGi: 6, pods: 6, volumes: 0, storageGi: 0, containerMemoryGi: 4 },
  },
  Standard: {
    apps: { cpu: 32, memoryGi: 96, pods: 150, volumes: 40, storageGi: 1024, containerMemoryGi: 16 },
    data: { cpu: 16, memoryGi: 64, pods: 30, volumes: 20, storageGi: 1024, containerMemoryGi: 32 },
    office: { cpu: 16, memoryGi: 48, pods: 20, volumes: 0, storageGi: 0, containerMemoryGi: 16 },
  },
  Large: {
    apps: { cpu: 128, memoryGi: 384, pods: 500, volumes: 120, storageGi: 8192, containerMemoryGi: 32 },
    data: { cpu: 64, memoryGi: 256, pods: 80, volumes: 60, storageGi: 8192, containerMemoryGi: 64 },
    office: { cpu: 64, memoryGi: 192, pods: 60, volumes: 0, storageGi: 0, containerMemoryGi: 32 },
  },
  Dedicated: {
    apps: { cpu: 512, memoryGi: 1536, pods: 1500, volumes: 400, storageGi: 32768, containerMemoryGi: 128 },
    data: { cpu: 256, memoryGi: 1024, pods: 200, volumes: 150, storageGi: 32768, containerMemoryGi: 256 },
    office: { cpu: 256, memoryGi: 768, pods: 200, volumes: 0, storageGi: 0, containerMemoryGi: 64 },
  },
};

/** Added to every ceiling: a tenant that fills its quota must still be migrated, backed up and probed by the operator's jobs. */
const operatorReserve = { cpu: 1, memoryGi: 2, pods: 4 };

/** As many as a tenant may have videobridges. */
const mediaServices = "32";

/** Objects that a ministry's administrators may keep in the home namespace; nothing runs there. */
const homeObjects = { secrets: "200", configmaps: "100" };

/** Quotas of the namespaces, and the limits of containers that state none where containers run. */
export class TenantCapacity extends Construct {
  constructor(scope: Construct, id: string, input: Pick<TenantIsolationInput, "name" | "tier" | "office" | "media">) {
    super(scope, id);
    const tenantLabels = labels({ tenant: input.name, component: "capacity" });
    new k8s.KubeResourceQuota(this, "home-quota", {
      metadata: { name: "tenant", namespace: namespaceName(input.name, "home"), labels: tenantLabels },
      spec: { hard: quantities({ pods: "0", services: "0", persistentvolumeclaims: "0", ...homeObjects }) },
    });
    for (const place of placesOf(input)) {
      if (place === "home") continue;
      const metadata = { name: "tenant", namespace: namespaceName(input.name, place), labels: tenantLabels };
      const capacity = capacities[input.tier][place];
      new k8s.KubeResourceQuota(this, `${place}-quota`, {
        metadata,
        spec: { hard: quotaOf(capacity, place === "apps" ? input.media : undefined) },
      });
      new k8s.KubeLimitRange(this, `${place}-limits`, { metadata, spec: { limits: limitsOf(capacity) } });
    }
  }
}

function quotaOf(capacity: Capacity, media: TenantIsolationInput["media"]): Record<string, k8s.Quantity> {
  const memory = gibibytes(capacity.memoryGi + operatorReserve.memoryGi);
  return quantities({
    "requests.cpu": String(capacity.cpu + operatorReserve.cpu),
    "requests.memory": memory,
    // The same as the requests: memory that is promised twice ends with a killed database.
    "limits.memory": memory,
    pods: String(capacity.pods + operatorReserve.pods),
    persistentvolumeclaims: String(capacity.volumes),
    "requests.storage": gibibytes(capacity.storageGi),
    // A load balancer of the provider is public unless annotated otherwise; the region's ingress controller is the one way in for all but media.
    "services.loadbalancers": media === "LoadBalancer" ? mediaServices : "0",
    // Most load balancers lead to a port of the nodes, which counts as one.
    "services.nodeports": media === undefined ? "0" : mediaServices,
  });
}

function limitsOf(capacity: Capacity): k8s.LimitRangeItem[] {
  return [
    {
      type: "Container",
      defaultRequest: quantities({ cpu: "50m", memory: "128Mi" }),
      default: quantities({ memory: "256Mi" }),
      max: quantities({ memory: gibibytes(capacity.containerMemoryGi) }),
    },
    ...(capacity.volumes === 0
      ? []
      : [{ type: "PersistentVolumeClaim", max: quantities({ storage: gibibytes(capacity.storageGi) }) }]),
  ];
}

function quantities(texts: Readonly<Record<string, string>>): Record<string, k8s.Quantity> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, k8s.Quantity.fromString(text)]));
}

/** In the form that the API server gives back, so that an unchanged quota compares equal as text. */
function gibibytes(amount: number): string {
  if (amount === 0) return "0";
  return amount % 1024 === 0 ? `${amount / 1024}Ti` : `${amount}Gi`;
}

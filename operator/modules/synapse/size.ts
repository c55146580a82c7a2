import type { ContainerResources } from "../../../constructs/restricted-pod.ts";
import type { ModuleSettings } from "../driver.ts";

type Size = NonNullable<ModuleSettings["size"]>;

/** What one homeserver gets. `cpu` is a request in Kubernetes notation, memory both request and limit in MiB. */
export interface HomeserverSize {
  readonly cpu: string;
  readonly memoryMi: number;
  /** Of the volume of media. */
  readonly storage: string;
  /** To its database. */
  readonly connections: number;
}

/** Own figures: 130 MB at rest were measured; caches grow with rooms. One process uses one core at most. */
const sizes: Readonly<Record<Size, HomeserverSize>> = {
  XS: { cpu: "100m", memoryMi: 512, storage: "5Gi", connections: 10 },
  S: { cpu: "250m", memoryMi: 1024, storage: "20Gi", connections: 10 },
  M: { cpu: "500m", memoryMi: 2048, storage: "100Gi", connections: 20 },
  L: { cpu: "1", memoryMi: 4096, storage: "500Gi", connections: 30 },
  XL: { cpu: "1", memoryMi: 8192, storage: "1Ti", connections: 40 },
};

export function homeserverSize({ size = "S" }: Pick<ModuleSettings, "size">): HomeserverSize {
  return sizes[size];
}

/** Files only: one pod serves thousands; a second one is there while a node is drained. */
export function webClientSize({ size = "S" }: Pick<ModuleSettings, "size">): {
  readonly replicas: number;
  readonly resources: ContainerResources;
} {
  return { replicas: size === "XS" || size === "S" ? 1 : 2, resources: { cpu: "20m", memoryMi: 64 } };
}

import type { ContainerResources } from "../../../constructs/restricted-pod.ts";
import type { ModuleSettings } from "../driver.ts";

type Size = NonNullable<ModuleSettings["size"]>;

/** What the files of one tenant get. */
export interface NextcloudSize {
  readonly web: ContainerResources;
  /** Requests that are answered at once; each is a process with a connection to the database. */
  readonly workers: number;
  readonly push: ContainerResources;
  /** Of the volume where files lie in a bucket: configuration, and what is computed again. */
  readonly storage: string;
  /** Of the volume where files lie on it. */
  readonly filesStorage: string;
}

/** Estimates, not measured: a process takes 40 to 80 MB, a person who works has about one request in ten seconds. */
const sizes: Readonly<Record<Size, NextcloudSize>> = {
  XS: {
    web: { cpu: "250m", memoryMi: 1024 },
    workers: 12,
    push: { cpu: "20m", memoryMi: 64 },
    storage: "5Gi",
    filesStorage: "30Gi",
  },
  S: {
    web: { cpu: "500m", memoryMi: 2048 },
    workers: 25,
    push: { cpu: "50m", memoryMi: 128 },
    storage: "10Gi",
    filesStorage: "100Gi",
  },
  M: {
    web: { cpu: "2", memoryMi: 6144 },
    workers: 75,
    push: { cpu: "100m", memoryMi: 256 },
    storage: "10Gi",
    filesStorage: "500Gi",
  },
  L: {
    web: { cpu: "4", memoryMi: 12_288 },
    workers: 150,
    push: { cpu: "250m", memoryMi: 512 },
    storage: "20Gi",
    filesStorage: "2Ti",
  },
  XL: {
    web: { cpu: "8", memoryMi: 24_576 },
    workers: 300,
    push: { cpu: "500m", memoryMi: 1024 },
    storage: "20Gi",
    filesStorage: "5Ti",
  },
};

export function nextcloudSize({ size = "S" }: Pick<ModuleSettings, "size">): NextcloudSize {
  return sizes[size];
}

/** To its database: each process, the notifier's ten, and what runs beside. */
export function connectionsOf({ workers }: Pick<NextcloudSize, "workers">): number {
  return workers + 20;
}

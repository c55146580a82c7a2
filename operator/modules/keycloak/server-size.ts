import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";

type Managed = NonNullable<SovereignRegion["spec"]["keycloak"]["managed"]>;

/** What one pod gets. `cpu` is a request in Kubernetes notation, memory both request and limit in MiB. */
export interface PodSize {
  readonly cpu: string;
  readonly memoryMi: number;
}

/** Own figures around the server's own default of 2 GiB; one pod of S signs in an agent in some 20 ms of a core. */
export const keycloakSizes: Readonly<Record<Managed["size"], PodSize>> = {
  XS: { cpu: "250m", memoryMi: 1024 },
  S: { cpu: "500m", memoryMi: 2048 },
  M: { cpu: "2", memoryMi: 4096 },
  L: { cpu: "4", memoryMi: 8192 },
  XL: { cpu: "8", memoryMi: 16384 },
};

/** Its database server: realms and sessions are small, and many are read at once. */
export const keycloakDatabaseSizes: Readonly<Record<Managed["size"], PodSize>> = {
  XS: { cpu: "100m", memoryMi: 512 },
  S: { cpu: "250m", memoryMi: 1024 },
  M: { cpu: "1", memoryMi: 4096 },
  L: { cpu: "2", memoryMi: 8192 },
  XL: { cpu: "4", memoryMi: 16384 },
};

import type { ModuleSettings } from "../driver.ts";

type Size = NonNullable<ModuleSettings["size"]>;

/** What one server gets. `cpu` is a request in Kubernetes notation, memory both request and limit in MiB. */
export interface ServerSize {
  readonly cpu: string;
  readonly memoryMi: number;
  readonly storage: string;
  /** Of a Cluster; a StatefulSet has one. */
  readonly instances: number;
}

/** Own figures: a Pilot's quota holds a server of size S beside its reserve; connections of all modules fit from XS on. */
export const serverSizes: Readonly<Record<Size, ServerSize>> = {
  XS: { cpu: "100m", memoryMi: 512, storage: "5Gi", instances: 1 },
  S: { cpu: "250m", memoryMi: 1024, storage: "10Gi", instances: 2 },
  M: { cpu: "1", memoryMi: 4096, storage: "50Gi", instances: 2 },
  L: { cpu: "4", memoryMi: 16384, storage: "200Gi", instances: 3 },
  XL: { cpu: "8", memoryMi: 32768, storage: "500Gi", instances: 3 },
};

/** The size of a module's server: its own, or the default of its driver. A volume that was asked for by itself wins. */
export function serverSize(settings: Pick<ModuleSettings, "size" | "postgresql">, byDefault: Size = "XS"): ServerSize {
  const size = serverSizes[settings.size ?? byDefault];
  const storage = settings.postgresql?.storage;
  return storage === undefined ? size : { ...size, storage };
}

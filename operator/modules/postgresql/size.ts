import type { ModuleSettings } from "../driver.ts";

type Size = NonNullable<ModuleSettings["size"]>;

/** What one server gets. `cpu` is a request in Kubernetes notation, memory both request and limit in MiB. */
export interface ServerSize {
  readonly cpu: string;
  readonly memoryMi: number;
  readonly storage: string;
}

/** Own figures: a Pilot's quota holds a server of size S beside its reserve; connections of all modules fit from XS on. */
export const serverSizes: Readonly<Record<Size, ServerSize>> = {
  XS: { cpu: "100m", memoryMi: 512, storage: "5Gi" },
  S: { cpu: "250m", memoryMi: 1024, storage: "10Gi" },
  M: { cpu: "1", memoryMi: 4096, storage: "50Gi" },
  L: { cpu: "4", memoryMi: 16384, storage: "200Gi" },
  XL: { cpu: "8", memoryMi: 32768, storage: "500Gi" },
};

/** The size of a module's server: its own, or the smallest. A volume that was asked for by itself wins. */
export function serverSize(settings: Pick<ModuleSettings, "size" | "postgresql">): ServerSize {
  const size = serverSizes[settings.size ?? "XS"];
  const storage = settings.postgresql?.storage;
  return storage === undefined ? size : { ...size, storage };
}

import type { ContainerResources } from "../../../constructs/restricted-pod.ts";
import type { ModuleSettings } from "../driver.ts";

type Size = NonNullable<ModuleSettings["size"]>;

/** What one pod of the office gets, and how much it can carry. */
export interface OfficeSize {
  readonly resources: ContainerResources;
  /** Open at once. */
  readonly documents: number;
}

/** Own figures, not measured: a document that is open takes some 40 MB, and one core serves about fifteen people who write. */
const sizes: Readonly<Record<Size, OfficeSize>> = {
  XS: { resources: { cpu: "500m", memoryMi: 2048 }, documents: 40 },
  S: { resources: { cpu: "1", memoryMi: 4096 }, documents: 100 },
  M: { resources: { cpu: "2", memoryMi: 8192 }, documents: 200 },
  L: { resources: { cpu: "4", memoryMi: 16_384 }, documents: 400 },
  XL: { resources: { cpu: "8", memoryMi: 32_768 }, documents: 800 },
};

export function officeSize({ size = "S" }: Pick<ModuleSettings, "size">): OfficeSize {
  return sizes[size];
}

/** As many pods as so many documents need. */
export function officePods({ size, collabora }: Pick<ModuleSettings, "size" | "collabora">): number {
  const { documents } = officeSize(size === undefined ? {} : { size });
  return Math.ceil((collabora?.maxDocuments ?? documents) / documents);
}

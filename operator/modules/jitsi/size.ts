import type { ContainerResources } from "../../../constructs/restricted-pod.ts";
import type { ModuleSettings } from "../driver.ts";

type Size = NonNullable<ModuleSettings["size"]>;

/** What the conferences of one tenant get. */
export interface JitsiSize {
  /** Videobridges, where the module does not say how many. */
  readonly bridges: number;
  /** Of each bridge. */
  readonly bridge: ContainerResources;
  /** People of one conference on one bridge; more of them share another. */
  readonly peoplePerBridge: number;
  readonly prosody: ContainerResources;
  readonly jicofo: ContainerResources;
  /** Pages and login: one pod serves thousands, a second one is there while a node is drained. */
  readonly pages: number;
}

/**
 * Estimates, not measured: a bridge forwards and does not encode, so it costs by packets, about one core per thirty people who show
 * themselves; Jicofo itself assumes 80 people of a conference per bridge of four cores. Prosody uses one core at most.
 */
const sizes: Readonly<Record<Size, JitsiSize>> = {
  XS: {
    bridges: 1,
    bridge: { cpu: "500m", memoryMi: 1024 },
    peoplePerBridge: 15,
    prosody: { cpu: "50m", memoryMi: 256 },
    jicofo: { cpu: "50m", memoryMi: 512 },
    pages: 1,
  },
  S: {
    bridges: 1,
    bridge: { cpu: "1", memoryMi: 2048 },
    peoplePerBridge: 30,
    prosody: { cpu: "100m", memoryMi: 512 },
    jicofo: { cpu: "100m", memoryMi: 1024 },
    pages: 1,
  },
  M: {
    bridges: 2,
    bridge: { cpu: "2", memoryMi: 4096 },
    peoplePerBridge: 60,
    prosody: { cpu: "250m", memoryMi: 1024 },
    jicofo: { cpu: "250m", memoryMi: 1024 },
    pages: 2,
  },
  L: {
    bridges: 4,
    bridge: { cpu: "4", memoryMi: 4096 },
    peoplePerBridge: 80,
    prosody: { cpu: "500m", memoryMi: 2048 },
    jicofo: { cpu: "500m", memoryMi: 2048 },
    pages: 2,
  },
  XL: {
    bridges: 8,
    bridge: { cpu: "4", memoryMi: 8192 },
    peoplePerBridge: 80,
    prosody: { cpu: "1", memoryMi: 4096 },
    jicofo: { cpu: "1", memoryMi: 4096 },
    pages: 2,
  },
};

export const pageResources: ContainerResources = { cpu: "50m", memoryMi: 128 };
export const loginResources: ContainerResources = { cpu: "50m", memoryMi: 256 };

export function jitsiSize({ size = "S" }: Pick<ModuleSettings, "size">): JitsiSize {
  return sizes[size];
}

/** What is left for the heap when the rest of a Java program has had its part. */
export function heapOf({ memoryMi }: ContainerResources): string {
  return `${Math.floor((memoryMi * 5) / 8)}m`;
}

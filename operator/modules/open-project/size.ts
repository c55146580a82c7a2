import type { ContainerResources } from "../../../constructs/restricted-pod.ts";
import type { ModuleSettings } from "../driver.ts";

type Size = NonNullable<ModuleSettings["size"]>;

/** What the projects of one tenant get. */
export interface ProjectsSize {
  readonly web: {
    readonly replicas: number;
    /** Of each pod. */
    readonly processes: number;
    /** Of each process: so many pages at once. */
    readonly threads: number;
    readonly resources: ContainerResources;
  };
  readonly worker: { readonly replicas: number; readonly threads: number; readonly resources: ContainerResources };
}

/** The makers count four cores and 4 GiB for 200 people; the rest are estimates, not measured. A process of the pages takes about 700 MiB. */
const sizes: Readonly<Record<Size, ProjectsSize>> = {
  XS: {
    web: { replicas: 1, processes: 1, threads: 8, resources: { cpu: "250m", memoryMi: 1536 } },
    worker: { replicas: 1, threads: 4, resources: { cpu: "100m", memoryMi: 1024 } },
  },
  S: {
    web: { replicas: 1, processes: 2, threads: 8, resources: { cpu: "500m", memoryMi: 2560 } },
    worker: { replicas: 1, threads: 8, resources: { cpu: "250m", memoryMi: 1536 } },
  },
  M: {
    web: { replicas: 2, processes: 2, threads: 8, resources: { cpu: "1", memoryMi: 3072 } },
    worker: { replicas: 1, threads: 8, resources: { cpu: "500m", memoryMi: 2048 } },
  },
  L: {
    web: { replicas: 3, processes: 2, threads: 8, resources: { cpu: "2", memoryMi: 4096 } },
    worker: { replicas: 2, threads: 8, resources: { cpu: "1", memoryMi: 2048 } },
  },
  XL: {
    web: { replicas: 4, processes: 2, threads: 8, resources: { cpu: "4", memoryMi: 4096 } },
    worker: { replicas: 2, threads: 10, resources: { cpu: "1", memoryMi: 3072 } },
  },
};

export function projectsSize({ size = "S" }: Pick<ModuleSettings, "size">): ProjectsSize {
  return sizes[size];
}

/** Of one process: each thread has one, and what runs beside them a few. */
export function poolOf(threads: number): number {
  return threads + 2;
}

/** That all of it opens at most, with one more pod of the pages while they are replaced, and the Job. */
export function connectionsOf({ web, worker }: ProjectsSize): number {
  const pages = (web.replicas + 1) * web.processes * poolOf(web.threads);
  return pages + (worker.replicas + 1) * poolOf(worker.threads) + 5;
}

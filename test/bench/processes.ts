import { readFileSync } from "node:fs";
import { cpus } from "node:os";

const ticksPerSecond = 100;

/** CPU seconds that a process has used; 0 once it is gone. Linux only, like the lanes. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may hold spaces: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
}

/** Resident memory now, and the most it ever was, in MB. */
export function memoryOf(pid: number): { readonly residentMB: number; readonly peakMB: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
  return { residentMB: kilobytes("VmRSS") / 1024, peakMB: kilobytes("VmHWM") / 1024 };
}

interface Usage {
  readonly at: number;
  readonly busySeconds: number;
  readonly processes: ReadonlyMap<string, number>;
}

/** Who uses the machine between two moments. */
export class CpuMeter {
  readonly #pids: Readonly<Record<string, number>>;
  readonly #from: Usage;

  constructor(pids: Readonly<Record<string, number>>) {
    this.#pids = { ...pids, "the bench and its doubles": process.pid };
    this.#from = this.#now();
  }

  /** CPU seconds by process so far. */
  seconds(): ReadonlyMap<string, number> {
    const now = this.#now();
    return new Map([...now.processes].map(([name, value]) => [name, value - (this.#from.processes.get(name) ?? 0)]));
  }

  /** The share of the machine, from 0 to 1, that processes had which this run did not start. */
  others(): number {
    const now = this.#now();
    return this.#others(now) / this.#capacity(now);
  }

  /** One sentence: the share of all cores that each had; `others` are processes that this run did not start. */
  text(): string {
    const now = this.#now();
    const share = (value: number): string => `${Math.round((100 * value) / this.#capacity(now))} %`;
    const all = [...this.seconds(), ["others", this.#others(now)] as const];
    return `of ${cpus().length} cores: ${all.map(([name, value]) => `${name} ${share(value)}`).join(", ")}`;
  }

  #capacity({ at }: Usage): number {
    return ((at - this.#from.at) / 1000) * cpus().length;
  }

  #others({ busySeconds }: Usage): number {
    const ours = [...this.seconds().values()].reduce((sum, value) => sum + value, 0);
    return Math.max(0, busySeconds - this.#from.busySeconds - ours);
  }

  #now(): Usage {
    const times = cpus().map((cpu) => cpu.times);
    const busyMs = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
    return {
      at: Date.now(),
      busySeconds: busyMs / 1000,
      processes: new Map(Object.entries(this.#pids).map(([name, pid]) => [name, cpuSeconds(pid)])),
    };
  }
}

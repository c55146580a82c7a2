import { join } from "node:path";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import type { Progress } from "../servers/cache.ts";
import { runCommand } from "../servers/run-command.ts";
import { goPrograms } from "./go-programs.ts";

/** What the library that Flux and Helm wait with says of an object. */
export interface Verdict {
  readonly status: string;
  readonly message: string;
}

/**
 * Judges objects by the real kstatus, in their order.
 * @throws LaneUnavailable where Go is missing.
 */
export async function kstatusVerdicts(objects: readonly KubeObject[], progress: Progress): Promise<readonly Verdict[]> {
  const wanted = {
    name: "kstatus",
    directory: join(import.meta.dirname, "kstatus"),
    packages: ["."],
    label: "kstatus (first time only, about 10 seconds where Kubernetes was built before)",
  };
  const directory = await goPrograms(wanted, progress);
  const input = JSON.stringify(objects);
  const told = await runCommand({ command: join(directory, "kstatus"), args: [], cwd: directory, input });
  return JSON.parse(told) as readonly Verdict[];
}

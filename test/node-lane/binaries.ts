import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { goPrograms } from "../programs/go-programs.ts";
import type { Progress } from "../servers/cache.ts";
import { refuse } from "./host.ts";

/** The CoreDNS that gomodule/go.mod names. */
export const corednsVersion = "1.12.4";

/** Directory with `coredns` and `pause`, built from the Go module proxy once per version. */
export async function nodeBinaries(progress: Progress): Promise<string> {
  const wanted = {
    name: "node-binaries",
    directory: join(import.meta.dirname, "gomodule"),
    packages: ["./coredns", "./pause"],
    label: `CoreDNS ${corednsVersion} (first time only, about 2 minutes on 2 cores)`,
  };
  try {
    return await goPrograms(wanted, progress);
  } catch (error) {
    if (!(error instanceof LaneUnavailable)) throw error;
    return refuse(error.message);
  }
}

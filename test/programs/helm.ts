import { join } from "node:path";
import type { Progress } from "../servers/cache.ts";
import { goPrograms } from "./go-programs.ts";

/**
 * Path of the real helm.
 * @throws LaneUnavailable where Go is missing.
 */
export async function helmProgram(progress: Progress): Promise<string> {
  const wanted = {
    name: "helm",
    directory: join(import.meta.dirname, "helm"),
    packages: ["helm.sh/helm/v4/cmd/helm"],
    label: "helm (first time only, about 3 minutes on 2 cores)",
  };
  return join(await goPrograms(wanted, progress), "helm");
}

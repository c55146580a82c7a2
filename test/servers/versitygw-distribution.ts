import { join } from "node:path";
import { goPrograms } from "../programs/go-programs.ts";
import type { Progress } from "./cache.ts";

/**
 * The S3 server that tests run against: Versity's gateway over a directory, built from its sources by the versions that go.sum pins.
 * @throws LaneUnavailable where Go is missing.
 */
export async function versitygwProgram(progress: Progress): Promise<string> {
  const wanted = {
    name: "versitygw",
    directory: join(import.meta.dirname, "versitygw-gomodule"),
    packages: ["github.com/versity/versitygw/cmd/versitygw"],
    label: "the object store (first time only, about 3 minutes on 2 cores)",
  };
  return join(await goPrograms(wanted, progress), "versitygw");
}

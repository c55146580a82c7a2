import { documentsOf } from "../export/file-documents.ts";
import { connections, connectivityLines } from "../policy/reachability/connectivity.ts";
import { reaches } from "../policy/reachability/reachability.ts";
import { readWorld } from "../policy/reachability/read-world.ts";
import { readSources } from "./file-sources.ts";
import { exitCode, type FileStreams } from "./terminal.ts";

/** What the person asked about who may talk to whom. */
export interface ConnectivityWish {
  readonly filename: readonly string[];
  readonly output: "text" | "json";
}

/**
 * Prints who may talk to whom under the NetworkPolicies of these files; asks no cluster. Exit code 2 where something in the files is wrong or
 * cannot be evaluated, and then there is no output at all: half of the policies would give a wrong answer.
 */
export async function runConnectivity(wish: ConnectivityWish, streams: FileStreams): Promise<number> {
  const remark = (lines: readonly string[]): void => void lines.map((line) => streams.remarks.write(`${line}\n`));
  const sources = await readSources(wish.filename, streams.input);
  const documents = documentsOf(sources.texts);
  const { world, problems, leftOut } = readWorld(documents.found);
  const wrong = [...sources.problems, ...documents.broken, ...problems];
  if (wrong.length > 0) {
    remark(wrong);
    return exitCode.usage;
  }
  remark(leftOut);
  if (world.workloads.length === 0) {
    const from = wish.filename.join(", ");
    remark([
      `There is nothing to evaluate: no workload, such as a Deployment, is in ${from}; name files that hold some (-f).`,
    ]);
    return exitCode.failed;
  }
  const flows = reaches(world);
  if (wish.output === "json")
    streams.results.write(`${JSON.stringify({ connections: connections(flows) }, undefined, 2)}\n`);
  else for (const line of connectivityLines(flows)) streams.results.write(`${line}\n`);
  return exitCode.done;
}

import type { Manifest } from "../../constructs/manifest.ts";
import { blockText } from "../policy/reachability/address-block.ts";
import { type Connection, connections, type End } from "../policy/reachability/connectivity.ts";
import { portSet, portsText } from "../policy/reachability/port-set.ts";
import { reaches } from "../policy/reachability/reachability.ts";
import { readWorld } from "../policy/reachability/read-world.ts";
import { objectText } from "./subject.ts";

/** Who may open a connection to whom, and on which ports of the one that is called. */
export interface FlowReport {
  readonly from: string;
  readonly to: string;
  readonly ports: string;
}

export interface FlowMatrix {
  readonly flows: readonly FlowReport[];
  /** Why there is no matrix: half of the policies would give a wrong one. */
  readonly problems: readonly string[];
  /** Workloads for which NetworkPolicies do not hold. */
  readonly leftOut: readonly string[];
}

/** The flows that NetworkPolicies leave open to or from workloads of these namespaces. Pure. */
export function flowMatrix(objects: readonly Manifest[], namespaces: readonly string[]): FlowMatrix {
  const placed = objects.map((object) => {
    const { kind, metadata } = object;
    return { place: objectText({ kind, ...metadata }), object };
  });
  const { world, problems, leftOut } = readWorld(placed);
  if (problems.length > 0) return { flows: [], problems, leftOut };
  const own = connections(reaches(world)).filter(({ from, to }) => [from, to].some((end) => isIn(end, namespaces)));
  return { flows: own.map(flowReport), problems: [], leftOut };
}

/** A workload is named `namespace/Kind/name`. */
function isIn(end: End, namespaces: readonly string[]): boolean {
  return "workload" in end && namespaces.includes(end.workload.split("/")[0] ?? "");
}

function flowReport({ from, to, ports }: Connection): FlowReport {
  const text = (end: End): string => ("workload" in end ? end.workload : blockText(end));
  return { from: text(from), to: text(to), ports: portsText(portSet(ports)) };
}

import { type AddressBlock, blockText } from "./address-block.ts";
import type { PodClass } from "./pod-classes.ts";
import { type PortRange, portsText, type PortSet, type Protocol, protocols } from "./port-set.ts";
import type { Flow } from "./reachability.ts";

/** One end of a connection, as a program reads it. */
export type End = { readonly workload: string } | AddressBlock;

/** A flow between two workloads, or one and addresses outside. */
export interface Connection {
  readonly from: End;
  readonly to: End;
  readonly ports: readonly (PortRange & { readonly protocol: Protocol })[];
}

interface Line {
  readonly ends: readonly [from: End, to: End];
  readonly ports: PortSet;
  readonly text: string;
}

/** A line for each connection: workloads before addresses, sorted by who calls and then by who is called. */
export function connectivityLines(flows: Iterable<Flow>): string[] {
  return linesOf(flows).map(({ text }) => text);
}

/** The same for a program, in the same order. */
export function connections(flows: Iterable<Flow>): Connection[] {
  return linesOf(flows).map(({ ends: [from, to], ports }) => ({
    from,
    to,
    ports: protocols.flatMap((protocol) => ports[protocol].map((range) => ({ protocol, ...range }))),
  }));
}

function linesOf(flows: Iterable<Flow>): Line[] {
  const keyed = [...flows].flatMap((flow) =>
    pairs(flow).map((ends): Line & { readonly key: string } => {
      const [from, to] = ends.map(endText);
      const text = `${from ?? ""} => ${to ?? ""} : ${portsText(flow.ports)}`;
      return { ends, ports: flow.ports, text, key: ends.map(sortKey).join("\n") };
    }),
  );
  return keyed.sort((left, right) => (left.key < right.key ? -1 : 1));
}

function pairs({ from, to }: Flow): (readonly [End, End])[] {
  return endsOf(from).flatMap((one) =>
    endsOf(to).flatMap((other) => (isAlone(one, other) ? [] : [[one, other] as const])),
  );
}

function endsOf(side: PodClass | AddressBlock): End[] {
  return "workloads" in side ? side.workloads.map((workload) => ({ workload })) : [side];
}

/** A bare Pod has no other like it, and what it says to itself no policy forbids. */
function isAlone(from: End, to: End): boolean {
  return (
    "workload" in from && "workload" in to && from.workload === to.workload && from.workload.split("/")[1] === "Pod"
  );
}

function endText(end: End): string {
  return "workload" in end ? end.workload : blockText(end);
}

function sortKey(end: End): string {
  return `${"workload" in end ? 0 : 1}${endText(end)}`;
}

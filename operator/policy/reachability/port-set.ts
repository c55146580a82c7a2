export const protocols = ["TCP", "UDP", "SCTP"] as const;
export type Protocol = (typeof protocols)[number];

export const lastPort = 65_535;

/** Ports from one to another, both included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Ports of each protocol: ranges in order, which neither overlap nor touch. */
export type PortSet = Readonly<Record<Protocol, readonly PortRange[]>>;

const every: readonly PortRange[] = [{ from: 1, to: lastPort }];
export const noPorts: PortSet = { TCP: [], UDP: [], SCTP: [] };
export const allPorts: PortSet = { TCP: every, UDP: every, SCTP: every };

export function portSet(ranges: readonly (PortRange & { readonly protocol: Protocol })[]): PortSet {
  const of = (protocol: Protocol): PortRange[] =>
    merged(ranges.filter((range) => range.protocol === protocol).map(({ from, to }) => ({ from, to })));
  return { TCP: of("TCP"), UDP: of("UDP"), SCTP: of("SCTP") };
}

export function union(left: PortSet, right: PortSet): PortSet {
  if (left === allPorts || right === noPorts) return left;
  if (right === allPorts || left === noPorts) return right;
  const of = (protocol: Protocol): PortRange[] => merged([...left[protocol], ...right[protocol]]);
  return { TCP: of("TCP"), UDP: of("UDP"), SCTP: of("SCTP") };
}

export function intersection(left: PortSet, right: PortSet): PortSet {
  if (left === allPorts || right === noPorts) return right;
  if (right === allPorts || left === noPorts) return left;
  const of = (protocol: Protocol): PortRange[] => common(left[protocol], right[protocol]);
  return { TCP: of("TCP"), UDP: of("UDP"), SCTP: of("SCTP") };
}

export function isEmpty(set: PortSet): boolean {
  return protocols.every((protocol) => set[protocol].length === 0);
}

/** `TCP 80,8000-8010; UDP 53`, or `all ports`. */
export function portsText(set: PortSet): string {
  if (protocols.every((protocol) => isWhole(set[protocol]))) return "all ports";
  return protocols
    .filter((protocol) => set[protocol].length > 0)
    .map((protocol) => `${protocol} ${set[protocol].map(rangeText).join(",")}`)
    .join("; ");
}

function rangeText({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function isWhole([first]: readonly PortRange[]): boolean {
  return first?.from === 1 && first.to === lastPort;
}

function merged(ranges: readonly PortRange[]): PortRange[] {
  const result: PortRange[] = [];
  for (const range of ranges.toSorted((left, right) => left.from - right.from)) {
    const last = result.at(-1);
    if (last === undefined || range.from > last.to + 1) result.push(range);
    else if (range.to > last.to) result[result.length - 1] = { from: last.from, to: range.to };
  }
  return result;
}

function common(left: readonly PortRange[], right: readonly PortRange[]): PortRange[] {
  const overlaps = left.flatMap((one) =>
    right.map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) })),
  );
  return merged(overlaps.filter(({ from, to }) => from <= to));
}

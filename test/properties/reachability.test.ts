import { isIPv4 } from "node:net";
import { describe, expect, it } from "vitest";
import type { AddressBlock } from "../../operator/policy/reachability/address-block.ts";
import { type Connection, connections } from "../../operator/policy/reachability/connectivity.ts";
import { Reachability, reaches } from "../../operator/policy/reachability/reachability.ts";
import { readWorld } from "../../operator/policy/reachability/read-world.ts";
import { fc, runs } from "../support/fast-check.ts";

/** Manifests as they are written. The model below reads them as the documentation of the API says, and shares nothing with the room that it judges. */
interface SelectorManifest {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: string[];
  }[];
}
interface PeerManifest {
  readonly podSelector?: SelectorManifest;
  readonly namespaceSelector?: SelectorManifest;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}
interface PortManifest {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}
interface RuleManifest {
  readonly from?: readonly PeerManifest[];
  readonly to?: readonly PeerManifest[];
  readonly ports?: readonly PortManifest[];
}
interface SpecManifest {
  readonly podSelector?: SelectorManifest;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly RuleManifest[];
  readonly egress?: readonly RuleManifest[];
}
interface Pod {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
}
interface Written {
  readonly namespaces: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly pods: readonly Pod[];
  readonly policies: readonly { readonly namespace: string; readonly spec: SpecManifest }[];
}

/** Numbers of ports that some rule or pod can name, and neighbours of them. */
const askedPorts = [1, 79, 80, 81, 82, 443, 8000, 8005, 8010, 8011, 65_535];
const askedAddresses = [
  ...["0.0.0.0", "10.0.0.1", "10.1.0.1", "10.1.2.3", "10.255.255.255", "11.0.0.0", "192.0.2.7", "255.255.255.255"],
  ...["::", "2001:db8::1", "2001:db8:1::1", "2001:db9::1", "ffff::ffff"],
];

const names = ["red", "green", "blue"];
const keys = ["app", "tier"];
const values = ["a", "b", ""];
const labels = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values), {
  maxKeys: 2,
  noNullPrototype: true,
});

/** Fields that a manifest may leave out. */
const optional = { requiredKeys: [] as never[] };

type Expression = NonNullable<SelectorManifest["matchExpressions"]>[number];
const key = fc.constantFrom(...keys, "kubernetes.io/metadata.name");
const listed = fc.array(fc.constantFrom(...values, ...names), { minLength: 1, maxLength: 2 });
const expression: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ key, operator: fc.constantFrom("In", "NotIn"), values: listed }),
  fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") }),
  fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist"), values: fc.constant<string[]>([]) }),
);
const selector: fc.Arbitrary<SelectorManifest> = fc.record(
  { matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 2 }) },
  optional,
);
const ownName = "kubernetes.io/metadata.name";
const namespaceSelector: fc.Arbitrary<SelectorManifest> = fc.oneof(
  selector,
  fc.constantFrom(...names).map((name) => ({ matchLabels: { [ownName]: name } })),
  fc
    .subarray(names, { minLength: 1 })
    .map((some) => ({ matchExpressions: [{ key: ownName, operator: "In", values: some }] })),
);
const block = fc.constantFrom(
  { cidr: "0.0.0.0/0" },
  { cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "192.0.2.0/24"] },
  { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] },
  { cidr: "10.1.2.3/32" },
  { cidr: "10.1.2.3/8", except: [] },
  { cidr: "::/0", except: ["2001:db8::/32"] },
  { cidr: "2001:db8::/32", except: ["2001:db8:1::/48"] },
);
const peer = fc.oneof(
  selector.map((podSelector): PeerManifest => ({ podSelector })),
  namespaceSelector.map((one): PeerManifest => ({ namespaceSelector: one })),
  fc.record({ podSelector: selector, namespaceSelector }),
  block.map((ipBlock): PeerManifest => ({ ipBlock })),
);
const protocol = fc.constantFrom("TCP", "UDP", "SCTP");
const number = fc.constantFrom(80, 82, 443, 8000);
const port: fc.Arbitrary<PortManifest> = fc.oneof(
  fc.record({ protocol, port: fc.oneof(number, fc.constantFrom("web", "other")) }, optional),
  fc.record({ protocol, port: number, endPort: fc.constantFrom(8000, 8010) }, { requiredKeys: ["port", "endPort"] }),
);
const ports = fc.array(port, { maxLength: 2 });
const peers = fc.array(peer, { maxLength: 3 });
const spec: fc.Arbitrary<SpecManifest> = fc.record(
  {
    podSelector: selector,
    policyTypes: fc.subarray(["Ingress", "Egress"]),
    ingress: fc.array(fc.record({ from: peers, ports }, optional), { maxLength: 2 }),
    egress: fc.array(fc.record({ to: peers, ports }, optional), { maxLength: 2 }),
  },
  optional,
);
const containerPort: fc.Arbitrary<Pod["ports"][number]> = fc.record(
  { name: fc.constantFrom("web", "other"), containerPort: fc.constantFrom(80, 443, 8005), protocol },
  { requiredKeys: ["containerPort"] },
);
const pod = fc.record({
  namespace: fc.constantFrom(...names),
  kind: fc.constantFrom("Pod", "Deployment"),
  labels,
  ports: fc.uniqueArray(containerPort, { maxLength: 2, selector: ({ name }) => name }),
});
const written: fc.Arbitrary<Written> = fc.record({
  namespaces: fc.tuple(...names.map((name) => labels.map((some) => ({ name, labels: some })))),
  pods: fc
    .array(pod, { minLength: 1, maxLength: 5 })
    .map((some) => some.map((one, index) => ({ ...one, name: `pod${index}` }))),
  policies: fc.array(fc.record({ namespace: fc.constantFrom(...names), spec }), { maxLength: 4 }),
});

// The model.

function chosen(by: SelectorManifest, given: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(by.matchLabels ?? {})) if (given[key] !== value) return false;
  for (const { key, operator, values: listed = [] } of by.matchExpressions ?? []) {
    const has = key in given;
    const isListed = has && listed.includes(given[key]!);
    const fulfilled = { In: isListed, NotIn: !isListed, Exists: has, DoesNotExist: !has }[operator];
    if (fulfilled !== true) return false;
  }
  return true;
}

const knownBits = new Map<string, string>();

/** An address as its bits. */
function bits(address: string): string {
  const known = knownBits.get(address) ?? computedBits(address);
  knownBits.set(address, known);
  return known;
}

function computedBits(address: string): string {
  if (isIPv4(address))
    return address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  const [head = "", tail] = address.split("::");
  const [left, right] = [head, tail ?? ""].map((half) => half.split(":").filter((part) => part !== ""));
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left!.length - right!.length }, () => "0");
  return [...left!, ...zeros, ...right!].map((part) => parseInt(part, 16).toString(2).padStart(16, "0")).join("");
}

function within(address: string, cidr: string): boolean {
  const [network = "", length = ""] = cidr.split("/");
  if (isIPv4(address) !== isIPv4(network)) return false;
  return bits(address).slice(0, Number(length)) === bits(network).slice(0, Number(length));
}

const inBlock = (address: string, { cidr, except = [] }: NonNullable<PeerManifest["ipBlock"]>): boolean =>
  within(address, cidr) && !except.some((one) => within(address, one));

interface Call {
  readonly from: Pod | string;
  readonly to: Pod | string;
  readonly protocol: string;
  readonly port: number;
}

function labelsOfNamespace(world: Written, name: string): Readonly<Record<string, string>> {
  const given = world.namespaces.find((one) => one.name === name)?.labels ?? {};
  return { ...given, "kubernetes.io/metadata.name": name };
}

function isPeer(
  world: Written,
  own: string,
  { peer: by, other }: { peer: PeerManifest; other: Pod | string },
): boolean {
  if (typeof other === "string") return by.ipBlock !== undefined && inBlock(other, by.ipBlock);
  if (by.ipBlock !== undefined) return false;
  if (by.namespaceSelector === undefined && other.namespace !== own) return false;
  if (by.namespaceSelector !== undefined && !chosen(by.namespaceSelector, labelsOfNamespace(world, other.namespace)))
    return false;
  return by.podSelector === undefined || chosen(by.podSelector, other.labels);
}

function isRulePort(rule: PortManifest, call: Call): boolean {
  if ((rule.protocol ?? "TCP") !== call.protocol) return false;
  if (rule.port === undefined) return true;
  if (typeof rule.port === "number") return call.port >= rule.port && call.port <= (rule.endPort ?? rule.port);
  if (typeof call.to === "string") return false;
  return call.to.ports.some(
    (one) => one.name === rule.port && (one.protocol ?? "TCP") === call.protocol && one.containerPort === call.port,
  );
}

function lets(world: Written, direction: "Ingress" | "Egress", call: Call): boolean {
  const [subject, other] = direction === "Ingress" ? [call.to, call.from] : [call.from, call.to];
  if (typeof subject === "string") return true;
  const isolating = world.policies.filter(({ namespace, spec: one }) => {
    const byRules = ["Ingress", ...((one.egress ?? []).length > 0 ? ["Egress"] : [])];
    const types = one.policyTypes === undefined || one.policyTypes.length === 0 ? byRules : one.policyTypes;
    return (
      namespace === subject.namespace && types.includes(direction) && chosen(one.podSelector ?? {}, subject.labels)
    );
  });
  if (isolating.length === 0) return true;
  return isolating.some(({ namespace, spec: one }) =>
    ((direction === "Ingress" ? one.ingress : one.egress) ?? []).some((rule) => {
      const peers = (direction === "Ingress" ? rule.from : rule.to) ?? [];
      const ports = rule.ports ?? [];
      const peerFits = peers.length === 0 || peers.some((by) => isPeer(world, namespace, { peer: by, other }));
      return peerFits && (ports.length === 0 || ports.some((by) => isRulePort(by, call)));
    }),
  );
}

const may = (world: Written, call: Call): boolean => lets(world, "Egress", call) && lets(world, "Ingress", call);

/** What `socle policy connectivity` would be given. */
function manifests({ namespaces, pods, policies }: Written): unknown[] {
  const template = (one: Pod) => ({
    metadata: { labels: one.labels },
    spec: { containers: [{ name: "main", ports: one.ports }] },
  });
  return [
    ...namespaces.map((metadata) => ({ apiVersion: "v1", kind: "Namespace", metadata })),
    ...policies.map(({ namespace, spec: one }, index) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace, name: `policy${index}` },
      spec: one,
    })),
    ...pods.map((one) => {
      const metadata = { namespace: one.namespace, name: one.name };
      if (one.kind === "Deployment")
        return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { template: template(one) } };
      return { apiVersion: "v1", kind: "Pod", ...template(one), metadata: { ...metadata, labels: one.labels } };
    }),
  ];
}

function worldOf(world: Written): ReturnType<typeof readWorld>["world"] {
  const read = readWorld(manifests(world).map((object, index) => ({ place: `object ${index}`, object })));
  expect(read.problems).toEqual([]);
  return read.world;
}

const title = ({ namespace, kind, name }: Pod): string => `${namespace}/${kind}/${name}`;
const opens = ({ ports }: Connection, call: Call): boolean =>
  ports.some((range) => range.protocol === call.protocol && range.from <= call.port && call.port <= range.to);
const isEnd = (end: Connection["from"], asked: Pod | string): boolean =>
  "workload" in end
    ? typeof asked !== "string" && end.workload === title(asked)
    : typeof asked === "string" && inBlock(asked, end satisfies AddressBlock);

function calls(world: Written): Call[] {
  const ends = world.pods.flatMap((from): [Pod | string, Pod | string][] => [
    ...world.pods.filter((to) => from !== to || from.kind !== "Pod").map((to): [Pod, Pod] => [from, to]),
    ...askedAddresses.flatMap((address): [Pod | string, Pod | string][] => [
      [from, address],
      [address, from],
    ]),
  ]);
  return ends.flatMap(([from, to]) =>
    ["TCP", "UDP", "SCTP"].flatMap((one) => askedPorts.map((number) => ({ from, to, protocol: one, port: number }))),
  );
}

describe("reachability", () => {
  it("is, pod by pod, port by port and address by address, what a naive reading of the API says", () => {
    let [open, closed] = [0, 0];
    fc.assert(
      fc.property(written, (world) => {
        const found = connections(reaches(worldOf(world)));
        for (const call of calls(world)) {
          const expected = may(world, call);
          const told = found.some((one) => isEnd(one.from, call.from) && isEnd(one.to, call.to) && opens(one, call));
          if (told !== expected) expect({ ...call, may: told }).toEqual({ ...call, may: expected });
          if (expected) open += 1;
          else closed += 1;
        }
      }),
      { numRuns: runs(300) },
    );
    // Worlds that are all open or all closed would show nothing.
    expect(Math.min(open, closed) / (open + closed)).toBeGreaterThan(0.1);
  });

  it("does not depend on the order of the objects", () => {
    fc.assert(
      fc.property(
        written.chain((world) =>
          fc.tuple(fc.constant(world), fc.shuffledSubarray(manifests(world), { minLength: manifests(world).length })),
        ),
        ([world, shuffled]) => {
          const other = readWorld(shuffled.map((object) => ({ place: "", object }))).world;
          expect(connections(reaches(other))).toEqual(connections(reaches(worldOf(world))));
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it("finds a way between two groups of namespaces exactly where there is a flow", () => {
    fc.assert(
      fc.property(written, (world) => {
        const [left, right] = [["red"], ["green", "blue"]];
        const reachability = new Reachability(worldOf(world));
        const across = (from: Pod, to: Pod): boolean => left.includes(from.namespace) !== left.includes(to.namespace);
        const expected = calls(world).some(
          ({ from, to, ...call }) =>
            typeof from !== "string" && typeof to !== "string" && across(from, to) && may(world, { from, to, ...call }),
        );
        const groupOf = new Map([
          ...left.map((one) => [one, "l"] as const),
          ...right.map((one) => [one, "r"] as const),
        ]);
        expect([...reachability.crossings(groupOf)].length > 0).toBe(expected);
      }),
      { numRuns: runs(300) },
    );
  });
});

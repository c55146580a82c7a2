import { type AddressBlock, blockText, everyAddress } from "./address-block.ts";
import { type Labels, type Selector, selects } from "./label-selector.ts";
import type { NamespaceIndex } from "./namespace-index.ts";
import { allPorts, isEmpty, noPorts, type PortSet, portSet, union } from "./port-set.ts";
import type { NamedPort, Rule, RulePort } from "./world.ts";

/** As far as a rule looks at pods. */
export interface RuledPods {
  readonly namespace: string;
  readonly labels: Labels;
  readonly ports: readonly NamedPort[];
}

/** A rule whose namespaces are looked up. */
export interface OpenRule {
  /** Absent: everybody. */
  readonly pods?: readonly OpenPeer[];
  readonly blocks: readonly AddressBlock[];
  readonly numbers: PortSet;
  readonly names: readonly NamedRulePort[];
}

interface OpenPeer {
  readonly namespaces: ReadonlySet<string>;
  readonly pods: Selector;
}

type NamedRulePort = Extract<RulePort, { readonly name: string }>;

export function openRule({ peers, ports }: Rule, own: string, index: NamespaceIndex): OpenRule {
  const names = (ports ?? []).filter((port) => "name" in port);
  const numbers = ports === undefined ? allPorts : portSet(ports.filter((port) => "from" in port));
  if (peers === undefined) return { blocks: everyAddress, numbers, names };
  const pods = peers.flatMap((peer): OpenPeer[] => {
    if ("block" in peer) return [];
    const namespaces = peer.namespaces === undefined ? new Set([own]) : index.selected(peer.namespaces);
    return [{ namespaces, pods: peer.pods }];
  });
  return { pods, blocks: peers.flatMap((peer) => ("block" in peer ? [peer.block] : [])), numbers, names };
}

/** More than these are not listed for each class: the other end lists fewer, or there are as many flows. */
const listedNamespaces = 64;

/** What all policies that isolate some pods in one direction open in it together. */
export class Opening {
  /** Where somebody may be whom a rule means; undefined: everywhere, or in too many to list. */
  readonly namespaces: ReadonlySet<string> | undefined;
  readonly #rules: readonly OpenRule[];

  constructor(rules: readonly OpenRule[]) {
    this.#rules = rules;
    this.namespaces = namespacesOf(rules);
  }

  /** Ports that are open between the isolated pods and others; `called` is which of both has the ports. */
  portsWith(other: RuledPods, called: RuledPods): PortSet {
    return this.#rules
      .filter(({ pods }) => pods === undefined || pods.some((peer) => means(peer, other)))
      .reduce((ports, rule) => union(ports, portsOf(rule, called.ports)), noPorts);
  }

  /** Addresses that are open, with the ports; `called` are the named ports of whoever is called. */
  addresses(called: readonly NamedPort[]): { readonly block: AddressBlock; readonly ports: PortSet }[] {
    const found = new Map<string, { readonly block: AddressBlock; readonly ports: PortSet }>();
    for (const rule of this.#rules) {
      const ports = portsOf(rule, called);
      for (const block of isEmpty(ports) ? [] : rule.blocks) {
        const known = found.get(blockText(block))?.ports ?? noPorts;
        found.set(blockText(block), { block, ports: union(known, ports) });
      }
    }
    return [...found.values()];
  }
}

function namespacesOf(rules: readonly OpenRule[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const { pods } of rules) {
    if (pods === undefined) return undefined;
    for (const { namespaces } of pods) {
      if (namespaces.size > listedNamespaces) return undefined;
      for (const namespace of namespaces) all.add(namespace);
    }
  }
  return all.size > listedNamespaces ? undefined : all;
}

function means({ namespaces, pods }: OpenPeer, { namespace, labels }: RuledPods): boolean {
  return namespaces.has(namespace) && selects(pods, labels);
}

function portsOf({ numbers, names }: OpenRule, called: readonly NamedPort[]): PortSet {
  if (names.length === 0) return numbers;
  const resolved = called
    .filter((port) => names.some(({ name, protocol }) => name === port.name && protocol === port.protocol))
    .map(({ protocol, port }) => ({ protocol, from: port, to: port }));
  return union(numbers, portSet(resolved));
}

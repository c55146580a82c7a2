import { type AddressBlock, everyAddress } from "./address-block.ts";
import type { Opening } from "./opening.ts";
import { type PodClass, type RuledClass, ruledClasses } from "./pod-classes.ts";
import { allPorts, intersection, isEmpty, type PortSet } from "./port-set.ts";
import type { NamedPort, World } from "./world.ts";

/** Who may open a connection to whom, and on which ports of the one that is called. */
export type Flow =
  | { readonly from: PodClass; readonly to: PodClass; readonly ports: PortSet }
  | { readonly from: PodClass; readonly to: AddressBlock; readonly ports: PortSet }
  | { readonly from: AddressBlock; readonly to: PodClass; readonly ports: PortSet };

/** Every flow that the policies leave open, with the outside too. Within a class: from one of its pods to another. */
export function reaches(world: World): Iterable<Flow> {
  return new Reachability(world).flows();
}

/**
 * Who may talk to whom in a world. Classes are met through the namespaces that their rules name, from whichever end names few; so a world of
 * thousands of closed namespaces costs what its open flows cost, and not the square of its pods.
 */
export class Reachability {
  readonly #classes: readonly RuledClass[];
  readonly #inNamespace: ReadonlyMap<string, readonly RuledClass[]>;
  /** Classes that let somebody in from everywhere, or from too many namespaces to list. */
  readonly #openToMany: readonly RuledClass[];
  /** The other classes, by each namespace that they let somebody in from. */
  readonly #openTo = new Map<string, RuledClass[]>();

  constructor(world: World) {
    this.#classes = ruledClasses(world);
    this.#inNamespace = Map.groupBy(this.#classes, ({ namespace }) => namespace);
    this.#openToMany = this.#classes.filter(({ ingress }) => ingress?.namespaces === undefined);
    for (const one of this.#classes) {
      for (const namespace of one.ingress?.namespaces ?? []) {
        const known = this.#openTo.get(namespace);
        if (known === undefined) this.#openTo.set(namespace, [one]);
        else known.push(one);
      }
    }
  }

  *flows(): Generator<Flow> {
    for (const from of this.#classes) {
      for (const to of this.#candidates(from)) yield* flowBetween(from, to);
      // Nobody knows what an address outside calls its ports.
      for (const { block, ports } of addresses(from.egress, [])) yield { from, to: block, ports };
      for (const { block, ports } of addresses(from.ingress, from.ports)) yield { from: block, to: from, ports };
    }
  }

  /** Flows between pods of different groups; a namespace that has no group takes no part. */
  *crossings(groupOf: ReadonlyMap<string, string>): Generator<Flow> {
    for (const from of this.#classes) {
      const group = groupOf.get(from.namespace);
      if (group === undefined) continue;
      for (const to of this.#candidates(from)) {
        const other = groupOf.get(to.namespace);
        if (other !== undefined && other !== group) yield* flowBetween(from, to);
      }
    }
  }

  /** Every class that this one may reach, and perhaps some that it may not. */
  *#candidates(from: RuledClass): Generator<RuledClass> {
    const named = from.egress?.namespaces;
    if (named === undefined) {
      yield* this.#openToMany;
      yield* this.#openTo.get(from.namespace) ?? [];
    } else {
      for (const namespace of named) yield* this.#inNamespace.get(namespace) ?? [];
    }
  }
}

/** One flow, or none: both ends have to open it. */
function flowBetween(from: RuledClass, to: RuledClass): Flow[] {
  if (from.egress?.namespaces?.has(to.namespace) === false) return [];
  if (to.ingress?.namespaces?.has(from.namespace) === false) return [];
  const out = from.egress?.portsWith(to, to) ?? allPorts;
  if (isEmpty(out)) return [];
  const ports = intersection(out, to.ingress?.portsWith(from, to) ?? allPorts);
  return isEmpty(ports) ? [] : [{ from, to, ports }];
}

function addresses(opening: Opening | undefined, called: readonly NamedPort[]): ReturnType<Opening["addresses"]> {
  return opening?.addresses(called) ?? everyAddress.map((block) => ({ block, ports: allPorts }));
}

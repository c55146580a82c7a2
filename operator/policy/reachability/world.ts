import type { AddressBlock } from "./address-block.ts";
import type { Labels, Selector } from "./label-selector.ts";
import type { PortRange, Protocol } from "./port-set.ts";

/** What decides who may talk to whom. */
export interface World {
  /** Labels of each namespace; those that the API server sets are among them. */
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly workloads: readonly Workload[];
  readonly policies: readonly Policy[];
}

/** Pods that are made from one template. */
export interface Workload {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** Of its pods. */
  readonly labels: Labels;
  readonly ports: readonly NamedPort[];
}

/** A port of a container that rules may call by its name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** A NetworkPolicy; a direction that is absent is none of its business. */
export interface Policy {
  readonly namespace: string;
  readonly pods: Selector;
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

export interface Rule {
  /** Absent: everybody. */
  readonly peers?: readonly Peer[];
  /** Absent: all. */
  readonly ports?: readonly RulePort[];
}

/** Pods of namespaces, or addresses; without `namespaces`, pods of the policy's own. */
export type Peer = { readonly namespaces?: Selector; readonly pods: Selector } | { readonly block: AddressBlock };

/** `name` is looked up on the pods that are called, whose ports may differ. */
export type RulePort = { readonly protocol: Protocol } & (PortRange | { readonly name: string });

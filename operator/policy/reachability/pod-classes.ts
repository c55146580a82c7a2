import { type Labels, selects } from "./label-selector.ts";
import { NamespaceIndex } from "./namespace-index.ts";
import { Opening, type OpenRule, openRule } from "./opening.ts";
import type { NamedPort, Policy, Rule, Workload, World } from "./world.ts";

/** Pods that no rule can tell apart: of one namespace, with the same labels and named ports. */
export interface PodClass {
  readonly namespace: string;
  readonly labels: Labels;
  readonly ports: readonly NamedPort[];
  /** Each as namespace/kind/name, sorted. */
  readonly workloads: readonly string[];
}

/** A class with what its policies open; undefined: none isolates it in this direction. */
export interface RuledClass extends PodClass {
  readonly ingress: Opening | undefined;
  readonly egress: Opening | undefined;
}

interface OpenPolicy extends Pick<Policy, "pods"> {
  readonly ingress: readonly OpenRule[] | undefined;
  readonly egress: readonly OpenRule[] | undefined;
}

/** The classes of a world, in the order of their first workload, whatever the order of its objects. */
export function ruledClasses({ namespaces, workloads, policies }: World): RuledClass[] {
  const index = new NamespaceIndex(namespaces);
  const open = (rules: readonly Rule[] | undefined, own: string): OpenRule[] | undefined =>
    rules?.map((rule) => openRule(rule, own, index));
  const inNamespace = Map.groupBy(policies, ({ namespace }) => namespace);
  const policiesOf = new Map(
    [...inNamespace].map(([own, some]) => [
      own,
      some.map(
        ({ pods, ingress, egress }): OpenPolicy => ({ pods, ingress: open(ingress, own), egress: open(egress, own) }),
      ),
    ]),
  );
  return podClasses(workloads).map((one) => {
    const selecting = (policiesOf.get(one.namespace) ?? []).filter(({ pods }) => selects(pods, one.labels));
    const opening = (direction: "ingress" | "egress"): Opening | undefined => {
      const isolating = selecting.flatMap((policy) => policy[direction] ?? []);
      return selecting.some((policy) => policy[direction] !== undefined) ? new Opening(isolating) : undefined;
    };
    return { ...one, ingress: opening("ingress"), egress: opening("egress") };
  });
}

function podClasses(workloads: readonly Workload[]): PodClass[] {
  const sorted = workloads
    .map((workload) => ({ ...workload, title: `${workload.namespace}/${workload.kind}/${workload.name}` }))
    .sort((left, right) => (left.title < right.title ? -1 : 1));
  const alike = Map.groupBy(sorted, ({ namespace, labels, ports }) =>
    JSON.stringify([
      namespace,
      [...labels].sort(),
      ports.map(({ name, protocol, port }) => [name, protocol, port]).sort(),
    ]),
  );
  return [...alike.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const { namespace, labels, ports } = first;
    return [{ namespace, labels, ports, workloads: some.map(({ title }) => title) }];
  });
}

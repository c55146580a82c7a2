import type { ObservedRealm, RealmChange, Representation } from "./keycloak-api.ts";
import { differences } from "./normalise.ts";
import type { FlowDesired, FlowStep } from "./realm-desired.ts";

/**
 * What the adapter does in this order, so that logins run over a complete flow at every moment and a crash anywhere is mended by
 * the next look: remove what lies in the way, build the flow beside the bound one, bind it, remove what it replaces.
 */
export interface FlowReplacement {
  /** Without a binding where something else than the realm uses it: then that is told of it by a request of its own. */
  readonly flow: FlowWanted & { readonly binding?: FlowDesired["binding"] };
  /** Identifiers of flows, parents first. */
  readonly inTheWay: readonly string[];
  readonly replaced: readonly string[];
}

/** A top-level flow, wherever it is used. */
export type FlowWanted = Pick<FlowDesired, "alias" | "steps">;

interface LiveFlow {
  readonly id: string;
  readonly alias: string;
  readonly topLevel: boolean;
  readonly authenticationExecutions?: readonly LiveExecution[];
}

interface LiveExecution {
  readonly authenticator?: string;
  readonly flowAlias?: string;
  readonly requirement: string;
  readonly priority: number;
  readonly authenticatorConfig?: string;
}

/** A flow that runs is never rebuilt in place: its replacement takes the other of two aliases. */
const aliasesOf = ({ alias }: FlowWanted): readonly string[] => [alias, `${alias}-2`];
export const childAlias = (alias: string, name: string): string => `${alias} ${name}`;

/** Flows as POST of a realm takes them: a flat list, in which children are named by alias. */
export function flowRepresentations(flows: readonly FlowDesired[]): {
  readonly authenticationFlows: readonly Representation[];
  readonly authenticatorConfig: readonly Representation[];
} {
  const lists = flows.map((flow) => flatten({ top: flow.alias, alias: flow.alias, steps: flow.steps }));
  return {
    authenticationFlows: lists.flatMap((list) => list.flows),
    authenticatorConfig: lists.flatMap((list) => list.configs),
  };
}

interface Flat {
  readonly flows: readonly Representation[];
  readonly configs: readonly Representation[];
}

function flatten(at: { top: string; alias: string; steps: readonly FlowStep[] }): Flat {
  const { top, alias, steps } = at;
  const executions = steps.map((step, index) => ({
    requirement: step.requirement,
    priority: (index + 1) * 10,
    ...(step.kind === "flow"
      ? { authenticatorFlow: true, flowAlias: childAlias(top, step.name) }
      : { authenticatorFlow: false, authenticator: step.name }),
    ...(step.kind === "authenticator" && step.config !== undefined
      ? { authenticatorConfig: childAlias(alias, step.name) }
      : {}),
  }));
  const configs = steps.flatMap((step) =>
    step.kind === "authenticator" && step.config !== undefined
      ? [{ alias: childAlias(alias, step.name), config: step.config }]
      : [],
  );
  const inner = steps.flatMap((step) =>
    step.kind === "flow" ? [flatten({ top, alias: childAlias(top, step.name), steps: step.steps })] : [],
  );
  const itself = {
    alias,
    providerId: "basic-flow",
    topLevel: alias === top,
    builtIn: false,
    authenticationExecutions: executions,
  };
  return {
    flows: [itself, ...inner.flatMap((list) => list.flows)],
    configs: [...configs, ...inner.flatMap((list) => list.configs)],
  };
}

/** What binds the wanted flows, complete and unchanged, and leaves no other of ours behind. */
export function flowChanges(flows: readonly FlowDesired[], { representation }: ObservedRealm): RealmChange[] {
  return flows.flatMap((flow) => {
    const bound = representation[flow.binding];
    const live = liveFlows(representation);
    const equal = aliasesOf(flow).filter((alias) => flowFields(flow, alias, representation).length === 0);
    const keep = equal.find((alias) => alias === bound) ?? equal[0];
    if (keep === undefined) return [replacement(flow, representation)];
    const rebound: RealmChange[] =
      keep === bound
        ? []
        : [
            {
              kind: "update",
              method: "PUT",
              path: "",
              body: { [flow.binding]: keep },
              fields: [`realm.${flow.binding}`],
              why: "the realm uses another flow",
            },
          ];
    const leftovers = ours(flow, live).filter(
      (found) => found.alias !== keep && !found.alias.startsWith(childAlias(keep, "")),
    );
    return [...rebound, ...leftovers.map(removal)];
  });
}

/** A flow that something else than the realm uses. */
export interface FlowPlan {
  /** What its user has to name. */
  readonly alias: string;
  /** What has to be done before it is named. */
  readonly before: readonly RealmChange[];
  /** What has to be done once it is. */
  readonly after: readonly RealmChange[];
}

/** What makes the flow stand, complete and unchanged, beside the one that its user names now, and leaves no other of ours behind. Pure. */
export function flowPlan(
  flow: FlowWanted,
  { bound, representation }: { readonly bound: unknown; readonly representation: Representation },
): FlowPlan {
  const equal = aliasesOf(flow).filter((alias) => flowFields(flow, alias, representation).length === 0);
  const keep = equal.find((alias) => alias === bound) ?? equal[0];
  const alias = keep ?? aliasesOf(flow).find((candidate) => candidate !== bound) ?? flow.alias;
  const mine = ours(flow, liveFlows(representation));
  const isOf = (found: LiveFlow, top: unknown): boolean =>
    found.alias === top || found.alias.startsWith(childAlias(String(top), ""));
  if (keep !== undefined) return { alias, before: [], after: mine.filter((found) => !isOf(found, keep)).map(removal) };
  const inTheWay = mine.filter((found) => !isOf(found, bound)).map(({ id }) => id);
  const body: FlowReplacement = { flow: { alias, steps: flow.steps }, inTheWay, replaced: [] };
  const fields =
    mine.length > inTheWay.length ? flowFields(flow, String(bound), representation) : [`flows.${flow.alias}`];
  const build = { method: "POST", path: "/authentication/flows", body, fields, why: "a login flow differs" } as const;
  return {
    alias,
    before: [{ kind: "flow", ...build }],
    after: mine.filter((found) => isOf(found, bound)).map(removal),
  };
}

function replacement(flow: FlowDesired, representation: Representation): RealmChange {
  const bound = representation[flow.binding];
  const boundIsOurs = aliasesOf(flow).some((alias) => alias === bound);
  const alias = aliasesOf(flow).find((candidate) => candidate !== bound) ?? flow.alias;
  const mine = ours(flow, liveFlows(representation));
  const isBound = (found: LiveFlow): boolean =>
    boundIsOurs && (found.alias === bound || found.alias.startsWith(childAlias(String(bound), "")));
  const body: FlowReplacement = {
    flow: { ...flow, alias },
    inTheWay: mine.filter((found) => !isBound(found)).map(({ id }) => id),
    replaced: mine.filter(isBound).map(({ id }) => id),
  };
  return {
    kind: "flow",
    method: "POST",
    path: "/authentication/flows",
    body,
    fields: boundIsOurs ? flowFields(flow, String(bound), representation) : [`realm.${flow.binding}`],
    why: "the login flow differs",
  };
}

function removal(found: LiveFlow): RealmChange {
  return {
    kind: "sub-resource",
    method: "DELETE",
    path: `/authentication/flows/${found.id}`,
    fields: [`flows.${found.alias}`],
    why: "a flow of ours that nothing uses",
  };
}

function liveFlows(representation: Representation): readonly LiveFlow[] {
  return (representation["authenticationFlows"] ?? []) as readonly LiveFlow[];
}

/** Our flows and their children, parents first: with a parent the server removes its children. */
function ours(flow: FlowWanted, live: readonly LiveFlow[]): readonly LiveFlow[] {
  return live
    .filter((found) =>
      aliasesOf(flow).some((alias) => found.alias === alias || found.alias.startsWith(childAlias(alias, ""))),
    )
    .sort((left, right) => Number(right.topLevel) - Number(left.topLevel));
}

function flowFields(
  flow: FlowWanted & { readonly binding?: FlowDesired["binding"] },
  alias: string,
  representation: Representation,
): string[] {
  const where = `flows.${flow.binding ?? flow.alias}`;
  return differences(wantedTree(flow.steps), liveTree(representation, alias, alias), where);
}

/** Steps by name, and their order: so that a difference is named by where it is. */
function wantedTree(steps: readonly FlowStep[]): Representation {
  const entries = steps.map((step) => {
    const { name, requirement } = step;
    if (step.kind === "flow") return [name, { requirement, ...wantedTree(step.steps) }] as const;
    return [name, { requirement, ...(step.config === undefined ? {} : { config: step.config }) }] as const;
  });
  return { steps: steps.map((step) => step.name), ...Object.fromEntries(entries) };
}

function liveTree(representation: Representation, top: string, alias: string): Representation | undefined {
  const found = liveFlows(representation).find((flow) => flow.alias === alias);
  if (found === undefined) return undefined;
  const executions = [...(found.authenticationExecutions ?? [])].sort((left, right) => left.priority - right.priority);
  const nameOf = ({ authenticator, flowAlias }: LiveExecution): string => {
    const prefix = childAlias(top, "");
    if (flowAlias === undefined) return authenticator ?? "";
    return flowAlias.startsWith(prefix) ? flowAlias.slice(prefix.length) : flowAlias;
  };
  const configs = (representation["authenticatorConfig"] ?? []) as readonly Representation[];
  const entries = executions.map((execution): [string, Representation] => {
    const { requirement, flowAlias, authenticatorConfig } = execution;
    const config = configs.find((candidate) => candidate["alias"] === authenticatorConfig)?.["config"];
    const inner = flowAlias === undefined ? undefined : liveTree(representation, top, flowAlias);
    return [nameOf(execution), { requirement, ...(config === undefined ? {} : { config }), ...inner }];
  });
  return { steps: executions.map(nameOf), ...Object.fromEntries(entries) };
}

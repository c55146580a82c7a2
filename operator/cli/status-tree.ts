import { type Condition, conditionTypes } from "../../crds/v1alpha1/conditions.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { ConditionTable } from "../reconcile/conditions.ts";

export type Light = "ready" | "not-ready" | "unknown";

/** An object as a person names it to kubectl. */
export interface NamedObject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** One line of the tree. */
export interface StatusNode {
  readonly label: string;
  readonly light: Light;
  readonly reason: string;
  readonly message: string;
  /** Where the line stands for an object, not for one of its conditions. */
  readonly object?: NamedObject;
  /** It is told, and Ready does not depend on it. */
  readonly aside?: true;
  readonly children: readonly StatusNode[];
}

/** The first thing that is wrong, as deep as it can be followed: that is where a person starts. */
export interface FirstFailure {
  readonly path: readonly string[];
  readonly reason: string;
  readonly message: string;
  /** The object whose condition it is. */
  readonly object: NamedObject | undefined;
}

/** What a person reads for each light. */
export const lightWords: Readonly<Record<Light, string>> = {
  ready: "Ready",
  "not-ready": "Not ready",
  unknown: "Unknown",
};

interface StatusBearer {
  readonly kind: string;
  readonly metadata: { readonly generation?: number; readonly name: string; readonly namespace?: string };
  readonly status?:
    | { readonly observedGeneration?: number | undefined; readonly conditions?: readonly Condition[] | undefined }
    | undefined;
}

export type Summary = Pick<StatusNode, "light" | "reason" | "message">;

/** Ready as a reader must take it: a condition of an older generation says nothing about the spec of now. */
export function summaryOf(object: StatusBearer): Summary {
  const ready = object.status?.conditions?.find((condition) => condition.type === "Ready");
  if (ready === undefined || object.status?.observedGeneration !== object.metadata.generation) {
    return {
      light: "unknown",
      reason: "NotObserved",
      message: "The operator has not looked at this generation yet. Is it running?",
    };
  }
  return { light: lightOf(ready), reason: ready.reason, message: ready.message };
}

function lightOf(condition: Condition): Light {
  if (condition.status === "True") return "ready";
  return condition.status === "False" ? "not-ready" : "unknown";
}

const summaryTypes = new Set(["Ready", "Reconciling", "Stalled"]);

function conditionNodes(object: StatusBearer): StatusNode[] {
  return (object.status?.conditions ?? [])
    .filter((condition) => !summaryTypes.has(condition.type))
    .map((condition) => ({
      label: condition.type,
      light: lightOf(condition),
      reason: condition.reason,
      message: condition.message,
      ...(isAside(object.kind, condition.type) ? { aside: true as const } : {}),
      children: [],
    }));
}

function isAside(kind: string, type: string): boolean {
  const tables: Readonly<Record<string, ConditionTable>> = conditionTypes;
  return tables[kind]?.shown.includes(type) ?? false;
}

function objectNode(label: string, object: StatusBearer, children: readonly StatusNode[]): StatusNode {
  const { name, namespace } = object.metadata;
  const named = { kind: object.kind, ...(namespace === undefined ? {} : { namespace }), name };
  return { label, ...summaryOf(object), object: named, children };
}

/** Region → tenant → conditions and modules. Pure. */
export function tenantTree(
  tenant: Tenant,
  modules: readonly ModuleDeployment[],
  region: SovereignRegion | undefined,
): StatusNode {
  const moduleNodes = modules.map((module) => {
    const url = module.status?.url === undefined ? "" : ` ${module.status.url}`;
    return objectNode(`${module.spec.module}${url}`, module, conditionNodes(module));
  });
  const conditions = conditionNodes(tenant);
  const hasPlace = conditions.some((node) => node.label === "ModulesReady");
  const below = conditions.map((node) => (node.label === "ModulesReady" ? { ...node, children: moduleNodes } : node));
  const children = [regionNode(tenant, region), ...below, ...(hasPlace ? [] : moduleNodes)];
  return objectNode(`Tenant ${tenant.metadata.name}`, tenant, children);
}

function regionNode(tenant: Tenant, region: SovereignRegion | undefined): StatusNode {
  if (region !== undefined)
    return objectNode(`SovereignRegion ${region.metadata.name}`, region, conditionNodes(region));
  return {
    label: `SovereignRegion ${tenant.spec.regionRef.name}`,
    light: "not-ready",
    reason: "DependencyMissing",
    message: "does not exist; the tenant goes on by itself once it does",
    children: [],
  };
}

/** Follows the first branch that is not ready down to its leaf. */
export function firstFailure(root: StatusNode): FirstFailure | undefined {
  return failureBelow(root, [], undefined);
}

function failureBelow(
  node: StatusNode,
  path: readonly string[],
  owner: NamedObject | undefined,
): FirstFailure | undefined {
  const here = [...path, node.label];
  const object = node.object ?? owner;
  const wrong = node.children.find((child) => child.light !== "ready" && child.aside !== true);
  // Below a line that is Ready nothing has to be mended, except at the root: a tenant may be Ready while its region is not.
  if (wrong !== undefined && (node.light !== "ready" || path.length === 0)) return failureBelow(wrong, here, object);
  return node.light === "ready" ? undefined : { path: here, reason: node.reason, message: node.message, object };
}

/** The tree as text, a line a node. `paint` colours a word by its light. */
export function renderTree(node: StatusNode, paint: (light: Light, text: string) => string): string[] {
  return renderNode(node, { prefix: "", branch: "", paint });
}

function renderNode(
  node: StatusNode,
  at: { prefix: string; branch: string; paint: (light: Light, text: string) => string },
): string[] {
  const detail = node.light === "ready" ? "" : `  ${node.reason}: ${node.message}`;
  const word = at.paint(node.light, lightWords[node.light].padEnd(9));
  const inner = at.prefix + (at.branch === "" ? "" : at.branch.startsWith("└") ? "   " : "│  ");
  const lines = [`${at.prefix}${at.branch}${word} ${node.label}${detail}`];
  node.children.forEach((child, index) => {
    const last = index === node.children.length - 1;
    lines.push(...renderNode(child, { prefix: inner, branch: last ? "└─ " : "├─ ", paint: at.paint }));
  });
  return lines;
}

import type { Condition } from "../../crds/v1alpha1/conditions.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";

export type Light = "ready" | "not-ready" | "unknown";

/** One line of the tree. */
export interface StatusNode {
  readonly label: string;
  readonly light: Light;
  readonly reason: string;
  readonly message: string;
  readonly children: readonly StatusNode[];
}

/** The first thing that is wrong, as deep as it can be followed: that is where a person starts. */
export interface FirstFailure {
  readonly path: readonly string[];
  readonly reason: string;
  readonly message: string;
}

interface StatusBearer {
  readonly metadata: { readonly generation?: number; readonly name: string };
  readonly status?:
    | { readonly observedGeneration?: number | undefined; readonly conditions?: readonly Condition[] | undefined }
    | undefined;
}

/** Ready as a reader must take it: a condition of an older generation says nothing about the spec of now. */
function summary(object: StatusBearer): Pick<StatusNode, "light" | "reason" | "message"> {
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

const summaries = new Set(["Ready", "Reconciling", "Stalled"]);

function conditionNodes(object: StatusBearer): StatusNode[] {
  return (object.status?.conditions ?? [])
    .filter((condition) => !summaries.has(condition.type))
    .map((condition) => ({
      label: condition.type,
      light: lightOf(condition),
      reason: condition.reason,
      message: condition.message,
      children: [],
    }));
}

/** Region → tenant → conditions and modules. Pure. */
export function tenantTree(
  tenant: Tenant,
  modules: readonly ModuleDeployment[],
  region: SovereignRegion | undefined,
): StatusNode {
  const moduleNodes = modules.map((module) => ({
    label: `${module.spec.module}${module.status?.url === undefined ? "" : ` ${module.status.url}`}`,
    ...summary(module),
    children: conditionNodes(module),
  }));
  const children = conditionNodes(tenant).map((node) =>
    node.label === "ModulesReady" ? { ...node, children: moduleNodes } : node,
  );
  const regionNode: StatusNode =
    region === undefined
      ? {
          label: `SovereignRegion ${tenant.spec.regionRef.name}`,
          light: "not-ready",
          reason: "DependencyMissing",
          message: "does not exist",
          children: [],
        }
      : regionTree(region);
  return { label: `Tenant ${tenant.metadata.name}`, ...summary(tenant), children: [regionNode, ...children] };
}

export function regionTree(region: SovereignRegion): StatusNode {
  return { label: `SovereignRegion ${region.metadata.name}`, ...summary(region), children: conditionNodes(region) };
}

/** Follows the first branch that is not ready down to its leaf. */
export function firstFailure(node: StatusNode, path: readonly string[] = []): FirstFailure | undefined {
  const here = [...path, node.label];
  if (node.light === "ready" && path.length > 0) return undefined;
  for (const child of node.children) {
    const deeper = child.light === "ready" ? undefined : firstFailure(child, here);
    if (deeper !== undefined) return deeper;
  }
  return node.light === "ready" ? undefined : { path: here, reason: node.reason, message: node.message };
}

/** The tree as text, a line a node. `paint` colours a word by its light. */
export function renderTree(node: StatusNode, paint: (light: Light, text: string) => string): string[] {
  return renderNode(node, { prefix: "", branch: "", paint });
}

const words: Readonly<Record<Light, string>> = { ready: "Ready", "not-ready": "Not ready", unknown: "Unknown" };

function renderNode(
  node: StatusNode,
  at: { prefix: string; branch: string; paint: (light: Light, text: string) => string },
): string[] {
  const detail = node.light === "ready" ? "" : `  ${node.reason}: ${node.message}`;
  const lines = [`${at.prefix}${at.branch}${at.paint(node.light, words[node.light].padEnd(9))} ${node.label}${detail}`];
  const inner = at.prefix + (at.branch === "" ? "" : at.branch.startsWith("└") ? "   " : "│  ");
  node.children.forEach((child, index) => {
    const last = index === node.children.length - 1;
    lines.push(...renderNode(child, { prefix: inner, branch: last ? "└─ " : "├─ ", paint: at.paint }));
  });
  return lines;
}

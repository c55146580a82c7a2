import { apiVersion } from "../../crds/group.ts";
import { type Reason, reasons } from "../../crds/v1alpha1/conditions.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import { type FirstFailure, firstFailure, renderTree, type StatusNode, tenantTree } from "./status-tree.ts";
import { exitCode, table, type Terminal } from "./terminal.ts";

/** Prints the state of one tenant, or a line for each. Exit code 3 when anything shown is not Ready. Throws Error when there is no such tenant. */
export async function runStatus(name: string | undefined, kube: KubeApi, terminal: Terminal): Promise<number> {
  return name === undefined ? await statusOfAll(kube, terminal) : await statusOfOne(name, kube, terminal);
}

interface Remedy {
  readonly meaning: string;
  readonly causes: string;
  readonly command: string;
}

/** What docs/conditions.md says of the reason, with the tenant's name where the command wants it. */
export function remedyOf(failure: FirstFailure, tenant: string): Remedy | undefined {
  if (!(failure.reason in reasons)) return undefined;
  const { meaning, causes, command } = reasons[failure.reason as Reason];
  return { meaning, causes, command: command.replaceAll("<tenant>", tenant) };
}

async function statusOfOne(name: string, kube: KubeApi, terminal: Terminal): Promise<number> {
  const tenant = await kube.get<Tenant>({ apiVersion, kind: "Tenant", name });
  if (tenant === undefined) throw new Error(`Tenant ${name} does not exist. \`socle status\` lists those that do.`);
  const tree = await treeOf(tenant, kube);
  const failure = firstFailure(tree);
  if (terminal.json) {
    const remedy = failure === undefined ? undefined : remedyOf(failure, name);
    terminal.printJson({
      ready: failure === undefined,
      ...(failure === undefined ? {} : { firstFailure: { ...failure, ...remedy } }),
      tree,
    });
  } else terminal.print(...renderTree(tree, terminal.paint), ...explain(failure, name));
  return failure === undefined ? exitCode.done : exitCode.notWell;
}

async function treeOf(tenant: Tenant, kube: KubeApi): Promise<StatusNode> {
  const { name } = tenant.metadata;
  const modules = await kube.list<ModuleDeployment>(
    { apiVersion, kind: "ModuleDeployment" },
    { namespace: `t-${name}` },
  );
  const region = await kube.get<SovereignRegion>({
    apiVersion,
    kind: "SovereignRegion",
    name: tenant.spec.regionRef.name,
  });
  return tenantTree(tenant, modules.items, region);
}

function explain(failure: FirstFailure | undefined, tenant: string): string[] {
  if (failure === undefined) return [];
  const remedy = remedyOf(failure, tenant);
  const lines = ["", `First failure: ${failure.path.join(" › ")}`, `  ${failure.reason}: ${failure.message}`];
  if (remedy === undefined) return lines;
  return [...lines, `  Means:  ${remedy.meaning}`, `  Causes: ${remedy.causes}`, `  Try:    ${remedy.command}`];
}

async function statusOfAll(kube: KubeApi, terminal: Terminal): Promise<number> {
  const { items: tenants } = await kube.list<Tenant>({ apiVersion, kind: "Tenant" });
  const trees = await Promise.all(tenants.map(async (tenant) => ({ tenant, tree: await treeOf(tenant, kube) })));
  const rows = trees.map(({ tenant, tree }) => ({
    name: tenant.metadata.name,
    region: tenant.spec.regionRef.name,
    domain: tenant.spec.domain,
    ready: tree.light === "ready",
    light: tree.light,
    modules: tenant.status?.modulesReady ?? "",
    reason: tree.reason,
    message: tree.light === "ready" ? "" : tree.message,
  }));
  if (terminal.json) terminal.printJson({ tenants: rows });
  else if (rows.length === 0)
    terminal.print("No tenants. Apply one, for example: kubectl apply -f examples/tenant-commune.yaml");
  else {
    const words = { ready: "Ready", "not-ready": "Not ready", unknown: "Unknown" } as const;
    const header = ["TENANT", "REGION", "DOMAIN", "MODULES", "STATE", ""];
    const cells = rows.map((row) => [
      row.name,
      row.region,
      row.domain,
      row.modules,
      words[row.light],
      row.message === "" ? "" : `${row.reason}: ${row.message}`,
    ]);
    terminal.print(...table([header, ...cells]).map((line) => line.trimEnd()));
  }
  return rows.every((row) => row.ready) ? exitCode.done : exitCode.notWell;
}

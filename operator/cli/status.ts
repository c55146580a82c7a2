import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import { type Remedy, remedyOf } from "./remedy.ts";
import {
  type FirstFailure,
  firstFailure,
  lightWords,
  renderTree,
  type Summary,
  summaryOf,
  tenantTree,
} from "./status-tree.ts";
import { exitCode, table, type Terminal } from "./terminal.ts";

/** Prints the state of one tenant, or a line for each region and tenant. Exit code 3 when anything shown is not Ready. Throws Error when there is no such tenant. */
export async function runStatus(name: string | undefined, kube: KubeApi, terminal: Terminal): Promise<number> {
  return name === undefined ? await statusOfAll(kube, terminal) : await statusOfOne(name, kube, terminal);
}

async function statusOfOne(name: string, kube: KubeApi, terminal: Terminal): Promise<number> {
  const tenant = await kube.get<Tenant>({ apiVersion, kind: "Tenant", name });
  if (tenant === undefined) throw new Error(`Tenant ${name} does not exist. \`socle status\` lists those that do.`);
  const regionName = tenant.spec.regionRef.name;
  const [modules, region] = await Promise.all([
    kube.list<ModuleDeployment>({ apiVersion, kind: "ModuleDeployment" }, { namespace: `t-${name}` }),
    kube.get<SovereignRegion>({ apiVersion, kind: "SovereignRegion", name: regionName }),
  ]);
  const tree = tenantTree(tenant, modules.items, region);
  const failure = firstFailure(tree);
  const remedy = failure === undefined ? undefined : remedyOf(failure, { tenant: name, region: regionName });
  if (terminal.json) {
    const first = failure === undefined ? {} : { firstFailure: { ...failure, ...remedy } };
    terminal.printJson({ ready: failure === undefined, ...first, tree });
  } else {
    terminal.print(...renderTree(tree, terminal.paint), ...(failure === undefined ? [] : explained(failure, remedy)));
  }
  return failure === undefined ? exitCode.done : exitCode.notWell;
}

function explained(failure: FirstFailure, remedy: Remedy | undefined): string[] {
  const lines = ["", `First failure: ${failure.path.join(" › ")}`, `  ${failure.reason}: ${failure.message}`];
  if (remedy === undefined) return lines;
  const { meaning, causes, remedy: what, command } = remedy;
  return [...lines, `  Means:  ${meaning}`, `  Causes: ${causes}`, `  Do:     ${what}`, `  Try:    ${command}`];
}

interface Row {
  readonly name: string;
  readonly ready: boolean;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
}

function rowOf(name: string, { light, reason, message }: Summary): Row {
  return {
    name,
    ready: light === "ready",
    state: lightWords[light],
    reason,
    message: light === "ready" ? "" : message,
  };
}

async function statusOfAll(kube: KubeApi, terminal: Terminal): Promise<number> {
  const [regionList, tenantList] = await Promise.all([
    kube.list<SovereignRegion>({ apiVersion, kind: "SovereignRegion" }),
    kube.list<Tenant>({ apiVersion, kind: "Tenant" }),
  ]);
  const regions = regionList.items.map((region) => ({
    ...rowOf(region.metadata.name, summaryOf(region)),
    tenants: tenantList.items.filter((tenant) => tenant.spec.regionRef.name === region.metadata.name).length,
  }));
  const tenants = tenantList.items.map((tenant) => ({
    ...rowOf(tenant.metadata.name, summaryOf(tenant)),
    region: tenant.spec.regionRef.name,
    domain: tenant.spec.domain,
    modules: tenant.status?.modulesReady ?? "",
  }));
  if (terminal.json) terminal.printJson({ regions, tenants });
  else {
    terminal.print(
      ...listed(
        ["REGION", "TENANTS", "STATE"],
        regions.map((row) => [row.name, String(row.tenants), ...state(row)]),
        "No regions. Describe one, for example: kubectl apply -f examples/region.yaml",
      ),
      "",
      ...listed(
        ["TENANT", "REGION", "DOMAIN", "MODULES", "STATE"],
        tenants.map((row) => [row.name, row.region, row.domain, row.modules, ...state(row)]),
        "No tenants. Apply one, for example: kubectl apply -f examples/tenant-commune.yaml",
      ),
    );
  }
  return [...regions, ...tenants].every((row) => row.ready) ? exitCode.done : exitCode.notWell;
}

function state(row: Row): string[] {
  return row.ready ? [row.state] : [row.state, `${row.reason}: ${row.message}`];
}

function listed(header: readonly string[], rows: readonly (readonly string[])[], none: string): string[] {
  return rows.length === 0 ? [none] : table([header, ...rows]);
}

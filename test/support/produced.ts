import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { tenantManifests } from "../../constructs/tenant/tenant-manifests.ts";
import { parseModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { Parsed } from "../../crds/v1alpha1/parse.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import { moduleManifests } from "../../operator/controllers/module/manifests.ts";
import { composedScene } from "../../operator/controllers/module/scene.ts";
import { isolationInput, mirrorData, moduleManifest } from "../../operator/controllers/tenant/desired.ts";
import { moduleClosure } from "../../operator/modules/closure.ts";
import type { DesiredModule } from "../../operator/modules/driver.ts";
import { managedGap, managedKeycloak } from "../../operator/modules/keycloak/server.ts";
import { driverOf } from "../../operator/modules/registry.ts";
import type { Fields } from "./text-leaves.ts";

const installation = "00000000-0000-0000-0000-000000000000";
const cluster = { kinds: { has: () => true } as unknown as ReadonlySet<string>, apiServers: [] };
const operatorSubject = { kind: "User", name: "socle" } as const;

/** An example as a person writes it, before anybody reads it. */
export function example(file: string): Fields {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "examples", file), "utf8");
  return parse(text) as Fields;
}

/** What the API server would keep of an object: an error names what its schema refuses. */
export function accepted<Value>(object: Fields, parser: (object: unknown) => Parsed<Value>): Value {
  const metadata = { ...(object["metadata"] as Fields), uid: "of a test", resourceVersion: "1" };
  const parsed = parser({ ...object, metadata });
  if (!parsed.ok) throw new Error(parsed.issues.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return parsed.value;
}

/**
 * Everything that the operator makes of a tenant and its region: objects of the cluster, those of the region's own Keycloak, and what it asks of
 * other systems. As plain data, in one tree. Throws where something of it cannot be made.
 */
export function produced(tenant: Tenant, region: SovereignRegion): Fields {
  const modules = desiredModules(tenant, region);
  const surroundings = { operatorNamespace: "socle-system", operatorSubject, office: true };
  const { namespaces, isolation } = tenantManifests(isolationInput(tenant, region, surroundings));
  return {
    isolation: [...namespaces, ...isolation],
    mirror: mirrorData(tenant, { modules: [], publish: [], records: [] }),
    modules: modules.map(([name, desired]) => ({ name, objects: moduleManifests(desired), ...outside(desired) })),
    keycloak: identityServer(region),
  };
}

/** What the drivers make of the tenant's modules, in the order of need. */
export function desiredModules(tenant: Tenant, region: SovereignRegion): readonly (readonly [string, DesiredModule])[] {
  const all = moduleClosure(tenant).map((entry) => accepted(moduleManifest(tenant, entry), parseModuleDeployment));
  return all.map((module) => {
    const siblings = all.filter((other) => other !== module);
    const trustBundle = region.spec.trustBundle === undefined ? undefined : "a certificate\n";
    const scene = composedScene({
      module,
      tenant,
      region,
      siblings,
      cluster,
      live: [],
      claims: [],
      trustBundle,
      installation,
    });
    const driver = driverOf(module.spec.module);
    const gap = driver?.gap(scene);
    if (driver === undefined || gap !== undefined)
      throw new Error(`${module.spec.module}: ${gap?.message ?? "no driver"}`);
    return [module.spec.module, driver.desired(scene)] as const;
  });
}

function outside({ application: _made, server: _too, ...desired }: DesiredModule): Fields {
  return desired;
}

function identityServer(region: SovereignRegion): unknown {
  if (region.spec.keycloak.mode === "External") return undefined;
  const gap = managedGap(region, cluster);
  if (gap !== undefined) throw new Error(gap.message);
  const marker = `${installation}/region`;
  const made = managedKeycloak(region, { runs: undefined, trustBundle: undefined, marker, cluster });
  const all = { ...made, server: made.workload({ published: true, stopped: false }) };
  // What it can still be asked for is no part of what it is.
  return JSON.parse(JSON.stringify(all)) as unknown;
}

import type { Caches } from "./caches.ts";
import type { TenantControls } from "./controllers/report/controls.ts";
import { Evidence } from "./controllers/report/evidence.ts";
import { RegionReportReconciler, TenantReportReconciler } from "./controllers/report/reconciler.ts";
import { MountedSettings } from "./controllers/report/settings.ts";
import type { KubeApi } from "./kube/kube-api.ts";
import { catalogue, catalogueVersion } from "./policy/catalogue/catalogue.ts";
import type { CheckedWorld } from "./policy/checked-world.ts";
import { EvidenceKeeper } from "./policy/evidence/keeper.ts";
import type { Clock, Reconciler } from "./runtime/reconciler.ts";
import { evidenceSink } from "./systems/evidence.ts";
import type { RegionSystems } from "./systems/region-systems.ts";
import { programVersion } from "./version.ts";

export interface ReporterPorts {
  readonly kube: KubeApi;
  readonly clock: Clock;
  readonly world: CheckedWorld;
  readonly controls: TenantControls;
  readonly systems: RegionSystems;
  readonly installation: string;
  /** Told whether the evidence of a region could be kept. */
  readonly onKept: (region: string, kept: boolean) => void;
  /** Takes out of a text every secret that the operator knows. */
  readonly redact: (text: string) => string;
}

/** What judges tenants and the platform, and writes what it found. */
export function reporters(
  caches: Caches,
  ports: ReporterPorts,
): Readonly<Record<"tenantReports" | "regionReports", Reconciler>> {
  const { kube, redact, systems, installation, onKept } = ports;
  const keeper = new EvidenceKeeper({ catalogue: `${programVersion()} ${catalogueVersion}`, redact });
  const evidence = new Evidence({
    kube,
    keeper,
    sinkOf: (region, { log, signal }) => evidenceSink(region, { systems, installation, log, signal }),
    onKept,
  });
  const shared = { ...ports, catalogue, evidence, regions: caches.regions.cache };
  return {
    tenantReports: new TenantReportReconciler({
      ...shared,
      tenants: caches.tenants.cache,
      reports: caches.reports.cache,
      settings: new MountedSettings(shared),
    }),
    regionReports: new RegionReportReconciler({
      ...shared,
      reports: caches.clusterReports.cache,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
    }),
  };
}

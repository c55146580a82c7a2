import { apiVersion } from "../../../crds/group.ts";
import { publishStatus } from "../../reconcile/publish-status.ts";
import type { StoryEnd } from "../../reconcile/story.ts";
import type { TenantPorts, TenantScene } from "./scene.ts";
import { tenantStatus } from "./status.ts";

/** Writes the status of a tenant if anything in it changed. */
export async function publishTenant(scene: TenantScene, end: StoryEnd, ports: TenantPorts): Promise<void> {
  const status = tenantStatus(scene, end, ports.clock.now());
  await publishStatus(
    { object: scene.tenant, apiVersion, kind: "Tenant", status, fieldManager: "socle-tenant-status" },
    { kube: ports.kube, cache: ports.tenants, events: ports.events },
  );
}

import type { DesiredModule } from "../../modules/driver.ts";
import type { ModuleScene } from "./scene.ts";
import { secretNamespace } from "./secrets.ts";

/** What stays of a module that is removed without being erased, and where; empty where it keeps nothing. Pure. */
export function keptText({ tenant, live }: Pick<ModuleScene, "tenant" | "live">, desired: DesiredModule): string {
  const { database, bucket, realm, context, secrets } = desired;
  const kept = [
    ...(database === undefined ? [] : [`database ${database.desired.database} on ${database.server}`]),
    ...(bucket === undefined ? [] : [`bucket ${bucket.desired.bucket} on ${bucket.server}`]),
    ...(realm === undefined ? [] : [`realm ${realm.desired.realm} on ${realm.server}`]),
    ...(context === undefined ? [] : [`context ${context.desired.name} on ${context.server}`]),
    ...live
      .filter(({ kind }) => kind === "PersistentVolumeClaim")
      .map(({ metadata }) => `volume ${metadata.namespace ?? ""}/${metadata.name}`),
    ...secrets.map(({ name, place }) => `Secret ${secretNamespace(tenant.metadata.name, place)}/${name}`),
  ];
  return kept.join(", ");
}

import { operatorUser } from "../support/installation.ts";
import { type TenantObjects, rawTenantObjects } from "./objects.ts";
import { inFlight, type World } from "./world.ts";

export interface Floor {
  readonly writesPerSecond: number;
  readonly objectsPerTenant: number;
  /** CPU of the client, for one write. */
  readonly clientMsPerWrite: number;
  readonly others: number;
  readonly note: string;
}

/**
 * The rate at which the API server takes the objects of tenants from a client that does nothing else: namespaces by create, the rest
 * by server-side apply, as the operator's own user, with as many calls at a time as the operator makes.
 */
export async function writeFloor(world: World, tenants: number, prefix: string): Promise<Floor> {
  const kube = world.operatorUser;
  const meter = world.meter();
  const all = Array.from({ length: tenants }, (_, index) =>
    rawTenantObjects(`${prefix}${index.toString().padStart(4, "0")}`, operatorUser),
  );
  const every = (part: keyof TenantObjects) => all.flatMap((objects) => objects[part]);
  const apply = (manifest: Parameters<typeof kube.apply>[0]) =>
    kube.apply(manifest, { fieldManager: "socle-tenant", force: true });
  const milliseconds =
    (await inFlight(every("namespaces"), (manifest) => kube.create(manifest))) +
    (await inFlight(every("bindings"), apply)) +
    (await inFlight(every("rest"), apply));
  const writes = every("namespaces").length + every("bindings").length + every("rest").length;
  return {
    writesPerSecond: writes / (milliseconds / 1000),
    objectsPerTenant: writes / tenants,
    clientMsPerWrite: (1000 * (meter.seconds().get("the bench and its doubles") ?? 0)) / writes,
    others: meter.others(),
    note: meter.text(),
  };
}

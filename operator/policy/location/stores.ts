import { type Manifest, refOf } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import type { Around } from "../check.ts";
import { tenantOfNamespace } from "../checks/tenant-namespace.ts";
import { tenantLabel } from "../checks/tenant-region.ts";
import { isRead, type Read } from "../read.ts";
import { surroundingsOf } from "../surroundings.ts";
import { Seen, type SeenText, Unknown } from "../seen.ts";
import { placeOfBucket, placeOfClaim, placeOfCluster, placeOfServer, regionOfTenant } from "./place.ts";
import {
  claims,
  classes,
  clusters,
  moduleLabel,
  modules,
  nodes,
  providerFacts,
  regions,
  tenants,
  volumes,
} from "./reads.ts";
import type { Place, Store } from "./store.ts";

/** What holds data of tenants, or names what does. */
export const carriers: readonly Read[] = [claims, clusters, modules];
/** What tells where it lies. */
export const tellers: readonly Read[] = [tenants, regions, volumes, classes, nodes, providerFacts];

/** Every store of every tenant among these objects, and where each lies; what is not to be understood is among them too. Pure. */
export function storesOf(objects: readonly Manifest[]): readonly Store[] {
  const seen = [...carriers, ...tellers].flatMap((read) =>
    objects
      .filter((object) => isRead(read, object) && (!inTenant.includes(read) || isOfTenant(object)))
      .map((object) => new Seen(object, read)),
  );
  const byKind = Map.groupBy(seen, ({ object }) => object.kind);
  const around = surroundingsOf(byKind, () => "");
  return carriers.flatMap(({ kind }) => around.of(kind).flatMap((carrier) => understood(carrier, around)));
}

const inTenant = [claims, clusters];
const isOfTenant = ({ metadata }: Manifest): boolean =>
  metadata.labels?.[names.tenantLabel] !== undefined || tenantOfNamespace(metadata.namespace) !== undefined;

function understood(carrier: Seen, around: Around): readonly Store[] {
  try {
    return storesIn(carrier, around);
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    const { name, namespace } = carrier;
    const tenant = tenantOfNamespace(namespace) ?? "";
    const named = { kind: "Unknown", name, tenant, module: "", ...unknownPlace(carrier, error) } as const;
    return [namespace === undefined ? named : { ...named, namespace }];
  }
}

/** The stores that one object holds or names. What cannot be located is Unknown, with the field that would have to be mended. */
export function storesIn(carrier: Seen, around: Around): readonly Store[] {
  if (carrier.object.kind === "ModuleDeployment") return storesOutside(carrier, around);
  if (carrier.object.kind === "Cluster" && hasVolumes(carrier, around)) return [];
  const tenant = carrier.text(tenantLabel.path);
  const placeOf = carrier.object.kind === "Cluster" ? placeOfCluster : placeOfClaim;
  return [
    {
      kind: "Volume",
      name: carrier.name,
      ...(carrier.namespace === undefined ? {} : { namespace: carrier.namespace }),
      tenant: tenant.value,
      module: carrier.text(moduleLabel.path).value,
      ...located(carrier, () => placeOf(carrier, regionOfTenant(tenant, around), around)),
    },
  ];
}

/** Then the claims are the stores, `<cluster>-1` and so on: a Cluster says only what its volumes will be. */
function hasVolumes(cluster: Seen, { within }: Around): boolean {
  const beside = within(cluster.namespace, "PersistentVolumeClaim");
  return beside.some(({ name }) => name.replace(/-\d+(-wal)?$/, "") === cluster.name);
}

function storesOutside(module: Seen, around: Around): readonly Store[] {
  const tenant = module.text("spec.tenantRef.name");
  const [kinds, servers] = ["kind", "server"].map((field) => module.texts(`status.external[].${field}`));
  return module.texts("status.external[].name").map(({ value: name }, index): Store => {
    const kind = kindOf(kinds?.[index]);
    const address = servers?.[index] as SeenText;
    const place = (region: Seen): Place =>
      kind === "Bucket" ? placeOfBucket({ name, address }, region, around) : placeOfServer(address, region, around);
    return {
      kind,
      name,
      tenant: tenant.value,
      module: module.text("spec.module").value,
      ...located(module, () => place(regionOfTenant(tenant, around))),
    };
  });
}

const externalKinds = ["Database", "Realm", "Bucket", "Context"] as const;

function kindOf(told: SeenText | undefined): Store["kind"] {
  const kind = externalKinds.find((one) => one === told?.value);
  if (kind === undefined) throw new Unknown(told?.field ?? "status.external", "The kind of the store is not known.");
  return kind;
}

function located(carrier: Seen, place: () => Place): Place {
  try {
    return place();
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    return unknownPlace(carrier, error);
  }
}

const unknownPlace = ({ object }: Seen, { field, message }: Unknown): Place => ({
  zones: [],
  proof: "Unknown",
  from: { object: refOf(object), field },
  missing: message,
});

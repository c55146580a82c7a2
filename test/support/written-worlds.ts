import { parseSovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import { parseTenant } from "../../crds/v1alpha1/tenant.ts";
import { accepted, example, produced } from "./produced.ts";
import { readBack } from "./read-back.ts";
import { type Fields, withTexts } from "./text-leaves.ts";

/** Texts by the path of their field. */
export type Texts = ReadonlyMap<string, string>;

export interface Written {
  readonly region: Texts;
  readonly tenant: Texts;
  /** By module. */
  readonly versions?: Texts;
}

type Block = Record<string, unknown>;
interface RegionSpec extends Block {
  readonly ingress: Block;
  readonly keycloak: Block;
  readonly postgresql: Block;
  readonly images: { readonly overrides: Block[] };
}

/** A region holds one thing or another where the API has a rule that it holds not both: so every field counts in one of these. */
const regions: Readonly<Record<string, (spec: RegionSpec) => void>> = {
  "an Ingress whose certificates an issuer makes, and a Keycloak of the region's own": ({ ingress, keycloak }) => {
    without(ingress, "gatewayRef", "tlsSecretRef");
    managed(keycloak);
  },
  "a Gateway, images of its own, and Keycloak's database on the region's server": (spec) => {
    without(spec.ingress, "className", "clusterIssuer", "tlsSecretRef");
    managed(spec.keycloak);
    (spec.keycloak["managed"] as Block)["driver"] = "External";
    const { reference } = spec.images.overrides[0] ?? {};
    spec.images.overrides.push({ name: "synapse", reference });
  },
  "an Ingress with a certificate that is handed in, and servers that others run": (spec) => {
    without(spec.ingress, "gatewayRef", "clusterIssuer");
    spec.keycloak["mode"] = "External";
    without(spec.keycloak, "managed");
    spec.postgresql["defaultDriver"] = "External";
  },
};

export const worlds = Object.keys(regions);

function without(block: Block, ...keys: readonly string[]): void {
  for (const key of keys) Reflect.deleteProperty(block, key);
}

function managed(keycloak: Block): void {
  without(keycloak, "adminURL", "adminCredentialsSecretRef");
  keycloak["url"] = String(keycloak["url"]).replace(/^(https:\/\/[^/]*).*$/, "$1");
}

/** Everything that is made of the example ministry in the example region with these texts in their fields, as its readers see it. */
export function madeOf({ region, tenant, versions }: Written, world: string): Fields {
  const place = withTexts(example("region.yaml"), region) as { readonly spec: RegionSpec };
  regions[world]?.(place.spec);
  const ministry = withTexts(example("tenant-ministry.yaml"), tenant) as {
    readonly spec: { readonly modules: Block[] };
  };
  if (place.spec.postgresql["defaultDriver"] === "External")
    for (const entry of ministry.spec.modules) without(entry, "postgresql");
  for (const [module, version] of versions ?? [])
    for (const entry of ministry.spec.modules) if (entry["module"] === module) entry["version"] = version;
  return readBack(
    produced(accepted(ministry, parseTenant), accepted(place as unknown as Fields, parseSovereignRegion)),
  ) as Fields;
}

import { Enums, Models, Serialize, Spec, SPDX } from "@cyclonedx/cyclonedx-library";
import { PackageURL } from "packageurl-js";
import type { ReleaseImage } from "./images.ts";
import type { RuntimePackage } from "./runtime-packages.ts";

export interface Materials {
  readonly version: string;
  readonly packages: readonly RuntimePackage[];
  /** Packages that Socle itself names, as `name@version` says which. */
  readonly direct: readonly string[];
  readonly images: readonly ReleaseImage[];
}

/**
 * The bill of materials as CycloneDX 1.6 in JSON. The same materials give the same bytes: it carries neither a time nor a random serial number.
 * Made of the lock file and not by `npm sbom --omit dev`, which leaves out packages that something for development needs too, zod among them. Pure.
 */
export function billOfMaterials({ version, packages, direct, images }: Materials): string {
  const bom = new Models.Bom();
  const product = new Models.Component(Enums.ComponentType.Application, "socle", {
    bomRef: `socle@${version}`,
    version,
    purl: new PackageURL("npm", undefined, "socle", version).toString(),
  });
  product.licenses.add(new Models.SpdxLicense("Apache-2.0"));
  bom.metadata.component = product;
  const components = new Map(packages.map((entry) => [`${entry.name}@${entry.version}`, packageComponent(entry)]));
  for (const [identity, component] of components) {
    bom.components.add(component);
    if (direct.includes(identity)) product.dependencies.add(component.bomRef);
  }
  for (const { name, version: own, needs } of packages) {
    const { dependencies } = components.get(`${name}@${own}`) ?? product;
    for (const component of needs.map((identity) => components.get(identity)))
      if (component !== undefined) dependencies.add(component.bomRef);
  }
  for (const image of images) bom.components.add(imageComponent(image));
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function packageComponent({ name, version, licence, integrity }: RuntimePackage): Models.Component {
  const [, scope, short = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  const component = new Models.Component(Enums.ComponentType.Library, short, {
    bomRef: `${name}@${version}`,
    version,
    scope: Enums.ComponentScope.Required,
    purl: new PackageURL("npm", scope, short, version).toString(),
    ...(scope === undefined ? {} : { group: scope }),
  });
  if (licence !== "") component.licenses.add(licenceOf(licence));
  const digest = /^sha512-(.+)$/.exec(integrity ?? "")?.[1];
  if (digest !== undefined)
    component.hashes.set(Enums.HashAlgorithm["SHA-512"], Buffer.from(digest, "base64").toString("hex"));
  return component;
}

function licenceOf(licence: string): Models.License {
  return SPDX.isSupportedSpdxId(licence) ? new Models.SpdxLicense(licence) : new Models.NamedLicense(licence);
}

/** Optional: which of them run is for the tenants to say. */
function imageComponent({ reference }: ReleaseImage): Models.Component {
  const [, repository = "", tag, digest] = /^(.+?)(?::([^:/@]+))?(?:@(sha256:.+))?$/.exec(reference) ?? [];
  const name = repository.slice(repository.lastIndexOf("/") + 1);
  const qualifiers = { repository_url: repository, ...(tag === undefined ? {} : { tag }) };
  const component = new Models.Component(Enums.ComponentType.Container, repository, {
    bomRef: reference,
    scope: Enums.ComponentScope.Optional,
    purl: new PackageURL("oci", undefined, name, digest, qualifiers).toString(),
    ...(tag === undefined ? {} : { version: tag }),
  });
  return component;
}

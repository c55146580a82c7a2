import { builtByPlatforms, catalogueImages } from "../../operator/modules/catalogue.ts";
import { imageArchiveName } from "../../operator/version.ts";

/** An image that Socle can run. */
export interface ReleaseImage {
  readonly reference: string;
  /** What a reader has to know of it. */
  readonly remark: string;
}

/** The operator's own image and every one of the catalogue; `digest` is that of the operator's, where it was built. Pure. */
export function releaseImages(version: string, digest: string | undefined): ReleaseImage[] {
  const own = `socle:${version}${digest === undefined ? "" : `@${digest}`}`;
  return [
    {
      reference: own,
      remark: `operator; ${digest === undefined ? "not part of this release" : imageArchiveName(version)}`,
    },
    ...catalogueImages().map(({ name, reference }) => ({ reference, remark: remarkOf(name) })),
  ];
}

/** images.txt: a reference a line, each below what it is. Pure. */
export function imageList(version: string, images: readonly ReleaseImage[]): string {
  return [
    `# Images that Socle ${version} can run, with their digests where this release knows them.`,
    "# A comment begins with the name by which spec.images.overrides of a SovereignRegion replaces the image below it.",
    ...images.flatMap(({ reference, remark }) => [`# ${remark}`, reference]),
    "",
  ].join("\n");
}

function remarkOf(name: string): string {
  const page = builtByPlatforms[name];
  return page === undefined ? name : `${name}; the platform builds its own on it, as ${page} says`;
}

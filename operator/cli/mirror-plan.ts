import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import { builtByPlatforms, inMirror } from "../modules/catalogue.ts";
import { fullName } from "../policy/checks/images.ts";
import { imageArchiveName } from "../version.ts";
import type { NeededImages } from "./mirror-images.ts";

/** One image from where it is to where the closed network pulls it. */
export interface Copy {
  readonly source: string;
  readonly target: string;
}

/** An image that nobody can copy, since the platform team makes it. */
export interface Build {
  readonly name: string;
  readonly target: string;
  /** Says how. */
  readonly page: string;
}

type RegionImages = Pick<NonNullable<SovereignRegion["spec"]["images"]>, "mirror" | "overrides">;

export interface MirrorPlan {
  readonly copies: readonly Copy[];
  readonly builds: readonly Build[];
  /** What each region has to say in spec.images; without a name, every one. */
  readonly regions: readonly { readonly name?: string; readonly images: RegionImages }[];
  /** What the values of chart socle have to say. */
  readonly chartValues: { readonly image: { readonly repository: string; readonly tag: string } };
  /** Images that would overwrite each other: a sentence for each of their targets. */
  readonly clashes: readonly string[];
}

/** Fills registry `to` with what these regions need and with this version of the operator. Pure. */
export function mirrorPlan(to: string, version: string, needs: readonly NeededImages[]): MirrorPlan {
  const images = needs.flatMap((need) => need.images);
  const overrides = needs.flatMap(({ region }) => region?.spec.images?.overrides ?? []);
  const operator = { source: `oci-archive:${imageArchiveName(version)}`, target: `${to}/socle:${version}` };
  const copied = [
    ...images.filter(({ name }) => builtByPlatforms[name] === undefined),
    ...overrides.filter(({ reference }) => !isIn(to, reference)),
  ];
  const built = images.flatMap(({ name, reference }) => {
    const page = builtByPlatforms[name];
    return page === undefined ? [] : [{ name, target: inMirror(to, reference), page }];
  });
  const copies = [operator, ...copied.map(({ reference }) => copyOf(to, reference)).sort(bySource)].filter(isFirst);
  return {
    copies,
    clashes: clashesOf(copies),
    builds: built.filter(isFirst),
    regions: needs.map(({ region }) => ({
      ...(region === undefined ? {} : { name: region.metadata.name }),
      images: regionImages(to, region),
    })),
    chartValues: { image: { repository: `${to}/socle`, tag: version } },
  };
}

/** The command of skopeo that makes this copy, for every platform and with the digest as it is. */
export function skopeoCommand({ source, target }: Copy): string {
  const [from, onto] = [source, target].map((reference) =>
    reference.startsWith("oci-archive:") ? reference : `docker://${reference}`,
  );
  // It takes a digest or a tag: it fetches what is known by its digest, and stores it under the tag that people read.
  const fetched = (from ?? "").replace(/:[^:/@]+@/, "@");
  const stored = (onto ?? "").replace(/(:[^:/@]+)@.*$/, "$1");
  return `skopeo copy --all --preserve-digests ${fetched} ${stored}`;
}

function copyOf(to: string, reference: string): Copy {
  const source = fullName(reference);
  return { source, target: inMirror(to, source) };
}

function regionImages(to: string, region: SovereignRegion | undefined): RegionImages {
  const overrides = region?.spec.images?.overrides ?? [];
  if (overrides.length === 0) return { mirror: to };
  const moved = overrides.map(({ name, reference }) => ({
    name,
    reference: isIn(to, reference) ? reference : copyOf(to, reference).target,
  }));
  return { mirror: to, overrides: moved };
}

function isIn(registry: string, reference: string): boolean {
  return reference.startsWith(`${registry}/`);
}

function bySource({ source: left }: Copy, { source: right }: Copy): number {
  return left < right ? -1 : Number(left > right);
}

/** Regions share most images: each is told once. */
function isFirst<Item extends { readonly source?: string; readonly target: string }>(
  item: Item,
  index: number,
  all: readonly Item[],
): boolean {
  return all.findIndex(({ source, target }) => source === item.source && target === item.target) === index;
}

/** A mirror drops the name of the registry that an image comes from. */
function clashesOf(copies: readonly Copy[]): string[] {
  const byTarget = Map.groupBy(copies, ({ target }) => target);
  return [...byTarget]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([target, sharing]) => {
      const sources = sharing.map(({ source }) => source).join(" and ");
      return `${sources} would both be ${target}; copy one of them elsewhere and name it there in spec.images.overrides of the region.`;
    });
}

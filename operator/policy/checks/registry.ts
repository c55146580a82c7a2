import { apiVersion } from "../../../crds/group.ts";
import type { Evaluation } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import type { SeenText } from "../seen.ts";

/** Registries that anybody pulls from, run by companies elsewhere: what comes from there stops when they do. */
export const outsideRegistries: readonly string[] = [
  "docker.io",
  "gcr.io",
  "ghcr.io",
  "mcr.microsoft.com",
  "public.ecr.aws",
  "quay.io",
  "registry.gitlab.com",
  "registry.k8s.io",
];

const regions: Read = {
  apiVersion,
  kind: "SovereignRegion",
  scope: "cluster",
  fields: [
    {
      path: "spec.images.mirror",
      whenAbsent: "fail",
      violations: ["", "docker.io", "registry-1.docker.io", "quay.io/region", "library"],
    },
    {
      path: "spec.images.overrides[].reference",
      whenAbsent: "error",
      violations: ["docker.io/library/redis:8", "redis:8", "registry.elsewhere.example/redis:8"],
    },
  ],
};

/** A first part without a dot or a port is no host: it is looked up on Docker Hub. https://github.com/distribution/reference */
function registryOf({ value }: SeenText): string {
  const [first = "", ...rest] = value.split("/");
  return rest.length > 0 && /[.:]/.test(first) ? first : "docker.io";
}

const isOutside = (registry: string): boolean =>
  outsideRegistries.some((one) => registry === one || registry.endsWith(`.${one}`));

/** 19-20, requirement 19.6.d, as far as a region says where its images come from; 12-26 looks at the pods. */
export const ownRegistry: Evaluation = {
  status: "implemented",
  subjects: [regions],
  judge: (region) => {
    const mirror = region.text("spec.images.mirror");
    const own = registryOf({ ...mirror, value: `${mirror.value}/` });
    const ofOthers = region.texts("spec.images.overrides[].reference").filter((image) => registryOf(image) !== own);
    const problems = ofOthers.map(
      (image): Problem => ({
        field: image.field,
        observed: registryOf(image),
        message: `The image comes from ${registryOf(image)} and not from ${own}; copy it there, and name the copy.`,
      }),
    );
    if (!isOutside(own)) return problems;
    const message = `${own} is run by others and may stop or refuse; name a registry of the region.`;
    return [{ field: mirror.field, observed: own, message }, ...problems];
  },
};

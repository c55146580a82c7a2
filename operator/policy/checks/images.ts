import type { Manifest } from "../../../constructs/manifest.ts";
import type { Evaluation, Parameter, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import type { SeenText } from "../seen.ts";
import { containerLists, podOf, podReads } from "./pod-templates.ts";

/** Where the images of this release come from as long as a region names no mirror. */
export const registries = {
  value: ["docker.io", "ghcr.io", "quay.io", "oci.element.io"],
  source: "ours",
} as const satisfies Parameter;

const digest = "0123456789abcdef".repeat(4);
const violations = [
  "registry.platform.example/library/nextcloud:34.0.2",
  "registry.platform.example/library/nextcloud",
  `registry.platform.example/library/nextcloud:latest@sha256:${digest}`,
  `registry.elsewhere.example/library/nextcloud:34.0.2@sha256:${digest}`,
  `registry.platform.example.elsewhere.example/nextcloud@sha256:${digest}`,
];
const image = (path: string): FieldRead => ({ path, whenAbsent: "fail", violations });
const inTemplate = (pod: string): readonly string[] => containerLists.map((list) => `${pod}.${list}.image`);
// Whoever adds a container to a running pod to look into it, or makes a pod by hand, runs an image that no template names.
const inPod = [...inTemplate("spec"), "spec.ephemeralContainers[].image"];
const inCluster = ["spec.imageName"];

const pod: Read = { apiVersion: "v1", kind: "Pod", scope: "tenant", fields: inPod.map(image) };
const cluster: Read = {
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  scope: "tenant",
  fields: inCluster.map(image),
};
const region: Read = {
  apiVersion: "socle.dev/v1alpha1",
  kind: "SovereignRegion",
  scope: "cluster",
  required: true,
  fields: [
    { path: "spec.images.mirror", whenAbsent: { default: "" }, violations: ["registry.another.example"] },
    { path: "spec.images.overrides[].reference", whenAbsent: "error", violations: [] },
  ],
};

/**
 * 12-26. https://kubernetes.io/docs/concepts/containers/images/#image-names: a tag may be moved to another image, a digest is the image itself. Whoever
 * describes the region answers for its mirror and for the registries of its overrides.
 */
export const knownImages: Evaluation = {
  status: "implemented",
  subjects: [...podReads((template) => inTemplate(template).map(image)), pod, cluster],
  related: [region],
  judge: (subject, { of }) => {
    const known = knownRegistries(of);
    return pathsOf(subject.object)
      .flatMap((path) => subject.texts(path))
      .flatMap((seen) => problemsOf(seen, known));
  },
};

function pathsOf(object: Manifest): readonly string[] {
  const template = podOf(object);
  if (template !== undefined) return inTemplate(template);
  return object.kind === "Pod" ? inPod : inCluster;
}

function problemsOf({ field, value: reference }: SeenText, known: readonly string[]): readonly Problem[] {
  const problem = (message: string): Problem => ({ field, observed: reference, message });
  const problems: Problem[] = [];
  if (!known.some((registry) => fullName(reference).startsWith(`${registry}/`)))
    problems.push(
      problem(`The image is from no registry that the region knows (${known.join(", ")}); mirror it there.`),
    );
  if (!/@sha256:[0-9a-f]{64}$/.test(reference))
    problems.push(
      problem(
        "What a tag names can change; add the digest, name:tag@sha256:…, in spec.images.overrides of the region.",
      ),
    );
  if (/:latest(@|$)/.test(reference))
    problems.push(problem("latest says of no version that it runs; name the version."));
  return problems;
}

function knownRegistries(of: Surroundings["of"]): readonly string[] {
  return of("SovereignRegion").flatMap((one) => {
    const mirror = one.text("spec.images.mirror").value.replace(/\/+$/, "");
    const overridden = one.texts("spec.images.overrides[].reference").map(({ value }) => registryOf(value));
    return [...(mirror === "" ? registries.value : [mirror]), ...overridden];
  });
}

/** A first part without a dot, a port or `localhost` is no registry: the name is then one of docker.io. */
export function fullName(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isRegistry ? reference : `docker.io/${reference}`;
}

function registryOf(reference: string): string {
  return fullName(reference).split("/")[0] ?? "";
}

import type { Manifest } from "../../../constructs/manifest.ts";
import type { AdmissionRule } from "../admission/rule.ts";
import type { FieldRead, Read } from "../read.ts";

/** Kinds that make pods, and where the pod stands in them. Pods come and go: what makes them says what they are. */
const makers = [
  { apiVersion: "apps/v1", kind: "Deployment", plural: "deployments", pod: "spec.template.spec" },
  { apiVersion: "apps/v1", kind: "StatefulSet", plural: "statefulsets", pod: "spec.template.spec" },
  { apiVersion: "batch/v1", kind: "Job", plural: "jobs", pod: "spec.template.spec" },
  { apiVersion: "batch/v1", kind: "CronJob", plural: "cronjobs", pod: "spec.jobTemplate.spec.template.spec" },
] as const;

/** Both lists of containers of a pod, as paths below it. */
export const containerLists = ["containers[]", "initContainers[]"] as const;

/** One read per kind that makes pods; the fields are given for the path of the pod. */
export function podReads(fields: (pod: string) => readonly FieldRead[]): readonly Read[] {
  return makers.map(({ apiVersion, kind, pod }) => ({ apiVersion, kind, scope: "tenant", fields: fields(pod) }));
}

/** Where the pod stands in an object of one of those kinds; undefined in another. */
export function podOf({ apiVersion, kind }: Manifest): string | undefined {
  return makers.find((maker) => maker.apiVersion === apiVersion && maker.kind === kind)?.pod;
}

/** One rule for the API server per kind that makes pods; `field` stands in the pod, and `keeps` is given the pod in CEL, as an optional. */
export function podAdmission({
  field,
  keeps,
  ...rule
}: Pick<AdmissionRule, "check" | "concerns" | "message"> & {
  readonly field: string;
  readonly keeps: (pod: string) => string;
}): readonly AdmissionRule[] {
  return makers.map(({ apiVersion, kind, plural, pod }) => ({
    ...rule,
    apiVersion,
    kind,
    plural,
    fields: [`${pod}.${field}`],
    keeps: keeps(["object", ...pod.split(".")].join(".?")),
  }));
}

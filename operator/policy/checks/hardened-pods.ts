import type { Manifest } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import type { Evaluation } from "../check.ts";
import { podSecurityVersion } from "../pod-security/controls.ts";
import type { PodSecurityLevel } from "../pod-security/control.ts";
import type { FieldPath } from "../pod-security/field-path.ts";
import { podsOf } from "../pod-security/pods-of.ts";
import { podSecurityViolations } from "../pod-security/violations.ts";
import type { Problem, Read } from "../read.ts";
import type { Seen } from "../seen.ts";

const enforce = "pod-security.kubernetes.io/enforce";
const levelPath = `metadata.labels[${enforce}]`;
const versionPath = `metadata.labels[${enforce}-version]`;
const placePath = `metadata.labels[${names.placeLabel}]`;

/** What pods are held to; an online office keeps documents apart by means that `restricted` forbids, and nothing else runs where it does. */
export const podSecurityParameters = {
  level: { value: "restricted", source: "ours" },
  levelOfAnOffice: { value: "baseline", source: "ours" },
  version: { value: podSecurityVersion, source: "ours" },
} as const;

const levelIn = (place: unknown): PodSecurityLevel =>
  place === "office" ? podSecurityParameters.levelOfAnOffice.value : podSecurityParameters.level.value;

const namespaces: Read = {
  apiVersion: "v1",
  kind: "Namespace",
  scope: "tenant",
  fields: [
    { path: levelPath, whenAbsent: "fail", violations: ["privileged", "baseline", "Restricted"] },
    { path: versionPath, whenAbsent: "fail", violations: ["latest", "v1.20"] },
    { path: placePath, whenAbsent: { default: "" }, violations: ["office"] },
  ],
};

const makers = [
  ["v1", "Pod"],
  ["apps/v1", "Deployment"],
  ["apps/v1", "StatefulSet"],
  ["apps/v1", "DaemonSet"],
  ["batch/v1", "Job"],
  ["batch/v1", "CronJob"],
] as const;
const atOf = ({ apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): FieldPath =>
  podsOf({ apiVersion, kind })[0]?.at ?? [];
const partPath = (at: FieldPath, part: "metadata.annotations" | "spec"): string => [...at, part].join(".");
const onTheHost = { hostNetwork: true, containers: [{ name: "a", image: "a" }] };
const unconfined = { "container.apparmor.security.beta.kubernetes.io/a": "unconfined" };

const workloads: readonly Read[] = makers.map(([apiVersion, kind]) => {
  const at = atOf({ apiVersion, kind });
  return {
    apiVersion,
    kind,
    scope: "tenant",
    fields: [
      { path: partPath(at, "spec"), whenAbsent: "fail", violations: [onTheHost, "no pod"] },
      { path: partPath(at, "metadata.annotations"), whenAbsent: { default: {} }, violations: [unconfined] },
    ],
  };
});

/**
 * 5-03. A namespace enforces the profile at a version that an upgrade of the cluster does not move, and what would run there keeps it.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export const hardenedPods: Evaluation = {
  status: "implemented",
  subjects: [namespaces, ...workloads],
  concerns: ({ metadata }) => metadata.labels?.[names.tenantLabel] !== undefined,
  judge: (object, { named }) => {
    if (object.object.kind === "Namespace") return namespaceProblems(object);
    const home = named("Namespace", object.namespace ?? "");
    return podProblems(object, levelIn(home?.text(placePath).value));
  },
};

function namespaceProblems(namespace: Seen): readonly Problem[] {
  const wanted = levelIn(namespace.text(placePath).value);
  return [
    { seen: namespace.one(levelPath), right: wanted },
    { seen: namespace.one(versionPath), right: podSecurityVersion },
  ].flatMap(({ seen: { field, value }, right }) => {
    if (value === right) return [];
    return [
      { field, observed: JSON.stringify(value), message: `${field} has to be ${right}; label the namespace so.` },
    ];
  });
}

function podProblems(maker: Seen, level: PodSecurityLevel): readonly Problem[] {
  const at = atOf(maker.object);
  const pod = {
    metadata: { annotations: maker.one(partPath(at, "metadata.annotations")).value },
    spec: maker.one(partPath(at, "spec")).value,
  };
  return podSecurityViolations(level, pod, at).map(({ control, field, value, message }) => ({
    field,
    observed: value,
    message: `${control}: ${message}`,
  }));
}

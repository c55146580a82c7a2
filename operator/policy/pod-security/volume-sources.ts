import type { Control, Finding } from "./control.ts";
import type { Pod } from "./pod-shape.ts";

/** Those that bring neither the host nor a server of another into the pod. `image` since 1.31. */
const ownSources: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

/** A volume without a source is an empty directory. */
function sourcesBeyond(pod: Pod, isAllowed: (source: string) => boolean): readonly Finding[] {
  const remedy = "use a PersistentVolumeClaim or another source that is the pod's own";
  return (pod.spec.volumes ?? []).flatMap(({ name: _name, ...sources }, index) =>
    Object.entries(sources).flatMap(([source, value]): Finding[] =>
      value === undefined || value === null || isAllowed(source)
        ? []
        : [{ at: ["spec", "volumes", index, source], value: pathOf(value), remedy }],
    ),
  );
}

function pathOf(source: Readonly<Record<string, unknown>>): unknown {
  return typeof source["path"] === "string" ? source["path"] : source;
}

export const volumeSources: readonly Control[] = [
  {
    id: "host-path-volumes",
    title: "Volumes of the host",
    level: "baseline",
    findings: (pod) => sourcesBeyond(pod, (source) => source !== "hostPath"),
  },
  {
    id: "volume-types",
    title: "Types of volumes",
    level: "restricted",
    replaces: "host-path-volumes",
    findings: (pod) => sourcesBeyond(pod, (source) => ownSources.has(source)),
  },
];

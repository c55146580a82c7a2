import type { FieldPath } from "./field-path.ts";
import type { Container, Pod } from "./pod-shape.ts";

/** Two of the three Pod Security Standards; the third, privileged, forbids nothing. */
export type PodSecurityLevel = "baseline" | "restricted";

/** A field that a control does not let pass. */
export interface Finding {
  readonly at: FieldPath;
  readonly value: unknown;
  /** What to do, as the end of a sentence. */
  readonly remedy: string;
}

/** One rule of the Pod Security Standards. */
export interface Control {
  /** Stable: people name it in exceptions. */
  readonly id: string;
  readonly title: string;
  /** The lower of the profiles that have it; `restricted` has all of `baseline`. */
  readonly level: PodSecurityLevel;
  /** The control of baseline that this one of restricted contains, so that nothing is told twice. */
  readonly replaces?: string;
  /** About what Windows does not have: a pod that says that it is for Windows is let pass. */
  readonly linuxOnly?: true;
  readonly findings: (pod: Pod) => readonly Finding[];
}

interface PlacedContainer {
  readonly at: FieldPath;
  readonly container: Container;
}

/** All that run in a pod, whenever they do. */
export function containersOf({ spec }: Pod): readonly PlacedContainer[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((field) =>
    (spec[field] ?? []).map((container, index) => ({ at: ["spec", field, index], container })),
  );
}

type ContainerSecurity = NonNullable<Container["securityContext"]>;
type PodSecurity = NonNullable<Pod["spec"]["securityContext"]>;

interface Placed<Context> {
  readonly at: FieldPath;
  readonly context: Context;
}

/** The security context of each container; an empty one where it has none. */
export function containerContexts(pod: Pod): readonly Placed<ContainerSecurity>[] {
  return containersOf(pod).map(({ at, container }) => ({
    at: [...at, "securityContext"],
    context: container.securityContext ?? {},
  }));
}

/** The security context of the pod and of each container, for fields that both have. */
export function allContexts(pod: Pod): readonly Placed<PodSecurity | ContainerSecurity>[] {
  return [{ at: ["spec", "securityContext"], context: pod.spec.securityContext ?? {} }, ...containerContexts(pod)];
}

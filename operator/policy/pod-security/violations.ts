import type { Control, PodSecurityLevel } from "./control.ts";
import { controls } from "./controls.ts";
import { type FieldPath, pathText, valueText } from "./field-path.ts";
import { type Pod, readPod } from "./pod-shape.ts";

export interface PodSecurityViolation {
  /** The id of a control, or `malformed`. */
  readonly control: string;
  readonly title: string;
  /** As kubectl writes it, from the top of the manifest: spec.template.spec.hostNetwork. */
  readonly field: string;
  /** What it holds, in short. */
  readonly value: string;
  /** One sentence: what is wrong and what to do. */
  readonly message: string;
}

/**
 * What the API server would say of this pod in a namespace that enforces the level. It asks pods alone, workloads pass it whatever their
 * templates hold; so ask with the template, and nobody has to look why a Deployment has no pods. A pod that cannot be read violates
 * every level, and nothing more is said of it until it can.
 *
 * @param at - Where the pod is in its manifest; nowhere for a Pod.
 */
export function podSecurityViolations(
  level: PodSecurityLevel,
  pod: unknown,
  at: FieldPath = [],
): readonly PodSecurityViolation[] {
  const read = readPod(pod);
  if (!read.ok)
    return read.misfits.map(({ at: within, kind, expected }) =>
      violation(malformed, { field: pathText([...at, ...within]), value: kind, remedy: `it has to be ${expected}` }),
    );
  const { pod: readable } = read;
  return controlsFor(level, readable).flatMap((control) =>
    control
      .findings(readable)
      .map(({ at: within, value, remedy }) =>
        violation(control, { field: pathText([...at, ...within]), value: valueText(value), remedy }),
      ),
  );
}

const malformed = { id: "malformed", title: "Fields that cannot be read" };

interface Told {
  readonly field: string;
  readonly value: string;
  readonly remedy: string;
}

function violation({ id, title }: Pick<Control, "id" | "title">, told: Told): PodSecurityViolation {
  const { field, value, remedy } = told;
  return { control: id, title, field, value, message: `${field} is ${value}; ${remedy}.` };
}

/** A pod for Windows is held to baseline's form of what it is exempt from in restricted: it cannot set those fields at all. */
function controlsFor(level: PodSecurityLevel, { spec }: Pod): readonly Control[] {
  const onWindows = spec.os?.name === "windows";
  const held = controls.filter(
    (control) => (level === "restricted" || control.level === "baseline") && !(onWindows && control.linuxOnly === true),
  );
  const replaced = new Set(held.map(({ replaces }) => replaces));
  return held.filter(({ id }) => !replaced.has(id));
}

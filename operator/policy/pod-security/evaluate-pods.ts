import { type Manifest, refOf } from "../../../constructs/manifest.ts";
import { digestOf } from "../digest.ts";
import type { Evaluated, Result } from "../evaluate.ts";
import type { PodSecurityLevel } from "./control.ts";
import { podSecurityViolations } from "./violations.ts";

/** Judges Pods, and nothing that makes them, as Pod Security admission does. Pure. */
export function evaluatePods(level: PodSecurityLevel, objects: readonly Manifest[]): Evaluated {
  const check = `pss-${level}`;
  const pods = objects.filter(({ apiVersion, kind }) => apiVersion === "v1" && kind === "Pod");
  if (pods.length === 0)
    return {
      results: [],
      notEvaluated: [{ check, because: "noInput", why: "nothing to judge: no Pod that it concerns" }],
    };
  const results = pods.map((pod): Result => {
    const problems = podSecurityViolations(level, pod).map(({ control, field, value, message }) => ({
      field,
      observed: value,
      message: `${control}: ${message}`,
    }));
    return {
      check,
      version: 1,
      object: refOf(pod),
      result: problems.length === 0 ? "pass" : "fail",
      problems,
      digest: digestOf(pod["spec"]),
    };
  });
  return { results, notEvaluated: [] };
}

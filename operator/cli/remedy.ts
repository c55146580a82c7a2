import { type Reason, reasons } from "../../crds/v1alpha1/conditions.ts";
import type { FirstFailure, NamedObject } from "./status-tree.ts";

export interface Remedy {
  readonly meaning: string;
  readonly causes: string;
  readonly remedy: string;
  /** Runs as it stands: every name is filled in. */
  readonly command: string;
}

/** What docs/conditions.md says of the reason, with the names of this tenant in the command. Undefined for a reason of a newer release. */
export function remedyOf(
  failure: FirstFailure,
  at: { readonly tenant: string; readonly region: string },
): Remedy | undefined {
  if (!(failure.reason in reasons)) return undefined;
  const { meaning, causes, remedy, command } = reasons[failure.reason as Reason];
  const object = failure.object ?? { kind: "Tenant", name: at.tenant };
  return { meaning, causes, remedy, command: commandFor(command, object, at) };
}

function commandFor(
  text: string,
  object: NamedObject,
  at: { readonly tenant: string; readonly region: string },
): string {
  const kind = object.kind.toLowerCase();
  const place = object.namespace === undefined ? "" : ` -n ${object.namespace}`;
  const named = `${kind}/${object.name}${place}`;
  const filled = text
    .replaceAll("<tenant>", at.tenant)
    .replaceAll("<object>", named)
    .replaceAll("<kind>", kind)
    .replaceAll(/(moduledeployment[ /])<name>/g, `$1${object.name}`)
    .replaceAll("sovereignregion <name>", `sovereignregion ${at.region}`)
    .replaceAll("<name>", at.tenant);
  // `socle status` is what the person has just run, and a placeholder that is left cannot be run at all: look at the object itself.
  return filled.startsWith("socle status") || filled.includes("<") ? `kubectl describe ${named}` : filled;
}

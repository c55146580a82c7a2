import type { Manifest } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import { isOlder } from "../../reconcile/version-order.ts";
import type { Behind, CapabilityGap, ModuleInput } from "../driver.ts";

/** The version that is to run, and why it is not the one that is asked for. */
export interface VersionChoice {
  /** Absent = that of this release. */
  readonly runs: string | undefined;
  readonly behind?: Behind;
}

/** The tag of its image is made of it, and how far a step is is told by its numbers. */
export function versionProblem({ module, tenant }: Pick<ModuleInput, "module" | "tenant">): CapabilityGap | undefined {
  const { version } = module.spec;
  if (version === undefined || /^\d+\.\d+\.\d+$/.test(version)) return undefined;
  return {
    reason: "InvalidSpec",
    message: `version ${version} of module Nextcloud of tenant ${tenant.metadata.name} is no version of Nextcloud: write three numbers, such as 34.0.2.`,
  };
}

/** One major version at a time, and never back: the tables are changed on the way, and know no other. Pure. */
export function versionChoice({ module, live }: Pick<ModuleInput, "module" | "live">): VersionChoice {
  const asked = module.spec.version;
  const begun = module.status?.version;
  if (asked === undefined || begun === undefined || asked === begun) return { runs: asked ?? begun };
  if (isOlder(asked, begun))
    return refusal(
      begun,
      `Nextcloud ${begun} runs and ${asked} is asked for: an older version does not understand its data. Ask for ${begun} or a newer one, or restore a backup made with ${asked}.`,
    );
  const done = preparedVersion(live) ?? begun;
  const next = majorOf(done) + 1;
  if (majorOf(asked) <= next) return { runs: asked };
  return refusal(
    begun,
    `The data are those of Nextcloud ${done} and ${asked} is asked for: no major version can be left out. Ask for a version ${next} first, and for ${asked} once that is Ready.`,
  );
}

function refusal(runs: string, message: string): VersionChoice {
  return { runs, behind: { reason: "VersionUnsupported", message } };
}

function majorOf(version: string): number {
  return Number(version.split(".")[0]);
}

interface LiveJob extends Manifest {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** The newest version that a Job made the data ready for: what was begun may not have ended. */
function preparedVersion(live: readonly Manifest[] = []): string | undefined {
  const done = live.filter(
    (object) =>
      object.kind === "Job" &&
      object.metadata.name.startsWith("nextcloud-prepare-") &&
      (object as LiveJob).status?.conditions?.some(({ type, status }) => type === "Complete" && status === "True"),
  );
  const versions = done.flatMap(({ metadata }) => metadata.labels?.[names.versionLabel] ?? []);
  return versions.reduce<string | undefined>(
    (newest, version) => (newest === undefined || isOlder(newest, version) ? version : newest),
    undefined,
  );
}

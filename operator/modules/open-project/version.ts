import { partName } from "../../../constructs/open-project/open-project-input.ts";
import { names } from "../../../crds/group.ts";
import { isOlder } from "../../reconcile/version-order.ts";
import type { Behind, ModuleInput } from "../driver.ts";

/** The version to run, and why it is not the one that is asked for. */
export interface VersionChoice {
  /** Undefined: that of the catalogue. */
  readonly version: string | undefined;
  readonly behind: Behind | undefined;
}

/**
 * The version that is asked for, unless its tables could not be made of those that are there: OpenProject knows no way back, and takes its major
 * versions one after the other, each of them to the end. Pure.
 */
export function versionChoice({ module, live }: Pick<ModuleInput, "module" | "live">): VersionChoice {
  const runs = module.status?.version;
  const reached = newest([...(runs === undefined ? [] : [runs]), ...begun(live)]);
  const asked = module.spec.version ?? reached;
  if (asked === undefined || reached === undefined || asked === reached) return { version: asked, behind: undefined };
  const stay = (reason: Behind["reason"], message: string): VersionChoice => ({
    version: reached,
    behind: {
      reason,
      message: `The database is that of OpenProject ${reached}, and ${asked} is asked for: ${message}`,
    },
  });
  if (isOlder(asked, reached))
    return stay(
      "VersionUnsupported",
      `an older version does not understand it any more. Ask for ${reached} or a newer one, or restore a backup made with ${asked}.`,
    );
  const step = majorOf(asked) - majorOf(reached);
  if (step > 1)
    return stay(
      "VersionUnsupported",
      `major versions are taken one after the other. Ask for a version ${majorOf(reached) + 1} first.`,
    );
  if (step === 1 && reached !== runs)
    return stay("Progressing", `${reached} has to run before the next major version begins.`);
  return { version: asked, behind: undefined };
}

function majorOf(version: string): number {
  return Number(version.split(".")[0]);
}

function newest(versions: readonly string[]): string | undefined {
  return versions.reduce<string | undefined>(
    (best, version) => (best === undefined || isOlder(best, version) ? version : best),
    undefined,
  );
}

interface LiveJob {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: { readonly ready?: number; readonly failed?: number; readonly conditions?: readonly unknown[] };
}

/** Versions whose Job may have changed the tables: one whose image does not even exist has not. */
function begun(live: ModuleInput["live"]): readonly string[] {
  return (live as readonly LiveJob[])
    .filter(({ kind, metadata }) => kind === "Job" && metadata.name.startsWith(partName("migration")))
    .filter(({ status: { ready = 0, failed = 0, conditions = [] } = {} }) => ready + failed + conditions.length > 0)
    .flatMap(({ metadata }) => metadata.labels?.[names.versionLabel] ?? []);
}

import { fileObjects, type FileObjects } from "../export/file-objects.ts";
import { programVersion } from "../version.ts";
import { yamlText } from "../reconcile/yaml-text.ts";
import { assumedCluster, chosenTenants, noCluster } from "./export.ts";
import { readSources } from "./file-sources.ts";
import { everyImage, imagesOfTenants, type NeededImages } from "./mirror-images.ts";
import { type MirrorPlan, mirrorPlan, skopeoCommand } from "./mirror-plan.ts";
import { exitCode, type FileStreams } from "./terminal.ts";

/** What the person asked about copies of images. */
export interface MirrorWish {
  readonly to: string;
  readonly dryRun: boolean;
  /** Absent: every image of this version. */
  readonly filename?: readonly string[];
  readonly output: "text" | "json" | "skopeo";
}

/**
 * Lists the copies that fill the registry of a closed network; asks no registry and no cluster. Exit code 2 where something in the files is
 * wrong, and then there is no list; 3 where a module cannot be made, so that its images are missing.
 */
export async function runMirror(wish: MirrorWish, { input, results, remarks }: FileStreams): Promise<number> {
  const remark = (lines: readonly string[]): void => void lines.map((line) => remarks.write(`${line}\n`));
  if (!wish.dryRun) {
    remark([
      "socle copies no image itself: give --dry-run to list the copies, and run the commands that -o skopeo prints.",
    ]);
    return exitCode.usage;
  }
  const { needs, problems } = await neededBy(wish.filename, input);
  if (problems.length > 0) {
    remark(problems);
    return exitCode.usage;
  }
  const { clashes, ...plan } = mirrorPlan(wish.to, programVersion(), needs);
  if (clashes.length > 0) {
    remark(clashes);
    return exitCode.usage;
  }
  results.write(printed[wish.output](plan));
  const leftOut = needs.flatMap((need) => need.leftOut);
  remark(leftOut);
  return leftOut.length > 0 ? exitCode.notWell : exitCode.done;
}

interface Needs {
  readonly needs: readonly NeededImages[];
  readonly problems: readonly string[];
}

async function neededBy(filename: readonly string[] | undefined, input: FileStreams["input"]): Promise<Needs> {
  if (filename === undefined) return { needs: [everyImage()], problems: [] };
  const sources = await readSources(filename, input);
  const objects = fileObjects(sources.texts);
  const problems = [...sources.problems, ...objects.problems];
  if (problems.length > 0) return { needs: [], problems };
  if (objects.regions.size + objects.tenants.size === 0)
    return {
      needs: [],
      problems: [`No SovereignRegion is in ${filename.join(", ")}; name the file that holds one (-f).`],
    };
  return neededIn(objects, filename);
}

/** Of a region whose tenants are not in the files, everything: nobody knows what they will ask for. */
function neededIn(objects: FileObjects, filename: readonly string[]): Needs {
  const { pairs, problems } =
    objects.tenants.size === 0 ? { pairs: [], problems: [] } : chosenTenants(objects, { filename });
  const needs = [...objects.regions.values()].map((region) => {
    const tenants = pairs.flatMap(([tenant, its]) => (its === region ? [tenant] : []));
    return tenants.length === 0
      ? everyImage(region)
      : imagesOfTenants(region, tenants, assumedCluster(noCluster, undefined));
  });
  return { needs, problems };
}

const printed: Readonly<Record<MirrorWish["output"], (plan: Omit<MirrorPlan, "clashes">) => string>> = {
  text: (plan) => lines([...plan.copies.map(({ source, target }) => `${source} -> ${target}`), ...instructions(plan)]),
  skopeo: (plan) => lines(["#!/bin/sh", "set -eu", ...plan.copies.map(skopeoCommand), ...instructions(plan)]),
  json: (plan) => `${JSON.stringify(plan, undefined, 2)}\n`,
};

/** What people do besides copying, as comments: both a list and a script may be cut at the first of them. */
function instructions({ builds, regions, chartValues }: Omit<MirrorPlan, "clashes">): string[] {
  return [
    ...builds.map(
      ({ name, target, page }) =>
        `# ${name}: its public image lacks what the suite needs. Build one as ${page} says, and push it as ${target}.`,
    ),
    ...regions.flatMap(({ name, images }) => [
      `# ${name === undefined ? "Each SovereignRegion" : `SovereignRegion ${name}`} then says:`,
      ...commented({ spec: { images } }),
    ]),
    "# The values of chart socle then say:",
    ...commented(chartValues),
  ];
}

function commented(object: unknown): string[] {
  const text = yamlText(object).trimEnd();
  return text.split("\n").map((line) => `#   ${line}`);
}

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}

import { catalogue } from "../policy/catalogue/catalogue.ts";
import { countsOf, listed } from "../policy/catalogue/listing.ts";
import { checksOf } from "../policy/profiles.ts";
import { exitCode, type Sink, table } from "./terminal.ts";

/** What the person asked of the catalogue. */
export interface CatalogWish {
  readonly profile: "secnumcloud" | "hds";
  readonly output: "text" | "json";
}

/** Prints the checks of a profile, each with how it is known and whether this version evaluates it. */
export function runCatalog({ profile, output }: CatalogWish, results: Sink): number {
  const checks = checksOf(catalogue, profile);
  const counts = countsOf(checks);
  if (output === "json") {
    results.write(`${JSON.stringify({ profile, counts, checks: checks.map(listed) }, undefined, 2)}\n`);
    return exitCode.done;
  }
  const rows = checks.map(({ id, requirement, severity, layer, evaluation, title }) => [
    id,
    requirement,
    severity,
    layer,
    evaluation.status,
    title.en,
  ]);
  const head = ["CHECK", "REQUIREMENT", "SEVERITY", "LAYER", "EVALUATED", "WHAT IS LOOKED AT"];
  const sums = Object.entries(counts.status).map(([status, count]) => `${count} ${status}`);
  results.write(`${table([head, ...rows]).join("\n")}\n\n${counts.total} checks: ${sums.join(", ")}\n`);
  return exitCode.done;
}

import type { RuntimePackage } from "../charts/release/runtime-packages.ts";
import { page, table } from "./markdown.ts";

/** docs/reference/licences.md: whose code the operator and the command load, and under which licence. Pure. */
export function licencesPage(packages: readonly RuntimePackage[]): string {
  const byLicence = Map.groupBy(packages, ({ licence }) => licence);
  const counts = [...byLicence].map(([licence, under]) => `${licence} (${under.length})`).sort();
  return page([
    "# Licences",
    `Socle is under Apache-2.0. The ${packages.length} packages below are installed with the operator and the command, as \`package-lock.json\` pins them; none of them runs a program when it is installed. Their licences: ${counts.join(", ")}. Images that Socle runs are products of their own, under licences of their own.`,
    table(
      ["Package", "Version", "Licence"],
      packages.map(({ name, version, licence }) => [name, version, licence]),
    ),
  ]);
}

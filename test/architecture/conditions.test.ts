import { describe, expect, it } from "vitest";
import {
  conditionMeanings,
  conditionTypes,
  reasons,
  reservedReasons,
  reservedTypes,
} from "../../crds/v1alpha1/conditions.ts";
import { shippedCode, root, textOf } from "./repository.ts";
import { type Written, writtenReasons, writtenTypes } from "./written-conditions.ts";

/** The program shows conditions to people and writes none; but for it, all of the operator. */
const writers = shippedCode.filter((file) => file.startsWith("operator/") && !file.startsWith("operator/cli/"));
const places = (found: readonly Written[]): string[] => found.map(({ word, at }) => `${word} at ${at}`);
const words = (found: readonly Written[]): Set<string> => new Set(found.map(({ word }) => word));
const conditionsPage = textOf("docs/conditions.md");

describe("the reasons of the code", () => {
  const written = writtenReasons(root, writers);

  it("are all of the closed list", () => {
    expect(places(written.filter(({ word }) => !(word in reasons)))).toEqual([]);
  });

  it("are the whole list, but for those that are reserved: no entry is decoration", () => {
    const used = words(written);
    const unused = Object.keys(reasons).filter((reason) => !used.has(reason));
    expect(unused.sort()).toEqual(Object.keys(reservedReasons).sort());
  });

  it.each(Object.entries(reservedReasons))("%s says in docs/conditions.md what it is reserved for", (reason, work) => {
    const block = conditionsPage.split(`\n### ${reason}\n`)[1]?.split("\n### ")[0] ?? "";
    expect(block).toContain(`_(Reserved for ${work}.)_`);
  });
});

describe("the condition types of the code", () => {
  const controllers: Readonly<Record<keyof typeof conditionTypes, string | undefined>> = {
    Tenant: "operator/controllers/tenant/",
    ModuleDeployment: "operator/controllers/module/",
    SovereignRegion: "operator/controllers/region/",
    TenantIdentityProvider: "operator/controllers/identity-provider/",
    PolicyException: "operator/controllers/policy-exception/",
  };
  const rows = Object.entries(conditionTypes).map(([kind, { feeding, shown }]) => ({
    kind,
    types: [...feeding, ...shown] as string[],
    folder: controllers[kind as keyof typeof conditionTypes],
  }));
  const summary = ["Ready", "Reconciling", "Stalled"];
  const typesIn = (folder: string | undefined): Written[] =>
    folder === undefined
      ? []
      : writtenTypes(
          root,
          writers.filter((file) => file.startsWith(folder)),
        );

  it.each(rows)("that the controller of $kind writes are those of the kind", ({ types, folder }) => {
    const foreign = typesIn(folder).filter(({ word }) => ![...types, ...summary].includes(word));
    expect(places(foreign)).toEqual([]);
  });

  it.each(rows)("of $kind are all written, but for those that are reserved", ({ types, folder }) => {
    const used = words(typesIn(folder));
    expect(types.filter((type) => !used.has(type))).toEqual(types.filter((type) => type in reservedTypes));
  });

  it.each(Object.entries(reservedTypes))("%s says in docs/conditions.md what it is reserved for", (type, work) => {
    expect(conditionsPage).toContain(
      `- \`${type}\`: ${conditionMeanings[type as keyof typeof reservedTypes]} _(Reserved for ${work}.)_`,
    );
  });
});

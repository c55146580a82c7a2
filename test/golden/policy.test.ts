import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { parse } from "yaml";
import type { Manifest } from "../../constructs/manifest.ts";
import { releasedPolicies } from "../../operator/policy/admission/policies.ts";
import { catalogue } from "../../operator/policy/catalogue/catalogue.ts";
import { evaluate, type Result } from "../../operator/policy/evaluate.ts";
import { wholeSuite } from "../support/whole-suite.ts";
import { expectGolden } from "./golden-file.ts";

const example = (file: string): Manifest =>
  parse(readFileSync(join(import.meta.dirname, "..", "..", "examples", file), "utf8")) as Manifest;

/** A line for each result and how often it comes, and below it what is wrong with which object. */
function lines(results: readonly Result[]): string[] {
  const told = Map.groupBy(results, ({ check, result }) => `${check} ${result}`);
  return [...told].flatMap(([line, ofLine]) => [
    `${line}: ${ofLine.length}`,
    ...ofLine.flatMap(({ object, problems }) =>
      problems.map(
        ({ field, observed }) => `  ${object.kind} ${object.namespace ?? ""}/${object.name} ${field}: ${observed}`,
      ),
    ),
  ]);
}

test("what the checks say of the whole suite of a ministry is the reviewed list", () => {
  const given = [example("region.yaml"), example("tenant-ministry.yaml"), ...releasedPolicies()];
  const made = wholeSuite().manifests;
  const { results } = evaluate(catalogue, [...given, ...made], "2026-06-15T12:00:00Z");
  expectGolden("policy-ministry.txt", `${lines(results).join("\n")}\n`);
});

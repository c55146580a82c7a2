import { describe, expect, it } from "vitest";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import { access } from "../../operator/access.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import { files, linesWith } from "./repository.ts";

describe("the tree", () => {
  const self = "test/architecture/tree.test.ts";
  const texts = files.filter(
    (file) => (file !== self && /\.(ts|js|cjs|json|md|ya?ml|go|mod)$/.test(file)) || file === ".ci/run",
  );

  it("names no path of one machine", () => {
    const places = ["work", "root", "Users"].map((name) => `/${name}/`);
    const pattern = new RegExp(`(?<![\\w./:-])(?:${places.join("|")}|/home/(?!nonroot))`);
    expect(linesWith(pattern, texts)).toEqual([]);
  });

  it("reads the environment where programs start, and nowhere else", () => {
    const allowed = /^operator\/(cli\/|main\.ts$|operator\.ts$|config\.ts$|kube\/kubeconfig\.ts$)|^test\/|\.test\.ts$/;
    const readers = files.filter((file) => file.endsWith(".ts") && !allowed.test(file));
    expect(linesWith(/process\.env\b/, readers)).toEqual([]);
  });

  it("has no test that is switched off, or that switches off the others", () => {
    const tests = files.filter((file) => file.endsWith(".test.ts") && file !== self);
    expect(linesWith(/\b(?:it|test|describe)\.(?:only|skip|todo)\(/, tests)).toEqual([]);
  });

  it("disables no rule without a reason on the line", () => {
    const code = files.filter((file) => file.endsWith(".ts") && file !== self);
    expect(linesWith(/eslint-disable(?!.* -- \S)|@ts-(?:ignore|nocheck)|@ts-expect-error *$/, code)).toEqual([]);
  });
});

describe("the rights of the operator", () => {
  const groupOf = (apiVersion: string): string => (apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "");
  const touched = new Set(
    [...builtinResourceTypes, ...socleResourceTypes].map((type) => `${groupOf(type.apiVersion)}/${type.plural}`),
  );
  const rows = access.flatMap((rule) => rule.resources.map((resource) => ({ ...rule, resource })));

  it.each(rows)(
    "to $verbs $resource of group '$apiGroup' are for a kind that the code touches",
    ({ apiGroup, resource }) => {
      expect(touched).toContain(`${apiGroup}/${resource.split("/")[0] ?? ""}`);
    },
  );

  it("name each group, resource and verb", () => {
    expect(
      access.filter(({ apiGroup, resources, verbs }) => [apiGroup, ...resources, ...verbs].join().includes("*")),
    ).toEqual([]);
  });

  it("say why, each of them", () => {
    expect(access.filter(({ why }) => !/^[a-z].{10,}/.test(why))).toEqual([]);
  });
});

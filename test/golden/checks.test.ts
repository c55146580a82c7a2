import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { catalogue } from "../../operator/policy/catalogue/catalogue.ts";
import { evaluate } from "../../operator/policy/evaluate.ts";
import { isRead } from "../../operator/policy/read.ts";

const directory = join(import.meta.dirname, "__golden__");
const files = readdirSync(directory).flatMap((file) =>
  parseAllDocuments(readFileSync(join(directory, file), "utf8"))
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object?.kind === "ConfigMap")
    .flatMap((object) => object ?? []),
);
const tenant: Manifest = {
  apiVersion,
  kind: "Tenant",
  metadata: { name: "minagri" },
  spec: { domain: "agriculture.example", regionRef: { name: "region" } },
};
const region: Manifest = {
  apiVersion,
  kind: "SovereignRegion",
  metadata: { name: "region" },
  spec: { keycloak: { url: "https://sso.example" } },
};

const named = catalogue.flatMap(({ id, evaluation }) =>
  evaluation.status === "implemented"
    ? evaluation.subjects
        .filter(({ kind, scope }) => kind === "ConfigMap" && scope === "tenant")
        .flatMap((read) => (read.named ?? []).map((name) => ({ id, name, read: { ...read, named: [name] } })))
    : [],
);

describe("the files that modules write", () => {
  it("hold some that checks read", () => {
    expect(named.length).toBeGreaterThan(0);
  });

  it.each(named)("hold $name, which $id reads", ({ read }) => {
    expect(files.filter((file) => isRead(read, file)).length).toBeGreaterThan(0);
  });

  it("are all searched for secrets by 10-19", () => {
    const searched = new Set(named.filter(({ id }) => id === "10-19").map(({ name }) => name));
    const ofTenants = files.filter(({ metadata }) => metadata.namespace?.startsWith("t-"));
    expect(ofTenants.map(({ metadata }) => metadata.name).filter((name) => !searched.has(name))).toEqual([]);
  });

  it.each([["10-12"], ["10-17"], ["10-19"], ["19-09"], ["19-11"]])("keep %s", (id) => {
    const { results } = evaluate(
      catalogue.filter((check) => check.id === id),
      [...files, tenant, region],
      "2026-06-15T12:00:00Z",
    );
    expect(results.filter(({ result }) => result !== "pass")).toEqual([]);
    expect(
      new Set(results.filter(({ object }) => object.kind === "ConfigMap").map(({ object }) => object.name)),
    ).toEqual(new Set(named.filter((one) => one.id === id).map(({ name }) => name)));
  });
});

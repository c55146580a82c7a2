import { test } from "vitest";
import { wholeSuite } from "../support/whole-suite.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

test("the accessibility pages of a ministry are these, byte for byte, and what serves that of its chat", () => {
  const pages = wholeSuite().manifests.filter(
    ({ kind, metadata }) =>
      metadata.name.startsWith("synapse-accessibility") ||
      (kind === "ConfigMap" && metadata.name.endsWith("-accessibility-config")),
  );
  expectGolden("accessibility.yaml", yamlDocuments(pages));
});

import { expect, test } from "vitest";
import { labels } from "../../constructs/labels.ts";
import type { PostgresServerInput } from "../../constructs/postgresql/postgres-input.ts";
import { postgresManifests } from "../../constructs/postgresql/postgres-manifests.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

const pilot: PostgresServerInput = {
  namespace: "t-communepilote-data",
  name: "postgresql",
  labels: labels({ tenant: "communepilote", component: "database", module: "PostgreSQL" }),
  major: 18,
  image: "registry.example/postgresql:18.4@sha256:0123456789abcdef",
  storageClass: "encrypted",
  storage: "10Gi",
  resources: { cpu: "100m", memoryMi: 512 },
  administratorSecret: "postgresql-administrator",
  certificateSecret: "postgresql-certificate",
  operatorNamespace: "socle-system",
};

test("a pilot's PostgreSQL server is this, byte for byte", () => {
  expectGolden("postgresql-statefulset.yaml", yamlDocuments(postgresManifests(pilot)));
});

test("the same input gives the same bytes", () => {
  expect(JSON.stringify(postgresManifests(pilot))).toBe(JSON.stringify(postgresManifests(structuredClone(pilot))));
});

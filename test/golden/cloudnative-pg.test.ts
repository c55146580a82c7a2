import { expect, test } from "vitest";
import { labels } from "../../constructs/labels.ts";
import { clusterManifests } from "../../constructs/postgresql/cloudnative-pg.ts";
import type { PostgresClusterInput } from "../../constructs/postgresql/cluster-input.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

const ministry: PostgresClusterInput = {
  namespace: "t-minagri-data",
  name: "postgresql",
  labels: labels({ tenant: "minagri", component: "database", module: "PostgreSQL" }),
  image: "registry.example/postgresql:18.6@sha256:0123456789abcdef",
  instances: 3,
  storageClass: "encrypted",
  storage: "200Gi",
  resources: { cpu: "4", memoryMi: 16384 },
  zones: true,
  database: "minagri",
  connectionLimit: 50,
  marker: "socle.dev/owner=00000000-0000-0000-0000-000000000000/minagri/SIREN:110070018/PostgreSQL",
  credentialsSecret: "postgresql-credentials",
  certificateSecret: "postgresql-certificate",
  operatorNamespace: "socle-system",
  apiServers: [{ address: "192.0.2.10", port: 6443 }],
  pullSecret: "registry",
};

test("a ministry's PostgreSQL cluster is this, byte for byte", () => {
  expectGolden("postgresql-cloudnative-pg.yaml", yamlDocuments(clusterManifests(ministry)));
});

test("the same input gives the same bytes", () => {
  expect(JSON.stringify(clusterManifests(ministry))).toBe(JSON.stringify(clusterManifests(structuredClone(ministry))));
});

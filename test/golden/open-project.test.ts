import { test } from "vitest";
import { labels } from "../../constructs/labels.ts";
import type { OpenProjectInput, OpenProjectRouteInput } from "../../constructs/open-project/open-project-input.ts";
import {
  openProjectGround,
  openProjectMigration,
  openProjectPrograms,
  openProjectRoute,
} from "../../constructs/open-project/open-project-manifests.ts";
import { projectsConfiguration } from "../../operator/modules/open-project/configuration.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

const own = {
  namespace: "t-minagri-apps",
  labels: labels({ tenant: "minagri", component: "projects", module: "OpenProject" }),
};
const ministry: OpenProjectInput = {
  ...own,
  version: "17.7.2",
  image: "registry.example/openproject:17.7.2-slim@sha256:0123456789abcdef",
  cacheImage: "registry.example/valkey:8.1.1@sha256:0123456789abcdef",
  pullSecret: "registry",
  web: {
    replicas: 2,
    resources: { cpu: "1", memoryMi: 3072 },
    values: { OPENPROJECT_DB_POOL: "10", OPENPROJECT_WEB_MAX__THREADS: "8", OPENPROJECT_WEB_WORKERS: "2" },
  },
  worker: {
    replicas: 1,
    resources: { cpu: "500m", memoryMi: 2048 },
    values: { OPENPROJECT_DB_POOL: "10", OPENPROJECT_GOOD__JOB__MAX__THREADS: "8" },
  },
  cache: { cpu: "100m", memoryMi: 256 },
  configuration: projectsConfiguration({
    host: "projects.agriculture.example",
    innerHost: "openproject-web.t-minagri-apps.svc",
    realm: {
      issuer: "https://sso.example/realms/minagri",
      clientId: "openproject",
      displayName: "Agriculture & forêts",
    },
    bucket: { name: "minagri-openproject", url: "https://s3.example", region: "eu-1", pathStyle: true },
    mail: { host: "relay.example", port: 587, tls: "StartTLS", from: "suite@example.org", account: true },
    cacheHost: "openproject-redis.t-minagri-apps.svc",
  }),
  values: {
    DATABASE_URL: "postgresql://minagri_openproject@db.t-minagri-data.svc:5432/minagri_openproject?sslmode=verify-full",
    OPENPROJECT_RAILS__CACHE__STORE: "redis",
  },
  secrets: {
    own: "openproject-secrets",
    bucket: "openproject-bucket",
    entitlement: "openproject-entitlement",
    mail: "openproject-mail",
  },
  trustBundle: "-----BEGIN CERTIFICATE-----\n",
  objectStore: { cidrs: ["192.0.2.0/24"], port: 443 },
  mail: { cidrs: ["192.0.2.25/32"], port: 587 },
  ingressFrom: { namespaceLabels: { "kubernetes.io/metadata.name": "ingress" } },
};
const route: OpenProjectRouteInput = {
  ...own,
  host: "projects.agriculture.example",
  publishing: { by: "ingress", className: "edge" },
  tlsSecret: "public-certificate",
};

test("a ministry's projects are this, byte for byte", () => {
  const manifests = [
    ...openProjectGround(ministry),
    openProjectMigration(ministry),
    ...openProjectPrograms(ministry),
    ...openProjectRoute(route),
  ];
  expectGolden("open-project.yaml", yamlDocuments(manifests));
});

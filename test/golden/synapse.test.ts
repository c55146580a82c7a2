import { test } from "vitest";
import { labels } from "../../constructs/labels.ts";
import type { SynapseInput, SynapseRouteInput, WebClientInput } from "../../constructs/synapse/synapse-input.ts";
import { synapseManifests, synapseRoute } from "../../constructs/synapse/synapse-manifests.ts";
import { homeserverYaml } from "../../operator/modules/synapse/configuration.ts";
import { webClientJson } from "../../operator/modules/synapse/web-client-configuration.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

const own = {
  namespace: "t-minagri-apps",
  labels: labels({ tenant: "minagri", component: "homeserver", module: "Synapse" }),
};
const configuration = homeserverYaml({
  serverName: "agriculture.example",
  publicUrl: "https://matrix.agriculture.example",
  webClientUrl: "https://chat.agriculture.example",
  servesDiscovery: true,
  database: {
    host: "postgresql-rw.t-minagri-data.svc",
    port: 5432,
    name: "minagri_synapse",
    tls: "VerifyFull",
    authority: "/secrets/database-ca.crt",
    connections: 20,
  },
  realm: {
    issuer: "https://sso.example/realms/minagri",
    clientId: "synapse",
    displayName: "Ministère de l'Agriculture",
  },
  federation: "Allowlist",
  allowlist: ["matrix.interieur.example"],
  maxUploadBytes: 104_857_600,
  mediaRetentionDays: 365,
});
const ministry: SynapseInput = {
  ...own,
  version: "1.163.2",
  image: "registry.example/synapse:v1.163.2@sha256:0123456789abcdef",
  pullSecret: "registry",
  resources: { cpu: "500m", memoryMi: 2048 },
  configuration,
  secrets: "synapse-secrets",
  storageClass: "encrypted",
  storage: "100Gi",
  trustBundle: "-----BEGIN CERTIFICATE-----\n",
  ingressFrom: { namespaceLabels: { "kubernetes.io/metadata.name": "ingress" } },
  federates: true,
};
const webClient: WebClientInput = {
  ...own,
  image: "registry.example/element-web:v1.12.26@sha256:0123456789abcdef",
  pullSecret: "registry",
  replicas: 2,
  resources: { cpu: "20m", memoryMi: 64 },
  configuration: webClientJson({
    serverName: "agriculture.example",
    homeserverUrl: "https://matrix.agriculture.example",
    webClientUrl: "https://chat.agriculture.example",
    brand: "Ministère de l'Agriculture",
  }),
  homeserver: "https://matrix.agriculture.example",
};
const route: SynapseRouteInput = {
  ...own,
  host: "matrix.agriculture.example",
  webHost: "chat.agriculture.example",
  apex: "agriculture.example",
  publishing: { by: "ingress", className: "edge" },
  tlsSecret: "public-certificate",
  federates: true,
};

test("a ministry's homeserver is this, byte for byte", () => {
  expectGolden("synapse.yaml", yamlDocuments([...synapseManifests(ministry, webClient), ...synapseRoute(route)]));
});

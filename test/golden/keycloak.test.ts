import { test } from "vitest";
import type { KeycloakServerInput } from "../../constructs/keycloak/keycloak-input.ts";
import { keycloakManifests } from "../../constructs/keycloak/keycloak-manifests.ts";
import { regionLabels } from "../../constructs/labels.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

const north: KeycloakServerInput = {
  namespace: "socle-identity",
  name: "keycloak-north",
  labels: regionLabels({ region: "north", component: "server", module: "Keycloak" }),
  version: "26.7.5",
  image: "registry.example/keycloak:26.7.5@sha256:0123456789abcdef",
  pullSecret: "registry",
  url: "https://sso.example",
  replicas: 2,
  resources: { cpu: "500m", memoryMi: 2048 },
  zones: 2,
  database: {
    url: "jdbc:postgresql://keycloak-north-db.socle-identity.svc:5432/keycloak_north",
    username: "keycloak_north",
    passwordSecret: "keycloak-north-database",
    authoritySecret: "keycloak-north-db-certificate",
    peers: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "postgresql" } } }],
    port: 5432,
  },
  certificateSecret: "keycloak-north-certificate",
  bootstrapSecret: "keycloak-north-bootstrap",
  trustBundle: "-----BEGIN CERTIFICATE-----\n",
  operatorNamespace: "socle-system",
  ingress: {
    publishing: { by: "ingress", className: "edge", clusterIssuer: "public" },
    from: { namespaceLabels: { "kubernetes.io/metadata.name": "ingress" } },
    tlsSecret: "keycloak-north-public-certificate",
  },
  accessibility: {
    image: "registry.example/element-web:v1.12.26@sha256:0123456789abcdef",
    page: '<!DOCTYPE html>\n<html lang="fr"></html>\n',
  },
  providerCidrs: ["203.0.113.0/24"],
  smtp: { cidrs: ["198.51.100.25/32"], port: 587 },
};

test("the Keycloak of a region is this, byte for byte", () => {
  expectGolden("keycloak.yaml", yamlDocuments(keycloakManifests(north, { published: true })));
});

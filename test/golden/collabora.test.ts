import { test } from "vitest";
import type { CollaboraInput } from "../../constructs/collabora/collabora-input.ts";
import { collaboraManifests, collaboraRoute } from "../../constructs/collabora/collabora-manifests.ts";
import { labels, podSelector } from "../../constructs/labels.ts";
import { officeOptions } from "../../operator/modules/collabora/office-options.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

const ministry: CollaboraInput = {
  namespace: "t-minagri-office",
  labels: labels({ tenant: "minagri", component: "office", module: "Collabora" }),
  version: "26.04.2.2.1",
  image: "registry.example/code:26.04.2.2.1@sha256:0123456789abcdef",
  pullSecret: "registry",
  replicas: 2,
  resources: { cpu: "2", memoryMi: 8192 },
  options: officeOptions({ host: "docs.agriculture.example", frame: "https://drive.agriculture.example" }),
  documents: "http://nextcloud.t-minagri-apps.svc:8080",
  host: {
    namespace: "t-minagri-apps",
    pods: podSelector(labels({ tenant: "minagri", component: "drive", module: "Nextcloud" }), "web"),
    port: 8080,
  },
};

test("a ministry's online office is this, byte for byte", () => {
  const { namespace, labels: own } = ministry;
  const route = collaboraRoute({
    namespace,
    labels: own,
    host: "docs.agriculture.example",
    publishing: { by: "ingress", className: "edge" },
    tlsSecret: "public-certificate",
  });
  expectGolden("collabora.yaml", yamlDocuments([...collaboraManifests(ministry), ...route]));
});

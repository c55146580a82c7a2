import { test } from "vitest";
import type { JitsiInput, JitsiRouteInput } from "../../constructs/jitsi/jitsi-input.ts";
import { jitsiManifests, jitsiRoute } from "../../constructs/jitsi/jitsi-manifests.ts";
import { labels } from "../../constructs/labels.ts";
import { jitsiEnvironment, type JitsiSettings } from "../../operator/modules/jitsi/environment.ts";
import { pageSettings } from "../../operator/modules/jitsi/page-settings.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

const settings: JitsiSettings = {
  namespace: "t-minagri-apps",
  host: "visio.agriculture.example",
  url: "https://visio.agriculture.example",
  issuer: "https://sso.example/realms/minagri",
  clientId: "jitsi",
  application: "minagri",
  guests: "LobbyOnly",
  maxParticipants: 250,
  peoplePerBridge: 60,
  jicofoHeap: "640m",
  bridgeHeap: "2560m",
};
const own = {
  namespace: settings.namespace,
  labels: labels({ tenant: "minagri", component: "conferences", module: "Jitsi" }),
};
const image = (program: string): string => `registry.example/${program}:stable-11146-2@sha256:0123456789abcdef`;
const bridge = (index: number, port: number, replicas: number) => ({
  index,
  port,
  replicas,
  addresses: index === 0 ? ["198.51.100.20"] : [],
  image: image("jvb"),
  resources: { cpu: "2", memoryMi: 4096 },
  environment: jitsiEnvironment.bridge(settings, { index, port }),
});
const ministry: JitsiInput = {
  ...own,
  version: "stable-11146-2",
  pullSecret: "registry",
  secrets: "jitsi-secrets",
  web: {
    image: image("web"),
    replicas: 2,
    resources: { cpu: "50m", memoryMi: 128 },
    environment: jitsiEnvironment.web(settings),
  },
  prosody: {
    image: image("prosody"),
    replicas: 1,
    resources: { cpu: "250m", memoryMi: 1024 },
    environment: jitsiEnvironment.prosody(settings),
  },
  jicofo: {
    image: image("jicofo"),
    replicas: 1,
    resources: { cpu: "250m", memoryMi: 1024 },
    environment: jitsiEnvironment.jicofo(settings),
  },
  login: {
    image: image("jitsi-oidc-adapter"),
    replicas: 2,
    resources: { cpu: "50m", memoryMi: 256 },
    environment: jitsiEnvironment.login(settings),
  },
  bridges: [bridge(0, 31_000, 1), bridge(1, 31_001, 0)],
  exposure: "NodePort",
  pageSettings: pageSettings("LobbyOnly"),
  trustBundle: "-----BEGIN CERTIFICATE-----\n",
  ingressFrom: { namespaceLabels: { "kubernetes.io/metadata.name": "ingress" } },
};
const route: JitsiRouteInput = {
  ...own,
  host: settings.host,
  publishing: { by: "ingress", className: "edge" },
  tlsSecret: "public-certificate",
};

test("a ministry's video conferences are this, byte for byte", () => {
  expectGolden("jitsi.yaml", yamlDocuments([...jitsiManifests(ministry), ...jitsiRoute(route)]));
});

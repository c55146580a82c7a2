import { apiVersion, names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const metadata = { name: "drive", namespace: "t-meteo-apps" };
const host = "drive.meteo.example";
const ingress = (tls: readonly object[], annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { ...metadata, annotations },
  spec: { tls, rules: [{ host }] },
});
const httpRoute = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata,
  spec: { parentRefs: [{ name: "edge", namespace: "socle-system", sectionName: "https" }] },
};
const gateway = (...listeners: readonly object[]) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "edge", namespace: "socle-system" },
  spec: { listeners },
});
const https = { name: "https", protocol: "HTTPS" };

const env = [
  { name: "DATABASE_URL", value: "postgres://u:$(PASSWORD)@db:5432/x?sslmode=verify-full&sslrootcert=%2Fca.crt" },
];
const deployment = (variables: readonly object[], labels: Readonly<Record<string, string>> = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { ...metadata, labels },
  spec: {
    template: {
      spec: { containers: [{ name: "drive", env: variables }], initContainers: [{ name: "prepare", env: variables }] },
    },
  },
});
const homeserver = (text: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...metadata, name: "synapse-config" },
  data: { "homeserver.yaml": text },
});
const jitsi = { [names.moduleLabel]: "Jitsi" };

export const transport: Fixtures = {
  "10-10": [
    {
      subject: ingress([{ hosts: [host], secretName: "drive-certificate" }]),
      rows: [
        { that: "is published in clear", subject: ingress([]), result: "fail" },
        {
          that: "has a certificate for all hosts of its domain",
          subject: ingress([{ hosts: ["*.meteo.example"], secretName: "drive-certificate" }]),
          result: "pass",
        },
      ],
    },
    {
      subject: httpRoute,
      related: [gateway(https)],
      rows: [
        {
          that: "goes through a listener in clear beside another one",
          subject: httpRoute,
          related: [gateway({ name: "http", protocol: "HTTPS" }, { name: "https", protocol: "HTTP" })],
          result: "fail",
        },
        {
          that: "goes through a listener that is not known",
          subject: httpRoute,
          related: [gateway()],
          result: "error",
        },
      ],
    },
  ],
  "10-12": [
    {
      subject: deployment(env),
      rows: [
        {
          that: "reaches a cache",
          subject: deployment([{ name: "CACHE_URL", value: "redis://cache:6379" }]),
          result: "pass",
        },
      ],
    },
    {
      subject: homeserver("database: {name: psycopg2, args: {sslmode: verify-full, sslrootcert: /ca.crt}}"),
      rows: [
        { that: "has no database", subject: homeserver("report_stats: false"), result: "fail" },
        { that: "cannot be read", subject: homeserver("database: {"), result: "error" },
      ],
    },
    {
      subject: {
        apiVersion,
        kind: "SovereignRegion",
        metadata: { name: "cloudgouv" },
        spec: { postgresql: { server: { tls: "VerifyFull" } } },
      },
    },
  ],
  "10-14": {
    subject: deployment([{ name: "TURNS_HOST", value: "relay.meteo.example" }], jitsi),
    rows: [
      {
        that: "names a relay in clear beside one over TLS",
        subject: deployment(
          [
            { name: "TURNS_HOST", value: "a.example" },
            { name: "TURN_HOST", value: "a.example" },
          ],
          jitsi,
        ),
        result: "fail",
      },
    ],
  },
};

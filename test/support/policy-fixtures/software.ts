import type { Manifest } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import { releasedPolicies } from "../../../operator/policy/admission/policies.ts";
import type { Fixture, Fixtures } from "./fixture.ts";

const metadata = { name: "nextcloud", namespace: "t-meteo-apps", labels: { [names.tenantLabel]: "meteo" } };
const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const pinned = `registry.platform.example/library/nextcloud:34.0.2@sha256:${digest}`;
const region = (images: object): Manifest => ({
  apiVersion: "socle.dev/v1alpha1",
  kind: "SovereignRegion",
  metadata: { name: "cloudgouv" },
  spec: { images },
});
const mirrored = region({ mirror: "registry.platform.example" });

const pod = (image: string): object => ({
  containers: [{ name: "web", image }],
  initContainers: [{ name: "places", image }],
});
const deployment = (image: string): Manifest => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata,
  spec: { template: { spec: pod(image) } },
});
const workloads: readonly Manifest[] = [
  { apiVersion: "v1", kind: "Pod", metadata, spec: pod(pinned) },
  { apiVersion: "apps/v1", kind: "StatefulSet", metadata, spec: { template: { spec: pod(pinned) } } },
  { apiVersion: "batch/v1", kind: "Job", metadata, spec: { template: { spec: pod(pinned) } } },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata,
    spec: { jobTemplate: { spec: { template: { spec: pod(pinned) } } } },
  },
  { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", metadata, spec: { imageName: pinned } },
];
const unmirrored: Fixture = {
  subject: deployment(`ghcr.io/jitsi/web:stable-1@sha256:${digest}`),
  related: [
    region({ overrides: [{ name: "nextcloud", reference: `registry.gouv.example:5000/nextcloud@sha256:${digest}` }] }),
  ],
  rows: [
    {
      that: "is from the registry that is left out",
      subject: deployment(`library/nextcloud@sha256:${digest}`),
      result: "pass",
    },
    {
      that: "is from the registry of an override",
      subject: deployment(`registry.gouv.example:5000/other@sha256:${digest}`),
      result: "pass",
    },
    { that: "is from nobody's registry", subject: deployment(`localhost/nextcloud@sha256:${digest}`), result: "fail" },
  ],
};

const conditions = (...told: readonly (readonly [type: string, status: string])[]): object => ({
  conditions: told.map(([type, status]) => ({ type, status })),
});
const module = (spec: object, status: object): Manifest => ({
  apiVersion: "socle.dev/v1alpha1",
  kind: "ModuleDeployment",
  metadata: { name: "nextcloud", namespace: "t-meteo", labels: { [names.tenantLabel]: "meteo" } },
  spec,
  status,
});

export const software: Fixtures = {
  "12-26": [
    { subject: deployment(pinned), related: [mirrored] },
    ...workloads.map((subject): Fixture => ({ subject, related: [mirrored] })),
    unmirrored,
  ],
  "12-29": {
    subject: module({ managementPolicy: "Managed" }, conditions(["Ready", "True"], ["DriftFree", "True"])),
    rows: [
      {
        that: "is only watched and differs",
        subject: module({ managementPolicy: "Observe" }, conditions(["DriftFree", "False"])),
        result: "fail",
      },
      {
        that: "is not Ready and has no drift",
        subject: module({}, conditions(["Ready", "False"], ["DriftFree", "True"])),
        result: "pass",
      },
      { that: "was not looked at", subject: module({}, conditions(["DriftFree", "Unknown"])), result: "error" },
      {
        that: "is left alone",
        subject: module({ managementPolicy: "Paused" }, conditions(["DriftFree", "True"])),
        result: "error",
      },
      { that: "is new", subject: module({}, {}), result: "error" },
    ],
  },
  "12-30": { subject: region({}), related: releasedPolicies() },
};

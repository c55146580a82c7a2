import type { Fixtures } from "./fixture.ts";

const namespace = (name: string, tenant: string, place = "apps") => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    labels: {
      "socle.dev/tenant": tenant,
      "socle.dev/place": place,
      "pod-security.kubernetes.io/enforce": place === "office" ? "baseline" : "restricted",
      "pod-security.kubernetes.io/enforce-version": "v1.34",
    },
  },
});
const restricted = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: "a",
      image: "a",
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    },
  ],
};
const makerOf = (apiVersion: string, kind: string, spec: object, of = "t-meteo-apps") => ({
  apiVersion,
  kind,
  metadata: { name: "web", namespace: of, labels: { "socle.dev/tenant": "meteo" } },
  spec,
});
const template = (spec: object = restricted) => ({ template: { metadata: { labels: { app: "web" } }, spec } });
const baseline = { containers: [{ name: "a", image: "a" }] };

export const hardenedPods: Fixtures = {
  "5-03": [
    { subject: namespace("t-meteo-apps", "meteo") },
    ...["Deployment", "StatefulSet", "DaemonSet"].map((kind) => ({ subject: makerOf("apps/v1", kind, template()) })),
    { subject: makerOf("batch/v1", "Job", template()) },
    { subject: makerOf("batch/v1", "CronJob", { jobTemplate: { spec: template() } }) },
    {
      subject: makerOf("v1", "Pod", restricted),
      rows: [
        { that: "keeps baseline alone", subject: makerOf("v1", "Pod", baseline), result: "fail" },
        { that: "is of no shape", subject: makerOf("v1", "Pod", { containers: "none" }), result: "fail" },
      ],
    },
    {
      subject: makerOf("apps/v1", "Deployment", template(baseline), "t-meteo-office"),
      related: [namespace("t-meteo-office", "meteo", "office")],
      rows: [
        {
          that: "an office",
          subject: namespace("t-meteo-office", "meteo", "office"),
          result: "pass",
        },
      ],
    },
  ],
};

import type { Fixtures } from "./fixture.ts";

const realm = (keycloak: object, drift = "True", sso = "True") => ({
  apiVersion: "socle.dev/v1alpha1",
  kind: "ModuleDeployment",
  metadata: { name: "keycloak", namespace: "t-meteo" },
  spec: { module: "Keycloak", keycloak },
  status: {
    conditions: [
      { type: "SSOReady", status: sso },
      { type: "DriftFree", status: drift },
    ],
  },
});
const template = (spec: object) => ({ template: { spec } });
const closed = { automountServiceAccountToken: false };
const workload = (apiVersion: string, kind: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: { name: "drive", namespace: "t-meteo-apps" },
  spec,
});

export const logins: Fixtures = {
  "9-18": {
    subject: realm({ mfa: "Required" }),
    rows: [
      { that: "asks administrators alone", subject: realm({ mfa: "RequiredForAdmins" }), result: "pass" },
      { that: "was changed by hand", subject: realm({ mfa: "Required" }, "False"), result: "error" },
      { that: "is not there yet", subject: realm({ mfa: "Required" }, "True", "Unknown"), result: "error" },
    ],
  },
  "9-22": {
    subject: realm({ sessionMaxHours: 8 }),
    rows: [
      { that: "lasts as long as it may", subject: realm({ sessionMaxHours: 10 }), result: "pass" },
      { that: "was changed by hand", subject: realm({ sessionMaxHours: 8 }, "False"), result: "error" },
    ],
  },
  "9-24": [
    { subject: workload("apps/v1", "Deployment", template(closed)) },
    { subject: workload("apps/v1", "StatefulSet", template(closed)) },
    { subject: workload("batch/v1", "Job", template(closed)) },
    { subject: workload("batch/v1", "CronJob", { jobTemplate: { spec: template(closed) } }) },
  ],
};

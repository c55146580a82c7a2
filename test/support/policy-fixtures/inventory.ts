import { apiVersion, names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const labels = { [names.tenantLabel]: "meteo", [names.dataClassLabel]: "Personal" };
const claim = (namespace: string, own: Readonly<Record<string, string>> = labels) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "drive", namespace, labels: own },
});
const namespace = (name: string, own: Readonly<Record<string, string>>) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { [names.placeLabel]: "apps", ...own } },
});
const tenant = (name: string, dataClasses: readonly string[]) => ({
  apiVersion,
  kind: "Tenant",
  metadata: { name },
  spec: { compliance: { dataClasses } },
});

export const inventory: Fixtures = {
  "8-01": {
    subject: claim("t-meteo-apps"),
    related: [namespace("t-meteo-apps", labels), tenant("meteo", [])],
    rows: [
      {
        that: "has lost its tenant",
        subject: claim("t-gone-apps", { [names.tenantLabel]: "gone" }),
        related: [namespace("t-gone-apps", { [names.tenantLabel]: "gone" })],
        result: "fail",
      },
      {
        that: "waits for its tenant",
        subject: claim("t-kept-apps", { [names.tenantLabel]: "kept" }),
        related: [namespace("t-kept-apps", { [names.tenantLabel]: "kept", [names.retainedLabel]: "true" })],
        result: "pass",
      },
      { that: "lies in no namespace that is known", subject: claim("elsewhere"), result: "error" },
    ],
  },
  "8-05": [
    {
      subject: claim("t-meteo-apps"),
      related: [tenant("meteo", ["Personal", "Internal"])],
      rows: [
        {
          that: "belongs to a tenant with a class of data that nobody knows",
          subject: claim("t-later-apps", { [names.tenantLabel]: "later", [names.dataClassLabel]: "Secret" }),
          related: [tenant("later", ["Secret"])],
          result: "error",
        },
      ],
    },
    { subject: namespace("t-meteo-apps", labels), related: [tenant("meteo", ["Personal", "Internal"])] },
  ],
};

import { names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const metadata = { name: "drive", namespace: "t-meteo-apps", labels: { [names.tenantLabel]: "meteo" } };
const ingress = (host: string) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata,
  spec: { rules: [{ host }] },
});
const service = (spec: object) => ({ apiVersion: "v1", kind: "Service", metadata, spec });

export const exposure: Fixtures = {
  "13-06": {
    subject: service({ type: "ClusterIP", externalIPs: [] }),
    rows: [
      { that: "is another name for a host elsewhere", subject: service({ type: "ExternalName" }), result: "pass" },
      { that: "is a port of every node", subject: service({ type: "NodePort" }), result: "fail" },
    ],
  },
  "13-07": {
    subject: ingress("drive.meteo.example"),
    related: [
      {
        apiVersion: "socle.dev/v1alpha1",
        kind: "Tenant",
        metadata: { name: "meteo" },
        spec: { domain: "meteo.example" },
      },
    ],
    rows: [
      { that: "is the domain itself", subject: ingress("meteo.example"), result: "pass" },
      { that: "only ends like the domain", subject: ingress("notmeteo.example"), result: "fail" },
    ],
  },
};

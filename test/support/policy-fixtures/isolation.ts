import { names } from "../../../crds/group.ts";
import { claimName } from "../../../operator/reconcile/claims.ts";
import type { Fixtures } from "./fixture.ts";

const namespace = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});
const policy = (namespace: string, spec: object, name = "default-deny") => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace },
  spec,
});
const tenant = { [names.tenantLabel]: "meteo" };
const bothWays = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
const https = { ports: [{ port: 443, protocol: "TCP" }] };

const claim = (holder: string, name?: string) => {
  const [kind, value] = ["Bucket" as const, "objects.example/meteo-nextcloud"];
  return {
    apiVersion: "socle.dev/v1alpha1",
    kind: "NameClaim",
    metadata: { name: name ?? claimName({ kind, value }) },
    spec: { kind, value, holder: { name: holder } },
  };
};
const volume = (namespace: string, spec: object) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: `files-of-${namespace}`, namespace },
  spec,
});

export const isolation: Fixtures = {
  "9-34": {
    subject: namespace("t-meteo-apps", tenant),
    related: [policy("t-meteo-apps", { ...bothWays, ingress: [], egress: [] })],
    rows: [
      { that: "has no policy of its own", subject: namespace("t-meteo-data", tenant), result: "fail" },
      {
        that: "bears the label and is named otherwise",
        subject: namespace("t-meteo-apps-2", tenant),
        result: "fail",
      },
    ],
  },
  "9-36": [
    {
      subject: claim("meteo"),
      // Its name is not that of the lock.
      related: [claim("meteo", "bucket-by-hand")],
      rows: [{ that: "locks nothing", subject: claim("meteo", "bucket-another"), result: "fail" }],
    },
    {
      subject: volume("t-meteo-apps", { volumeName: "volume-of-meteo", dataSourceRef: { namespace: "t-meteo-data" } }),
      related: [
        volume("t-agri-apps", { volumeName: "volume-of-agri" }),
        volume("t-meteo-data", { volumeName: "volume-of-meteo" }),
      ],
      rows: [{ that: "has no volume yet", subject: volume("t-meteo", {}), result: "pass" }],
    },
  ],
  "9-39": [
    {
      subject: namespace("socle-system"),
      related: [
        policy("socle-system", {
          ...bothWays,
          ingress: [{ from: [{ namespaceSelector: { matchLabels: { name: "monitoring" } } }] }],
          egress: [{ to: [{ ipBlock: { cidr: "192.0.2.10/32" } }], ...https }],
        }),
      ],
      rows: [{ that: "has no policy", subject: namespace("socle-identity"), result: "fail" }],
    },
  ],
};

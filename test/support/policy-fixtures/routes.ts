import { names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const metadata = (module: string) => ({
  name: "route",
  namespace: "t-meteo-apps",
  labels: { [names.tenantLabel]: "meteo", [names.moduleLabel]: module },
});
type Paths = readonly (readonly [path: string, service: string])[];
const ingress = (module: string, paths: Paths, more: object = {}) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: metadata(module),
  spec: {
    rules: [
      {
        host: "matrix.meteo.example",
        http: {
          paths: paths.map(([path, name]) => ({ path, pathType: "Prefix", backend: { service: { name } } })),
        },
      },
    ],
    ...more,
  },
});
const httpRoute = (module: string, rules: readonly object[], hostnames = ["matrix.meteo.example"]) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: metadata(module),
  spec: { hostnames, rules },
});
const service = (name: string, spec: object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "t-meteo-apps" },
  spec,
});
const region = (spec: object) => ({
  apiVersion: "socle.dev/v1alpha1",
  kind: "SovereignRegion",
  metadata: { name: "north" },
  spec: { keycloak: spec },
});
const north = region({ url: "https://login.suite.example", adminURL: "https://keycloak.suite.example" });
const chat: Paths = [
  ["/_matrix/client", "synapse"],
  ["/_synapse/client", "synapse"],
];
const office: Paths = [
  ["/", "collabora"],
  ["/browser/dist/admin", "closed"],
  ["/cool/adminws", "closed"],
  ["/cool/getMetrics", "closed"],
];
const drive = (host: string) => ({
  ...ingress("Nextcloud", []),
  spec: { rules: [{ host }] },
});

export const routes: Fixtures = {
  "9-27": [
    {
      subject: drive("drive.meteo.example"),
      related: [north],
      rows: [
        { that: "is that of the platform's administration", subject: drive("keycloak.suite.example"), result: "fail" },
        { that: "only ends like it", subject: drive("my-login.suite.example"), result: "pass" },
      ],
    },
    { subject: httpRoute("Nextcloud", [], ["drive.meteo.example"]), related: [north] },
  ],
  "9-31": [
    {
      subject: ingress("Synapse", chat),
      rows: [
        {
          that: "leads to a name that begins alike",
          subject: ingress("Synapse", [["/_synapse/administer", "synapse"]]),
          result: "pass",
        },
        { that: "is of a module that nobody knows", subject: ingress("Wiki", chat), result: "error" },
        { that: "is of a module without administration", subject: ingress("Jitsi", [["/", "web"]]), result: "pass" },
      ],
    },
    {
      subject: ingress("Synapse", [
        ["/", "synapse"],
        ["/_synapse/admin", "closed"],
      ]),
      related: [service("closed", {})],
      beside: [service("pages", { selector: { [names.componentLabel]: "web-client" } })],
      rows: [
        { that: "closes each path below an open one", subject: ingress("Collabora", office), result: "pass" },
        { that: "hands out pages alone", subject: ingress("Synapse", [["/", "pages"]]), result: "pass" },
        { that: "leaves one of the paths open", subject: ingress("Collabora", office.slice(0, 3)), result: "fail" },
        {
          that: "closes the path on another host alone",
          subject: {
            ...ingress("Synapse", []),
            spec: {
              rules: [
                ...ingress("Synapse", [["/", "synapse"]]).spec.rules,
                { ...ingress("Synapse", [["/_synapse/admin", "closed"]]).spec.rules[0], host: "other.meteo.example" },
              ],
            },
          },
          result: "fail",
        },
        {
          that: "opens what lies below a closed path",
          subject: ingress("Collabora", [...office, ["/cool/adminws/more", "collabora"]]),
          result: "fail",
        },
      ],
    },
    {
      subject: httpRoute("Synapse", [
        { matches: [{ path: { value: "/_matrix" } }], backendRefs: [{ name: "synapse" }] },
      ]),
    },
  ],
};

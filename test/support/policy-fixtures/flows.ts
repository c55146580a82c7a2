import { names } from "../../../crds/group.ts";
import type { Manifest } from "../../../constructs/manifest.ts";
import type { Fixtures } from "./fixture.ts";

const policy = (spec: object): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "allow", namespace: "t-meteo-apps", labels: { [names.tenantLabel]: "meteo" } },
  spec: { podSelector: {}, ...spec },
});
const letsOut = (...to: object[]): Manifest => policy({ egress: [{ to, ports: [{ protocol: "TCP", port: 443 }] }] });
const letsIn = (rule: object): Manifest => policy({ ingress: [rule] });
const gateway = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "edge" } } };
const media = { protocol: "UDP", port: 10000 };

const node = (...addresses: readonly { readonly type: string; readonly address: string }[]): Manifest => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "worker-1" },
  status: { addresses },
});
const hostname = { type: "Hostname", address: "worker-1" };

export const flows: Fixtures = {
  "12-35": {
    subject: letsOut({ ipBlock: { cidr: "198.51.100.64/27" } }),
    rows: [
      { that: "lets nobody out", subject: policy({ egress: [] }), result: "pass" },
      {
        that: "lets out to a private range as wide as there is",
        subject: letsOut({ ipBlock: { cidr: "10.0.0.0/8" } }),
        result: "pass",
      },
      { that: "lets out to pods", subject: letsOut(gateway), result: "pass" },
      { that: "lets out to everywhere on one port", subject: policy({ egress: [{ ports: [media] }] }), result: "fail" },
      {
        that: "lets out to the internet without what is near",
        subject: letsOut(gateway, { ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } }),
        result: "fail",
      },
      { that: "names no range", subject: letsOut({ ipBlock: { cidr: "everywhere" } }), result: "error" },
    ],
  },
  "13-05": {
    subject: node({ type: "InternalIP", address: "10.0.3.7" }),
    rows: [
      {
        that: "has a name beside it",
        subject: node(hostname, { type: "InternalIP", address: "fd00::7" }),
        result: "pass",
      },
      {
        that: "has a public address inside",
        subject: node({ type: "InternalIP", address: "172.32.0.1" }),
        result: "fail",
      },
      {
        that: "has an address outside",
        subject: node(hostname, { type: "ExternalIP", address: "10.0.3.7" }),
        result: "fail",
      },
      { that: "has not reported yet", subject: node(), result: "error" },
    ],
  },
  "13-10": {
    subject: letsIn({ from: [gateway], ports: [{ protocol: "TCP", port: 9090 }] }),
    rows: [
      { that: "lets nobody in", subject: policy({ ingress: [] }), result: "pass" },
      { that: "lets media in from everywhere", subject: letsIn({ ports: [media] }), result: "pass" },
      { that: "lets pods of its own namespace in", subject: letsIn({ from: [{ podSelector: {} }] }), result: "pass" },
      { that: "opens a port beside the media", subject: letsIn({ ports: [media, { port: 8080 }] }), result: "fail" },
      { that: "opens every port to everybody", subject: letsIn({}), result: "fail" },
      {
        that: "lets in every namespace but one",
        subject: letsIn({
          from: [{ namespaceSelector: { matchExpressions: [{ key: "a", operator: "NotIn", values: ["b"] }] } }],
        }),
        result: "fail",
      },
      { that: "lets the internet in", subject: letsIn({ from: [{ ipBlock: { cidr: "::/0" } }] }), result: "fail" },
    ],
  },
};

import { apiVersion } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const metadata = { name: "drive", namespace: "t-meteo-apps" };
const sound = {
  duration: "2160h0m0s",
  privateKey: { algorithm: "ECDSA", size: 256 },
  usages: ["digital signature", "key encipherment", "server auth"],
  dnsNames: ["drive.meteo.example"],
};
const certificate = (spec: object) => ({
  apiVersion: "cert-manager.io/v1",
  kind: "Certificate",
  metadata,
  spec: { ...sound, ...spec },
});
const ingress = (name: string, ingressClassName: string) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { ...metadata, name },
  spec: { ingressClassName, tls: [{ hosts: ["drive.meteo.example"], secretName: "drive-certificate" }] },
});
const mounting = (name: string, secretName: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { ...metadata, name },
  spec: { template: { spec: { volumes: [{ name: "certificate", secret: { secretName } }] } } },
});
const region = (clusterIssuer?: string) => ({
  apiVersion,
  kind: "SovereignRegion",
  metadata: { name: "cloudgouv" },
  spec: { ingress: { clusterIssuer } },
});
const issuer = (spec: object) => ({
  apiVersion: "cert-manager.io/v1",
  kind: "ClusterIssuer",
  metadata: { name: "edge" },
  spec,
});

export const certificates: Fixtures = {
  "10-08": {
    subject: certificate({}),
    rows: [
      { that: "lives for 825 days", subject: certificate({ duration: "19800h" }), result: "pass" },
      {
        that: "has the key that cert-manager takes by itself",
        subject: certificate({ privateKey: {} }),
        result: "fail",
      },
      {
        that: "has a long key of RSA",
        subject: certificate({ privateKey: { algorithm: "RSA", size: 4096 } }),
        result: "pass",
      },
      { that: "lives for nobody knows how long", subject: certificate({ duration: "long" }), result: "error" },
    ],
  },
  "10-09": {
    subject: ingress("drive", "edge"),
    related: [ingress("page", "edge"), mounting("drive", "mounted")],
    rows: [
      {
        that: "shares its certificate with a pod",
        subject: ingress("drive", "edge"),
        related: [mounting("drive", "drive-certificate")],
        result: "fail",
      },
      {
        that: "shares its certificate with another controller",
        subject: ingress("drive", "edge"),
        related: [ingress("page", "inner")],
        result: "fail",
      },
    ],
  },
  "10-23": {
    subject: region("edge"),
    related: [issuer({ acme: { server: "https://acme-api.actalis.com/acme/directory" } })],
    rows: [
      {
        that: "has an authority of its own",
        subject: region("edge"),
        related: [issuer({ ca: { secretName: "platform-ca" } })],
        result: "pass",
      },
      {
        that: "has an authority in a vault",
        subject: region("edge"),
        related: [issuer({ vault: { server: "https://vault.platform.example" } })],
        result: "pass",
      },
      {
        that: "signs each certificate by itself",
        subject: region("edge"),
        related: [issuer({ selfSigned: {} })],
        result: "fail",
      },
      { that: "brings a certificate", subject: region(), result: "error" },
      { that: "names an issuer that is not here", subject: region("other"), result: "error" },
    ],
  },
};

import type { Fixtures } from "./fixture.ts";

const claim = (storageClassName: string, namespace = "t-meteo-apps") => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "drive", namespace },
  spec: { storageClassName },
});
const storageClass = (name: string, namespace: string, parameters: object = {}) => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name },
  provisioner: "bsu.csi.outscale.com",
  parameters: {
    encrypted: "true",
    "csi.storage.k8s.io/node-stage-secret-name": "volume-key",
    "csi.storage.k8s.io/node-stage-secret-namespace": namespace,
    ...parameters,
  },
});
const byClaim = storageClass("encrypted", "$" + "{pvc.namespace}");
const plain = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "plain" },
  provisioner: "rancher.io/local-path",
};

const ofMeteo = storageClass("of-meteo", "t-meteo-apps");

export const volumes: Fixtures = {
  "10-01": {
    subject: claim("encrypted"),
    related: [byClaim],
    rows: [{ that: "lies on the disk of a node", subject: claim("plain"), related: [plain], result: "fail" }],
  },
  "10-02": {
    subject: claim("encrypted"),
    related: [byClaim],
    rows: [
      { that: "has a class of its own", subject: claim("of-meteo"), related: [ofMeteo], result: "pass" },
      {
        that: "takes the class of another tenant",
        subject: claim("of-meteo", "t-other-apps"),
        related: [ofMeteo],
        result: "fail",
      },
    ],
  },
  "10-05": {
    subject: claim("encrypted"),
    related: [byClaim],
    rows: [
      {
        that: "has a longer key",
        subject: claim("long"),
        related: [storageClass("long", "t-meteo-apps", { "luks-key-size": "512" })],
        result: "pass",
      },
      { that: "is encrypted nobody knows how", subject: claim("plain"), related: [plain], result: "error" },
    ],
  },
};

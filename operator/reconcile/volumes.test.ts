import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { type FindClass, volumesFinding, withPossibleVolumes } from "./volumes.ts";

const claim = (size: string): Manifest => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data", namespace: "t-minagri-data" },
  spec: { storageClassName: "encrypted", resources: { requests: { storage: size } } },
});
const cluster = (size: string): Manifest => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata: { name: "postgresql", namespace: "t-minagri-data" },
  spec: { instances: 2, storage: { storageClass: "encrypted", size } },
});
const live = (manifest: Manifest, status: object = { phase: "Bound", capacity: { storage: "5Gi" } }): KubeObject => ({
  ...manifest,
  metadata: { ...manifest.metadata, uid: "u", resourceVersion: "1" },
  status,
});
const growing: FindClass = () => ({ allowVolumeExpansion: true }) as unknown as KubeObject;
const fixed: FindClass = () => ({}) as KubeObject;
const none: FindClass = () => undefined;

describe("the size of a volume that exists", () => {
  it.each<[string, Manifest, KubeObject, FindClass, Manifest]>([
    ["grows where its class lets it", claim("9Gi"), live(claim("5Gi")), growing, claim("9Gi")],
    ["stays where its class does not", claim("9Gi"), live(claim("5Gi")), fixed, claim("5Gi")],
    ["stays where its class is gone", claim("9Gi"), live(claim("5Gi")), none, claim("5Gi")],
    ["stays until it is bound", claim("9Gi"), live(claim("5Gi"), { phase: "Pending" }), growing, claim("5Gi")],
    ["never shrinks", claim("5Gi"), live(claim("9Gi")), growing, claim("9Gi")],
    ["is what it is in other words too", claim("5120Mi"), live(claim("5Gi")), fixed, claim("5120Mi")],
    ["of a Cluster stays like any other", cluster("9Gi"), live(cluster("5Gi")), fixed, cluster("5Gi")],
    ["of a Cluster grows like any other", cluster("9Gi"), live(cluster("5Gi")), growing, cluster("9Gi")],
  ])("%s", (_claim, wanted, found, classOf, sent) => {
    expect(withPossibleVolumes([wanted], [found], classOf)).toEqual([sent]);
  });

  it("is what was asked for when there is none yet", () => {
    expect(withPossibleVolumes([claim("9Gi")], [], none)).toEqual([claim("9Gi")]);
  });
});

describe("what is said of volumes", () => {
  const bound = (size: string): KubeObject => live(claim(size), { phase: "Bound", capacity: { storage: size } });

  it("is good when they have the size", () => {
    expect(volumesFinding([claim("5Gi")], [bound("5Gi")], fixed)).toMatchObject({ status: "True" });
  });

  it("names volume, sizes, class and remedy when they cannot grow", () => {
    const finding = volumesFinding([claim("9Gi")], [bound("5Gi")], fixed);
    expect(finding).toMatchObject({ status: "False", reason: "CapabilityMissing" });
    for (const word of ["t-minagri-data/data", "5Gi", "9Gi", "StorageClass encrypted", "allowVolumeExpansion"])
      expect(finding.message).toContain(word);
  });

  it.each<[string, Manifest, readonly KubeObject[], string]>([
    ["are being made", claim("5Gi"), [], "is being made"],
    ["are not bound", claim("5Gi"), [live(claim("5Gi"), { phase: "Pending" })], "not bound yet"],
    ["are being made larger", claim("9Gi"), [live(claim("9Gi"))], "grows from 5Gi to 9Gi."],
    [
      "wait for their pod",
      claim("9Gi"),
      [
        live(claim("9Gi"), {
          phase: "Bound",
          capacity: { storage: "5Gi" },
          conditions: [{ type: "FileSystemResizePending", status: "True" }],
        }),
      ],
      "when its pod starts next",
    ],
    ["of a Cluster are being made larger", cluster("9Gi"), [live(cluster("9Gi"), {}), live(claim("9Gi"))], "grows"],
  ])("is that work goes on while they %s", (_claim, wanted, found, says) => {
    const finding = volumesFinding([wanted], found, growing);
    expect(finding).toMatchObject({ status: "False", reason: "Progressing" });
    expect(finding.message).toContain(says);
  });
});

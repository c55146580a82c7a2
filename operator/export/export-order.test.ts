import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { fileName, inOrder } from "./export-order.ts";

const object = (kind: string, name = "x", namespace = "t-a"): Manifest => ({
  apiVersion: "v1",
  kind,
  metadata: kind === "Namespace" ? { name } : { name, namespace },
});
const reversed = ["Ingress", "Cluster", "StatefulSet", "Job", "Service", "Secret", "NetworkPolicy", "Namespace"];

describe("inOrder", () => {
  it("puts namespaces first, isolation before what runs, and the way in last", () => {
    expect(inOrder(reversed.map((kind) => object(kind))).map(({ kind }) => kind)).toEqual([
      "Namespace",
      "NetworkPolicy",
      "Service",
      "Secret",
      "Cluster",
      "StatefulSet",
      "Job",
      "Ingress",
    ]);
  });
});

describe("fileName", () => {
  it("names stage, namespace, kind and name", () => {
    expect(fileName(object("Namespace", "t-a"))).toBe("1-namespaces.namespace.t-a.yaml");
    expect(fileName(object("NetworkPolicy", "allow-dns", "t-a-apps"))).toBe(
      "2-isolation.t-a-apps.networkpolicy.allow-dns.yaml",
    );
  });

  it("sorts files as their objects are applied", () => {
    const names = reversed.map((kind) => fileName(object(kind)));
    expect(names.toSorted()[0]).toContain(".namespace.");
    expect(names.toSorted().at(-1)).toContain(".ingress.");
  });
});

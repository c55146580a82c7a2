import { expect, test } from "vitest";
import { connectivityLines } from "../../operator/policy/reachability/connectivity.ts";
import { reaches } from "../../operator/policy/reachability/reachability.ts";
import { readWorld } from "../../operator/policy/reachability/read-world.ts";
import { wholeSuite } from "../support/whole-suite.ts";
import { expectGolden } from "./golden-file.ts";

/** Pods of the cluster that are no tenant's: without them, ways to and from them would not show. */
const neighbour = (namespace: string, name: string, labels: Readonly<Record<string, string>>): unknown => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { namespace, name },
  spec: { template: { metadata: { labels }, spec: { containers: [{ name }] } } },
});
const neighbours = [
  neighbour("edge", "ingress-controller", { app: "edge" }),
  neighbour("kube-system", "coredns", { "k8s-app": "kube-dns" }),
  neighbour("socle-system", "socle", { app: "socle" }),
  neighbour("cnpg-system", "cloudnative-pg", { "app.kubernetes.io/name": "cloudnative-pg" }),
  // Has the labels of the ingress controller, in a namespace of its own.
  neighbour("elsewhere", "stranger", { app: "edge" }),
];

test("who may talk to whom in the whole suite of a ministry, and from beside it, is the reviewed list", () => {
  const objects = [...wholeSuite().manifests, ...neighbours];
  const { world, problems, leftOut } = readWorld(objects.map((object) => ({ place: "whole suite", object })));
  expect({ problems, leftOut }).toEqual({ problems: [], leftOut: [] });
  // What neighbours say to each other and to the outside is not the suite's.
  const lines = connectivityLines(reaches(world)).filter((line) => line.includes("t-minagri-"));
  expectGolden("connectivity-ministry.txt", `${lines.join("\n")}\n`);
});

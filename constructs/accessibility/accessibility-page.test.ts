import { describe, expect, it } from "vitest";
import { type AccessibilityPageInput, accessibilityManifests } from "./accessibility-page.ts";

const input: AccessibilityPageInput = {
  of: "keycloak-north",
  namespace: "socle-identity",
  labels: { "app.kubernetes.io/name": "keycloak", "app.kubernetes.io/instance": "north" },
  image: "registry.example/nginx",
  page: "<!DOCTYPE html>",
};
const policy = (ingressFrom?: AccessibilityPageInput["ingressFrom"]) =>
  accessibilityManifests(ingressFrom === undefined ? input : { ...input, ingressFrom }).find(
    ({ kind }) => kind === "NetworkPolicy",
  )?.["spec"];

describe("an accessibility page", () => {
  it("opens no flow of its own where its namespace says who may come in", () => {
    expect(policy()).toBeUndefined();
  });

  it("elsewhere lets the ingress controller in, at its one port, and goes nowhere", () => {
    const podSelector = {
      matchLabels: {
        "app.kubernetes.io/name": "keycloak-north-accessibility",
        "app.kubernetes.io/instance": "north",
        "app.kubernetes.io/component": "accessibility",
      },
    };
    const closed = { podSelector, policyTypes: ["Ingress", "Egress"] };
    expect(policy({ cidrs: ["192.0.2.0/24"] })).toEqual({
      ...closed,
      ingress: [{ from: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ protocol: "TCP", port: "http" }] }],
    });
    expect(policy({})).toEqual(closed);
  });

  it("starts anew when its text changes", () => {
    const deployment = (page: string) =>
      JSON.stringify(accessibilityManifests({ ...input, page }).find(({ kind }) => kind === "Deployment"));
    expect(deployment("another")).not.toBe(deployment(input.page));
  });
});

import { describe, expect, test } from "vitest";
import { certificateSecret, PublicRoute, type Publishing } from "./public-route.ts";
import { synthesize } from "./synthesize.ts";

const ingress: Publishing = { by: "ingress", className: "edge" };
const issued: Publishing = { by: "ingress", className: "edge", clusterIssuer: "platform" };
const gateway: Publishing = { by: "gateway", gateway: "public", namespace: "socle-system", listener: "https" };

const route = (publishing: Publishing) =>
  synthesize((scope) => {
    new PublicRoute(scope, "route", {
      name: "synapse",
      namespace: "t-a-apps",
      labels: { "socle.dev/tenant": "a" },
      host: "matrix.a.example",
      paths: [
        { path: "/_matrix/client", service: "synapse", port: 8008 },
        { path: "/robots.txt", exact: true, service: "pages", port: 8080 },
      ],
      accessibilityOf: "synapse",
      publishing,
      tlsSecret: "certificate",
    });
  });

describe("a public route", () => {
  test("is an Ingress of the region's class, with the certificate of its host", () => {
    expect(route(ingress)).toEqual([
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: {
          name: "synapse",
          namespace: "t-a-apps",
          labels: { "app.kubernetes.io/component": "route", "socle.dev/tenant": "a" },
        },
        spec: {
          ingressClassName: "edge",
          tls: [{ hosts: ["matrix.a.example"], secretName: "certificate" }],
          rules: [
            {
              host: "matrix.a.example",
              http: {
                paths: [
                  {
                    path: "/_matrix/client",
                    pathType: "Prefix",
                    backend: { service: { name: "synapse", port: { name: "http" } } },
                  },
                  {
                    path: "/robots.txt",
                    pathType: "Exact",
                    backend: { service: { name: "pages", port: { name: "http" } } },
                  },
                  {
                    path: "/accessibilite.html",
                    pathType: "Exact",
                    backend: { service: { name: "synapse-accessibility", port: { name: "http" } } },
                  },
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  test("asks the issuer of the region for the certificate, where it has one", () => {
    expect(route(issued)[0]?.metadata.annotations).toEqual({ "cert-manager.io/cluster-issuer": "platform" });
  });

  test("is an HTTPRoute of the same meaning, on one listener of the Gateway and on no other", () => {
    expect(route(gateway)).toEqual([
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: route(ingress)[0]?.metadata,
        spec: {
          parentRefs: [{ name: "public", namespace: "socle-system", sectionName: "https" }],
          hostnames: ["matrix.a.example"],
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: "/_matrix/client" } }],
              backendRefs: [{ name: "synapse", port: 8008 }],
            },
            {
              matches: [{ path: { type: "Exact", value: "/robots.txt" } }],
              backendRefs: [{ name: "pages", port: 8080 }],
            },
            {
              matches: [{ path: { type: "Exact", value: "/accessibilite.html" } }],
              backendRefs: [{ name: "synapse-accessibility", port: 8080 }],
            },
          ],
        },
      },
    ]);
  });
});

describe("the certificate of a host", () => {
  test("is its own where the region has an issuer, and the region's where it has one for all", () => {
    expect(certificateSecret(issued, "synapse", "shared")).toBe("synapse-certificate");
    expect(certificateSecret(ingress, "synapse", "shared")).toBe("shared");
  });
});

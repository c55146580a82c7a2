import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { wholeSuite } from "../../test/support/whole-suite.ts";

interface RoutePath {
  readonly path: string;
  readonly pathType: string;
  readonly backend: { readonly service: { readonly name: string } };
}
interface RouteSpec {
  readonly rules: readonly { readonly host: string; readonly http: { readonly paths: readonly RoutePath[] } }[];
}

const { manifests } = wholeSuite();
const find = (kind: string, namespace: string | undefined, name: string): Manifest | undefined =>
  manifests.find((one) => one.kind === kind && one.metadata.namespace === namespace && one.metadata.name === name);
/** What Services and policies select pods by, where they do not select all of them. */
const selectors = manifests.flatMap((one): [Manifest, Readonly<Record<string, string>>][] => {
  const spec = one["spec"] as { selector?: Record<string, string>; podSelector?: { matchLabels?: object } } | undefined;
  const selector = one.kind === "Service" ? spec?.selector : spec?.podSelector?.matchLabels;
  return selector === undefined ? [] : [[one, selector as Record<string, string>]];
});
const hosts = manifests
  .filter(({ kind }) => kind === "Ingress" || kind === "HTTPRoute")
  .flatMap((route) => {
    expect(route.kind).toBe("Ingress");
    return (route["spec"] as RouteSpec).rules.map(({ host, http }) => ({ host, paths: http.paths, route }));
  });

describe("each host of a whole suite", () => {
  it("is one of these", () => {
    expect(hosts.map(({ host }) => host.replace("agriculture.suite.example", "")).toSorted()).toEqual([
      "",
      "chat.",
      "docs.",
      "drive.",
      "matrix.",
      "projects.",
      "visio.",
    ]);
  });

  it.each(hosts)("$host answers at one exact path with a page that names it, out of a pod beside it", (one) => {
    const { host, paths, route } = one;
    const ways = paths.filter(({ path }) => path === "/accessibilite.html");
    expect(ways.map(({ pathType }) => pathType)).toEqual(["Exact"]);
    const name = ways[0]?.backend.service.name ?? "";
    const { namespace } = route.metadata;
    expect(find("Service", namespace, name)).toBeDefined();
    const files = find("ConfigMap", namespace, `${name}-config`)?.["data"] as Readonly<Record<string, string>>;
    expect(files["accessibilite.html"]).toContain(`<dd>${host}</dd>`);
  });

  it.each(hosts)(
    "$host has a page whose pod is chosen by its own Service and by no flow of a module",
    ({ paths, route }) => {
      const name = paths.find(({ path }) => path === "/accessibilite.html")?.backend.service.name ?? "";
      const { namespace } = route.metadata;
      const template = find("Deployment", namespace, name)?.["spec"] as {
        readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } };
      };
      const { labels } = template.template.metadata;
      const choosing = selectors.filter(
        ([{ metadata }, selector]) =>
          metadata.namespace === namespace && Object.entries(selector).every(([key, value]) => labels[key] === value),
      );
      expect(choosing.map(([{ kind, metadata }]) => [kind, metadata.name])).toEqual([["Service", name]]);
    },
  );
});

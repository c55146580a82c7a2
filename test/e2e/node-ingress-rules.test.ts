import { describe, expect, it } from "vitest";
import {
  type CertifiedSite,
  loadableSites,
  nginxConfiguration,
  quoted,
  routeOf,
} from "../node-lane/ingress-configuration.ts";
import { type Ingress, type IngressWorld, publication } from "../node-lane/ingress-routes.ts";

/** What the ingress of the node lane decides without a node. */
const className = "lane";
const meta = (name: string, created = 1) => ({
  name,
  namespace: "rooms",
  uid: name,
  resourceVersion: "1",
  creationTimestamp: `2026-01-01T00:00:0${created}Z`,
});

type Path = NonNullable<NonNullable<Ingress["spec"]["rules"]>[number]["http"]>["paths"][number];
const path = (text: string, more: Partial<Path> = {}): Path => ({
  path: text,
  pathType: "Prefix",
  backend: { service: { name: "web", port: { number: 80 } } },
  ...more,
});
const ingress = (name: string, paths: readonly Path[], more: { host?: string; created?: number } = {}): Ingress => ({
  metadata: meta(name, more.created),
  spec: { ingressClassName: className, rules: [{ host: more.host ?? "a.localhost", http: { paths } }] },
});

const slice = (ports: { name?: string; port: number }[], endpoints: { addresses: string[]; ready?: boolean }[]) => ({
  metadata: { ...meta("web-1"), labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  ports,
  endpoints: endpoints.map(({ addresses, ready }) => ({
    addresses,
    ...(ready === undefined ? {} : { conditions: { ready } }),
  })),
});
const world = (ingresses: readonly Ingress[], more: Partial<IngressWorld> = {}): IngressWorld => ({
  className,
  ingresses,
  services: [
    {
      metadata: meta("web"),
      spec: {
        ports: [
          { name: "http", port: 80 },
          { name: "admin", port: 90 },
        ],
      },
    },
  ],
  slices: [
    slice(
      [
        { name: "http", port: 8080 },
        { name: "admin", port: 9090 },
      ],
      [{ addresses: ["10.0.0.2"] }],
    ),
  ],
  ...more,
});
const backends = (found: IngressWorld): string[][] =>
  publication(found).sites.flatMap(({ routes }) => routes.map(({ backend }) => [...backend.endpoints]));

describe("Ingresses of the lane's class", () => {
  it("alone are served", () => {
    const foreign = { ...ingress("foreign", [path("/")]), spec: { ingressClassName: "nginx", rules: [] } };
    expect(
      publication(world([foreign, ingress("own", [path("/")])])).taken.map(({ metadata }) => metadata.name),
    ).toEqual(["own"]);
  });

  it("with the same host are one site, and the older has a path that both claim", () => {
    const young = ingress("a-young", [path("/"), path("/young")], { created: 2 });
    const old = ingress("z-old", [path("/", { backend: { service: { name: "old", port: { number: 1 } } } })]);
    const { sites, complaints } = publication(world([young, old]));
    expect(
      sites.map(({ host, routes }) => [host, ...routes.map((route) => `${route.path} ${route.backend.name}`)]),
    ).toEqual([["a.localhost", " old.rooms.1", "/young web.rooms.80"]]);
    expect(complaints).toEqual(['the path "/" of a.localhost in Ingress rooms/a-young is taken already']);
  });

  it.each<[string, Path["backend"]["service"], string[]]>([
    ["by number", { name: "web", port: { number: 90 } }, ["10.0.0.2:9090"]],
    ["by name", { name: "web", port: { name: "http" } }, ["10.0.0.2:8080"]],
    ["that it does not have", { name: "web", port: { number: 8080 } }, []],
    ["of a Service that is not there", { name: "none", port: { number: 80 } }, []],
  ])("reach the pods behind a port of a Service %s", (_case, service, expected) => {
    expect(backends(world([ingress("one", [path("/", { backend: { service: service! } })])]))).toEqual([expected]);
  });

  it("reach only pods that are ready", () => {
    const ports = [{ name: "http", port: 8080 }];
    const slices = [
      slice(ports, [
        { addresses: ["10.0.0.4"], ready: false },
        { addresses: ["10.0.0.3"], ready: true },
      ]),
      slice(ports, [{ addresses: ["10.0.0.2"] }, { addresses: ["fd00::1"] }]),
    ];
    expect(backends(world([ingress("one", [path("/")])], { slices }))).toEqual([["10.0.0.2:8080", "10.0.0.3:8080"]]);
  });

  it.each<[string, Ingress]>([
    ["a path that would end the string", ingress("bad", [path('/" { return 200; } location "/x')])],
    ["a path with a new line", ingress("bad", [path("/a\nreturn 200;")])],
    ["a path with a brace", ingress("bad", [path("/a{b}")])],
    ["a path that is encoded", ingress("bad", [path("/%61")])],
    ["a path with a dot segment", ingress("bad", [path("/a/../b")])],
    ["a path that ends in dots", ingress("bad", [path("/a/..")])],
    ["a path with an empty segment", ingress("bad", [path("/a//b")])],
    ["a path that nginx would cut", ingress("bad", [path(`/${"a".repeat(250)}`)])],
    ["no host", { ...ingress("bad", []), spec: { ingressClassName: className, rules: [{}] } }],
    ["a host with an asterisk", ingress("bad", [path("/")], { host: "*.localhost" })],
    ["a host that is none", ingress("bad", [path("/")], { host: "a.localhost;" })],
    ["a backend that is no Service", ingress("bad", [path("/", { backend: {} })])],
    [
      "a protocol that is not served",
      {
        ...ingress("bad", [path("/")]),
        metadata: { ...meta("bad"), annotations: { "nginx.ingress.kubernetes.io/backend-protocol": "FCGI; evil" } },
      },
    ],
  ])("are ignored as a whole, and the log says so: %s", (_case, bad) => {
    const both = {
      ...bad,
      spec: { ...bad.spec, rules: [...ingress("x", [path("/fine")]).spec.rules!, ...bad.spec.rules!] },
    };
    const { sites, complaints } = publication(world([both, ingress("good", [path("/good")])]));
    expect(sites.flatMap(({ routes }) => routes.map((route) => route.path))).toEqual(["/good"]);
    expect(complaints).toEqual([expect.stringMatching(/^Ingress rooms\/bad is ignored: /)]);
  });

  it.each(["/..a/b", "/a..", "/.well-known/x", "/a.b/", "/é", "/a;b=$c'(d)*,+!~@:&=-_"])("take the path %s", (text) => {
    expect(publication(world([ingress("one", [path(text)])])).complaints).toEqual([]);
  });
});

describe("a path", () => {
  const routes = publication(
    world([
      ingress("one", [
        path("/"),
        path("/a"),
        path("/a/b/"),
        path("/a", { pathType: "Exact" }),
        path("/c/", { pathType: "Exact" }),
      ]),
    ]),
  ).sites[0]!.routes;
  it.each([
    ["/", "prefix "],
    ["/a", "exact /a"],
    ["/a/", "prefix /a"],
    ["/ab", "prefix "],
    ["/a/b", "prefix /a/b"],
    ["/a/b/c", "prefix /a/b"],
    ["/a/bc", "prefix /a"],
    ["/c/", "exact /c/"],
    ["/c", "prefix "],
    ["/c/d", "prefix "],
  ])("%s is that of the route %s", (text, expected) => {
    const found = routeOf(routes, text);
    expect(`${found?.match} ${found?.path}`).toBe(expected);
  });
});

describe("the configuration", () => {
  it.each([
    ['a"b', '"a\\"b"'],
    ["a\\", '"a\\\\"'],
    ["a b;{}", '"a b;{}"'],
  ])("quotes %s", (text, expected) => {
    expect(quoted(text)).toBe(expected);
  });

  const certified = (host: string): CertifiedSite => ({ host, routes: [], secrets: [], certificate: "/c.pem" });
  const place = { address: "192.0.2.1", port: 4430, directory: "/d", defaultCertificate: "/d.pem" };

  it("is the same for the same sites", () => {
    const sites = ["a.localhost", "b.localhost"].map(certified);
    expect(nginxConfiguration(sites, place)).toBe(nginxConfiguration(sites, place));
  });

  it("leaves out the site that nginx refuses, and keeps the others", async () => {
    const refusing = (sites: readonly CertifiedSite[]): Promise<string | undefined> =>
      Promise.resolve(sites.some(({ host }) => host === "bad.localhost") ? "no" : undefined);
    const { good, refused } = await loadableSites(
      ["a.localhost", "bad.localhost", "z.localhost"].map(certified),
      refusing,
    );
    expect(good.map(({ host }) => host)).toEqual(["a.localhost", "z.localhost"]);
    expect(refused).toEqual(["bad.localhost is not served, nginx refuses it: no"]);
  });
});

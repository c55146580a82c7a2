import { z } from "zod";
import { apiVersion as ourVersion, names } from "../../../crds/group.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";
import { tenantOfNamespace } from "./tenant-namespace.ts";

/** Where each module is administered, on the host that its users come to. */
export const administrationPaths: Readonly<Record<string, readonly string[]>> = {
  Keycloak: ["/admin", "/realms/master"],
  Synapse: ["/_synapse/admin"],
  Nextcloud: ["/settings/admin", "/index.php/settings/admin"],
  Collabora: ["/browser/dist/admin", "/cool/adminws", "/cool/getMetrics"],
  OpenProject: ["/admin"],
  // Nobody administers a conference, and Open-Xchange is not published from here.
  Jitsi: [],
  OpenXchange: [],
};

const gatewayVersion = "gateway.networking.k8s.io/v1";

/** Pods that hand out files and answer nothing: what is administered elsewhere is not administered there. */
const pagesOnly = ["web-client"];

/** What is behind a path and all below it. */
interface Way {
  readonly field: string;
  readonly path: string;
  readonly service: string;
}

const module: FieldRead = { path: `metadata.labels[${names.moduleLabel}]`, whenAbsent: "error", violations: [] };
const ingressRule = (path: string) => [
  { http: { paths: [{ path, pathType: "Prefix", backend: { service: { name: "synapse" } } }] } },
];
const routeRule = (path: string) => [{ matches: [{ path: { value: path } }], backendRefs: [{ name: "synapse" }] }];
const adminWays = ["/", "/_synapse", "/_synapse/admin", "/_synapse/admin/v1"];

const ingresses: Read = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  scope: "tenant",
  fields: [
    { path: "spec.rules", whenAbsent: { default: [] }, violations: adminWays.map(ingressRule) },
    {
      path: "spec.defaultBackend",
      whenAbsent: { default: false },
      violations: [{ service: { name: "synapse", port: { number: 80 } } }],
    },
    module,
  ],
};
const httpRoutes: Read = {
  apiVersion: gatewayVersion,
  kind: "HTTPRoute",
  scope: "tenant",
  fields: [
    {
      path: "spec.rules",
      whenAbsent: "error",
      violations: [...adminWays.map(routeRule), [{ backendRefs: [{ name: "synapse" }] }]],
    },
    module,
  ],
};
const services: Read = {
  apiVersion: "v1",
  kind: "Service",
  scope: "tenant",
  fields: [
    { path: "spec.selector", whenAbsent: { default: {} }, violations: [{ app: "collabora" }] },
    { path: "spec.type", whenAbsent: { default: "ClusterIP" }, violations: ["ExternalName"] },
  ],
};

/** 9-31. A path is closed where no way leads to it, or one to a Service without pods or with pages alone. */
export const administrationApart: Evaluation = {
  status: "implemented",
  subjects: [ingresses, httpRoutes],
  related: [services],
  judge: (route, surroundings) => {
    const { field, value: module } = route.text(`metadata.labels[${names.moduleLabel}]`);
    const administration = Object.hasOwn(administrationPaths, module) ? administrationPaths[module] : undefined;
    if (administration === undefined) throw new Unknown(field, `Nobody knows where module ${module} is administered.`);
    const hosts = route.object.kind === "Ingress" ? ingressWays(route) : [routeWays(route)];
    return hosts.flatMap((ways) => {
      const open = ways.filter((way) => !isClosed(way, route, surroundings));
      return administration.flatMap((path) =>
        leadingTo(path, ways)
          .filter((way) => open.includes(way))
          .map((way) => ({
            field: way.field,
            observed: way.path,
            message: `${way.path} leads to ${path}, where ${module} is administered; send that path to a Service without pods, or excuse it with what limits it instead.`,
          })),
      );
    });
  },
};

/** Of the ways of a host: the longest that covers the path takes it, and those below it are a part of it. */
function leadingTo(path: string, ways: readonly Way[]): readonly Way[] {
  const covering = ways.filter((way) => isBelow(path, way.path));
  const longest = Math.max(...covering.map((way) => way.path.length));
  return ways.filter((way) => isBelow(way.path, path) || (covering.includes(way) && way.path.length === longest));
}

/** Is this path the other, or below it? As routes see it: by whole elements. */
function isBelow(path: string, other: string): boolean {
  const base = other.replace(/\/+$/, "");
  return path.replace(/\/+$/, "") === base || path.startsWith(`${base}/`);
}

function isClosed({ service }: Way, route: Seen, { within }: Surroundings): boolean {
  const found = within(route.namespace, "Service").find(({ name }) => name === service);
  if (found === undefined) return false;
  const selector = read(z.record(z.string(), z.string()), found, "spec.selector");
  const leadsNowhere = Object.keys(selector).length === 0 || pagesOnly.includes(selector[names.componentLabel] ?? "");
  return leadsNowhere && found.text("spec.type").value === "ClusterIP";
}

const ingressSchema = z.array(
  z.object({
    // Without a host, every host.
    host: z.string().default(""),
    http: z
      .object({
        paths: z.array(
          // Without a path, everything.
          z.object({ path: z.string().default("/"), backend: z.object({ service: z.object({ name: z.string() }) }) }),
        ),
      })
      .optional(),
  }),
);

/** Ways by host: what is closed on one is not closed on another. */
function ingressWays(ingress: Seen): readonly (readonly Way[])[] {
  const ways = read(ingressSchema, ingress, "spec.rules").flatMap(({ host, http }, index) =>
    (http?.paths ?? []).map(({ path, backend }, at) => {
      const field = `spec.rules[${index}].http.paths[${at}].path`;
      return { host, field, path, service: backend.service.name };
    }),
  );
  const byHost = [...Map.groupBy(ways, ({ host }) => host).values()];
  const { field, value } = ingress.one("spec.defaultBackend");
  // Hosts that no rule names go there, with all their paths.
  return value === false ? byHost : [...byHost, [{ field, path: "/", service: "" }]];
}

const path = z.object({ type: z.enum(["PathPrefix", "Exact"]).default("PathPrefix"), value: z.string().default("/") });
const routeSchema = z.array(
  z.object({
    // Without a match, or without a path in it, everything.
    matches: z.array(z.object({ path: path.prefault({}) })).default([{ path: { type: "PathPrefix", value: "/" } }]),
    backendRefs: z.array(z.object({ name: z.string() })).default([]),
  }),
);

function routeWays(route: Seen): readonly Way[] {
  return read(routeSchema, route, "spec.rules").flatMap(({ matches, backendRefs }, index) =>
    matches.flatMap((match, at) =>
      backendRefs.map(({ name }): Way => {
        return { field: `spec.rules[${index}].matches[${at}].path`, path: match.path.value, service: name };
      }),
    ),
  );
}

function read<Value>(schema: z.ZodType<Value>, seen: Seen, at: string): Value {
  const { field, value } = seen.one(at);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Unknown(field, `${field} is of no shape that is known.`);
  return parsed.data;
}

const platformHosts = ["login.suite.example", "*.suite.example", ""];
const ingressHosts: Read = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  scope: "tenant",
  fields: [{ path: "spec.rules[].host", whenAbsent: { default: "" }, violations: platformHosts }],
};
const routeHosts: Read = {
  apiVersion: gatewayVersion,
  kind: "HTTPRoute",
  scope: "tenant",
  fields: [
    { path: "spec.hostnames", whenAbsent: { default: [] }, violations: [[], ...platformHosts.map((host) => [host])] },
  ],
};
const takenHost = "https://drive.meteo.example/realms";
const regions: Read = {
  apiVersion: ourVersion,
  kind: "SovereignRegion",
  scope: "cluster",
  required: true,
  fields: [
    { path: "spec.keycloak.url", whenAbsent: "error", violations: [takenHost] },
    // Where it is not given, administration goes by the address within the cluster or by the one above.
    { path: "spec.keycloak.adminURL", whenAbsent: { default: "" }, violations: [takenHost] },
  ],
};

/** 9-27. Platform and tenants are administered under different hosts, and no route serves both. */
export const hostsApart: Evaluation = {
  status: "implemented",
  subjects: [ingressHosts, routeHosts],
  related: [regions],
  concerns: ({ metadata }) => tenantOfNamespace(metadata.namespace) !== undefined,
  judge: (route, { of }) => {
    const taken = of("SovereignRegion").flatMap((region) =>
      ["spec.keycloak.url", "spec.keycloak.adminURL"].map((at) => hostOf(region, at)),
    );
    return hostsOf(route).flatMap(({ field, value: host }): Problem[] => {
      const serves = taken.filter((one) => one !== "" && covers(host, one));
      if (serves.length === 0 && host !== "") return [];
      const message =
        host === ""
          ? "A route without a host serves every host, those of the platform too; name its host."
          : `Host ${host} is one by which the platform is administered (${serves.join(", ")}); give the tenant another.`;
      return [{ field, observed: host, message }];
    });
  },
};

function hostOf(region: Seen, at: string): string {
  const { field, value } = region.text(at);
  if (value === "") return "";
  if (!URL.canParse(value)) throw new Unknown(field, `${field} is no URL.`);
  return new URL(value).hostname;
}

function hostsOf(route: Seen): readonly { readonly field: string; readonly value: string }[] {
  if (route.object.kind === "Ingress") return route.texts("spec.rules[].host");
  const { field } = route.one("spec.hostnames");
  const hosts = read(z.array(z.string()), route, "spec.hostnames");
  return hosts.length === 0 ? [{ field, value: "" }] : hosts.map((value) => ({ field, value }));
}

/** `*.example` covers what lies below it. */
function covers(host: string, other: string): boolean {
  return host === other || (host.startsWith("*.") && other.endsWith(host.slice(1)));
}

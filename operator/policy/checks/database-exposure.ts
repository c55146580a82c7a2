import { BlockList, isIP } from "node:net";
import { apiVersion as ourVersion, names } from "../../../crds/group.ts";
import type { Manifest } from "../../../constructs/manifest.ts";
import type { AdmissionRule } from "../admission/rule.ts";
import type { Evaluation } from "../check.ts";
import type { Problem, Read } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";
import { exposedDatabases, managedDatabases } from "./managed-databases.ts";
import { isNumSpotFacts } from "./numspot-facts.ts";
import { isForData } from "./tenant-namespace.ts";

/** Addresses that no router of the internet passes on: https://www.rfc-editor.org/rfc/rfc1918, 4193 and 6598. */
export const privateRanges: readonly string[] = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "fc00::/7",
];
const open = ["NodePort", "LoadBalancer"];
const clusterIp = { default: "ClusterIP" };
const server = "spec.postgresql.server.cidrs";
const ofCluster = "spec.managed.services.additional[].serviceTemplate.spec.type";

const services: Read = {
  apiVersion: "v1",
  kind: "Service",
  scope: "tenant",
  fields: [{ path: "spec.type", whenAbsent: clusterIp, violations: open }],
};
const clusters: Read = {
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  scope: "tenant",
  fields: [{ path: ofCluster, whenAbsent: clusterIp, violations: open }],
};
const regions: Read = {
  apiVersion: ourVersion,
  kind: "SovereignRegion",
  scope: "cluster",
  fields: [
    {
      path: server,
      whenAbsent: "error",
      violations: [["198.51.100.0/24"], ["10.0.0.0/24", "0.0.0.0/0"], ["10.0.0.0/7"], ["2001:db8::/64"]],
    },
  ],
};

/** 9-29. A Service of a database, what CloudNativePG is asked to make, the region's own server, and those that its provider manages. */
export const databaseExposure: Evaluation = {
  status: "implemented",
  subjects: [services, clusters, regions, managedDatabases],
  concerns: (object) => {
    if (object.kind === "SovereignRegion") return hasServer(object);
    return object.kind === "Cluster" || isNumSpotFacts(object) || isOfDatabase(object);
  },
  judge: (object) => {
    if (object.object.kind === "SovereignRegion") return serverProblems(object);
    if (isNumSpotFacts(object.object)) return exposedDatabases(object);
    return object
      .texts(object.object.kind === "Cluster" ? ofCluster : "spec.type")
      .filter(({ value }) => value !== "ClusterIP")
      .map(({ field, value }) => ({
        field,
        observed: value,
        message: `Type ${value} makes a way to the database from outside of the cluster; make it ClusterIP.`,
      }));
  },
};

/** The same, before such an object is there: where tenants' namespaces are, all of them by where they lie or by these labels. */
export const databaseAdmission: readonly AdmissionRule[] = [
  {
    check: "9-29",
    apiVersion: services.apiVersion,
    kind: services.kind,
    plural: "services",
    fields: ["spec.type"],
    concerns: [
      "request.namespace.matches('^t-[a-z][a-z0-9]{2,23}-data$')",
      "object.metadata.?labels[?'cnpg.io/cluster'].hasValue()",
      `object.metadata.?labels[?'${names.componentLabel}'].orValue('') == 'database'`,
    ].join(" || "),
    keeps: "object.?spec.?type.orValue('ClusterIP') == 'ClusterIP'",
    message: "spec.type makes a way to the database from outside of the cluster; make it ClusterIP.",
  },
  {
    check: "9-29",
    apiVersion: clusters.apiVersion,
    kind: clusters.kind,
    plural: "clusters",
    fields: [ofCluster],
    keeps:
      "object.?spec.?managed.?services.?additional.orValue([]).all(s, s.?serviceTemplate.?spec.?type.orValue('ClusterIP') == 'ClusterIP')",
    message:
      "spec.managed.services.additional makes a way to the database from outside of the cluster; make each ClusterIP.",
  },
];

function isOfDatabase({ metadata: { namespace, labels } }: Manifest): boolean {
  return (
    isForData(namespace) || labels?.["cnpg.io/cluster"] !== undefined || labels?.[names.componentLabel] === "database"
  );
}

/** Only a region with a server of its own has addresses to judge. */
function hasServer(region: Manifest): boolean {
  const { postgresql } = (region["spec"] ?? {}) as { readonly postgresql?: { readonly server?: unknown } };
  return postgresql?.server !== undefined;
}

function serverProblems(region: Seen): readonly Problem[] {
  const { field, value } = region.one(server);
  if (!Array.isArray(value)) throw new Unknown(field, `${field} is no list.`);
  return value.flatMap((cidr: unknown, index): Problem[] => {
    const at = `${field}[${index}]`;
    if (typeof cidr !== "string") throw new Unknown(at, `${at} is no text.`);
    if (privateRanges.some((range) => isWithin(cidr, range))) return [];
    const message = `${cidr} is not a private range, so the server has an address on the internet; give it one of the internal network.`;
    return [{ field: at, observed: cidr, message }];
  });
}

function isWithin(cidr: string, range: string): boolean {
  const [inner, outer] = [cidr, range].map((text) => {
    const [address = "", prefix = ""] = text.split("/");
    return { address, prefix: Number(prefix), family: isIP(address) === 6 ? ("ipv6" as const) : ("ipv4" as const) };
  });
  if (inner === undefined || outer === undefined || isIP(inner.address) === 0) return false;
  if (inner.family !== outer.family || !(inner.prefix >= outer.prefix)) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return list.check(inner.address, inner.family);
}

import { apiVersion } from "../../../crds/group.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, wordsOf } from "../seen.ts";
import { hostOf } from "./server-address.ts";
import { homeOf, regionsWith, tenantsWith } from "./tenant-region.ts";

/** Members of the European Union (ISO 3166 alpha-2). https://european-union.europa.eu/principles-countries-history/eu-countries_en */
export const union = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split(" ");

const countries: FieldRead = {
  path: "spec.compliance.countries",
  whenAbsent: { default: ["FR"] },
  violations: [["DE"], []],
};
const tenants: Read = tenantsWith(countries);
const modules: Read = {
  apiVersion,
  kind: "ModuleDeployment",
  scope: "tenant",
  fields: [
    { path: "spec.tenantRef.name", whenAbsent: "error", violations: ["gone"] },
    {
      path: "status.external[].server",
      whenAbsent: "error",
      violations: ["objects.elsewhere.example", "elsewhere:5432"],
    },
  ],
};

/** Where the region keeps what lies outside of the cluster: the servers that it declares, each in its own country. */
const declaredServers = [
  "spec.keycloak.url",
  "spec.storage.objectStore.url",
  "spec.postgresql.server.host",
  "spec.openXchange.url",
] as const;
const regions: Read = regionsWith(
  { path: "spec.country", whenAbsent: "fail", violations: ["DE", "US"] },
  ...declaredServers.map(
    (path): FieldRead => ({
      path,
      whenAbsent: { default: "" },
      violations: [path.endsWith("host") ? "other.example" : "https://other.example"],
    }),
  ),
);

function judgeLocation(tenantName: string, surroundings: Surroundings): readonly Problem[] {
  const { tenant, region } = homeOf(tenantName, surroundings);
  if (tenant === undefined || region === undefined)
    return [
      {
        field: tenant === undefined ? "spec.tenantRef.name" : "spec.regionRef.name",
        observed: "absent",
        message: `Nobody can say where the data of tenant ${tenantName} lie: its ${tenant === undefined ? "Tenant" : "SovereignRegion"} is not here; create it.`,
      },
    ];
  const admitted = wordsOf(tenant.one("spec.compliance.countries"));
  const { value: country } = region.text("spec.country");
  if (admitted.includes(country) && union.includes(country)) return [];
  const why = union.includes(country) ? "the tenant does not admit it" : "it is no country of the European Union";
  const message = `Region ${region.name} lies in ${country}, and ${why}; move the data of the tenant to a region where they may lie.`;
  return [{ field: "spec.compliance.countries", observed: country, message }];
}

function judgeServers(module: Seen, region: Seen): readonly Problem[] {
  const own = declaredServers.flatMap((path) => {
    const address = region.text(path);
    return address.value === "" ? [] : [hostOf(address)];
  });
  return module.texts("status.external[].server").flatMap((address): Problem[] => {
    const host = hostOf(address);
    if (own.includes(host) || isInCluster(host)) return [];
    const message = `Data of the module lie on ${host}, which is no server of region ${region.name}; move them to one that the region declares.`;
    return [{ field: address.field, observed: host, message }];
  });
}

/** A Service: its pods run on nodes of the region, which 19-07 looks at. */
const isInCluster = (host: string): boolean => /\.svc(\.cluster\.local)?$/.test(host);

/** 19-06, requirement 19.2.b. Volumes, snapshots and logs of a cluster lie with its nodes, which 19-07 looks at. */
export const dataLocation: Evaluation = {
  status: "implemented",
  subjects: [modules, tenants],
  related: [tenants, regions],
  judge: (object, surroundings) => {
    if (object.object.kind === "Tenant") return judgeLocation(object.name, surroundings);
    const owner = object.text("spec.tenantRef.name").value;
    const { region } = homeOf(owner, surroundings);
    return [...judgeLocation(owner, surroundings), ...(region === undefined ? [] : judgeServers(object, region))];
  },
};

const nodes: Read = {
  apiVersion: "v1",
  kind: "Node",
  scope: "cluster",
  fields: [
    { path: "metadata.labels[topology.kubernetes.io/zone]", whenAbsent: "fail", violations: ["", "eu-west-2c"] },
    { path: "metadata.labels[topology.kubernetes.io/region]", whenAbsent: "fail", violations: ["", "us-east-2"] },
  ],
};
const regionsOfNodes: Read = regionsWith(
  { path: "spec.zones", whenAbsent: "error", violations: [["eu-west-2c"], []] },
  { path: "spec.provider.regionCode", whenAbsent: "error", violations: ["us-east-2"] },
);

/** 19-07, requirement 19.2.b. https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone */
export const nodeLocation: Evaluation = {
  status: "implemented",
  subjects: [nodes],
  related: [regionsOfNodes],
  judge: (node, { of }) => {
    const zone = node.text("metadata.labels[topology.kubernetes.io/zone]");
    const code = node.text("metadata.labels[topology.kubernetes.io/region]");
    const regions = of("SovereignRegion").map((region) => ({
      zones: wordsOf(region.one("spec.zones")),
      code: region.text("spec.provider.regionCode").value,
    }));
    if (regions.some((region) => region.zones.includes(zone.value) && region.code === code.value)) return [];
    const message = `Zone ${zone.value} of ${code.value} is none of a SovereignRegion; take the node out of the cluster, or mend its labels.`;
    return [{ field: zone.field, observed: `${code.value} ${zone.value}`, message }];
  },
};

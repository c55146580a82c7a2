import { apiVersion } from "../../../crds/group.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import { declaredAt, declaredServers, namespaceOfService } from "../location/declared-servers.ts";
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
  return module.texts("status.external[].server").flatMap((address): Problem[] => {
    const host = hostOf(address);
    // The pods of a Service run on nodes of the region, which 19-07 looks at.
    if (namespaceOfService(host) !== undefined || declaredAt(region, host) !== undefined) return [];
    const message = `Data of the module lie on ${host}, which is no server of region ${region.name}; move them to one that the region declares.`;
    return [{ field: address.field, observed: host, message }];
  });
}

/**
 * 19-06, requirement 19.2.b: what is declared before anything is stored, so that it can hold back a first Ready. By what it is known store by store is
 * 19-05; nodes and volumes are 19-07.
 */
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

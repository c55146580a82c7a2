import type { DesiredModule, ModuleDriver, ModuleInput, SecretDesired } from "../driver.ts";
import { probeDatabase } from "./probe.ts";

/** The driver of the module as it was chosen once: the spec, what status kept, the default of the region. */
export function databaseDriver(input: ModuleInput): "CloudNativePG" | "StatefulSet" | "External" {
  const { module, region } = input;
  const kept = module.status?.resolved?.["driver"];
  const chosen = module.spec.postgresql?.driver ?? kept ?? region.spec.postgresql.defaultDriver;
  return chosen === "External" || chosen === "StatefulSet" ? chosen : "CloudNativePG";
}

/** Connections of the tenant's own role; the modules have roles and limits of their own. */
const connectionLimit = 50;

/** Role and database carry the tenant's name: it is claimed, has no dash and is no reserved word. */
export const postgresqlDriver: ModuleDriver = {
  module: "PostgreSQL",
  requires: () => [],
  gap(input) {
    const driver = databaseDriver(input);
    if (driver !== "External") {
      return {
        message: `Driver ${driver} is not available in this version; set postgresql.driver to External, or defaultDriver of the region.`,
      };
    }
    if (input.region.spec.postgresql.server === undefined) {
      return {
        message: `Region ${input.region.metadata.name} names no PostgreSQL server; set spec.postgresql.server.`,
      };
    }
    return undefined;
  },
  desired(input): DesiredModule {
    const name = input.tenant.metadata.name;
    const server = input.region.spec.postgresql.server;
    const address = server === undefined ? "" : `${server.host}:${server.port}`;
    const secret: SecretDesired = {
      name: "postgresql-credentials",
      place: "data",
      random: { password: 40 },
      plain: { username: name, database: name, host: server?.host ?? "", port: String(server?.port ?? 5432) },
    };
    return {
      claims: [{ kind: "Database", value: `${address}/${name}` }],
      secrets: [secret],
      database: {
        desired: { role: name, database: name, marker: input.marker, connectionLimit },
        password: { secret, key: "password" },
        server: address,
      },
      resolved: { driver: databaseDriver(input), database: name },
    };
  },
  probe: probeDatabase,
};

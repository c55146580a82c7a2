import type { ModuleName } from "../../crds/v1alpha1/modules.ts";
import type { ModuleDriver } from "./driver.ts";
import { collaboraDriver } from "./collabora/driver.ts";
import { jitsiDriver } from "./jitsi/driver.ts";
import { keycloakDriver } from "./keycloak/driver.ts";
import { nextcloudDriver } from "./nextcloud/driver.ts";
import { openProjectDriver } from "./open-project/driver.ts";
import { openXchangeDriver } from "./open-xchange/driver.ts";
import { postgresqlDriver } from "./postgresql/driver.ts";
import { synapseDriver } from "./synapse/driver.ts";

/** The modules that this version can make. Adding one = a folder and a line. */
const drivers: readonly ModuleDriver[] = [
  postgresqlDriver,
  keycloakDriver,
  synapseDriver,
  jitsiDriver,
  nextcloudDriver,
  collaboraDriver,
  openXchangeDriver,
  openProjectDriver,
];

/** The driver of a module, or undefined if this version has none. */
export function driverOf(module: ModuleName): ModuleDriver | undefined {
  return drivers.find((driver) => driver.module === module);
}

export {
  type IdentitySecret,
  type ManagedKeycloak,
  managedGap,
  managedKeycloak,
} from "./keycloak/server.ts";

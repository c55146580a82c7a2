import { inject } from "vitest";
import type { Servers } from "../servers/servers.ts";

/** Keycloak and PostgreSQL of this test run. */
export function testServers(): Pick<Servers, "keycloak" | "postgres"> {
  return inject("lanes").servers;
}

import type { Manifest } from "../manifest.ts";
import { synthesize } from "../synthesize.ts";
import type { PostgresServerInput } from "./postgres-input.ts";
import { PostgresServer } from "./postgres-server.ts";

/** Everything of one tenant's PostgreSQL server but its Secrets, in the order in which it is applied: doors, settings, volume, server. Pure. */
export function postgresManifests(input: PostgresServerInput): Manifest[] {
  return synthesize((scope) => {
    new PostgresServer(scope, "postgresql", input);
  });
}

import { HttpKeycloakApi } from "./keycloak/http-keycloak-api.ts";
import { HttpNumSpotApi } from "./numspot/http-numspot-api.ts";
import { connectS3 } from "./objectstore/s3-object-store-api.ts";
import { SoapOpenXchangeApi } from "./openxchange/soap-openxchange-api.ts";
import { run } from "./operator.ts";
import { PgPostgresApi } from "./postgres/pg-postgres-api.ts";
import { HttpClusterWeb } from "./systems/cluster-web.ts";

/** The process of the operator, with the real systems. Nothing imports this file: to import it is to start an operator. */
process.exit(
  await run({
    connectPostgres: (server) => new PgPostgresApi(server),
    connectKeycloak: (server) => new HttpKeycloakApi(server, () => Date.now()),
    connectObjectStore: connectS3,
    connectOpenXchange: (server) => new SoapOpenXchangeApi(server),
    connectNumSpot: (server) => new HttpNumSpotApi(server, () => Date.now()),
    openWeb: () => new HttpClusterWeb(),
  }),
);

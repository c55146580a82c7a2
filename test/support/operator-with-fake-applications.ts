import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import { HttpNumSpotApi } from "../../operator/numspot/http-numspot-api.ts";
import { connectS3 } from "../../operator/objectstore/s3-object-store-api.ts";
import type { AppSuite, LoginPath } from "../../operator/openxchange/openxchange-api.ts";
import { SoapOpenXchangeApi } from "../../operator/openxchange/soap-openxchange-api.ts";
import { run } from "../../operator/operator.ts";
import { PgPostgresApi } from "../../operator/postgres/pg-postgres-api.ts";
import type { WebAnswer } from "../../operator/systems/cluster-web.ts";

/** The FAKE App Suite has one address in clear, where the real one has its pages on port 443 of a host of its own. */
class FakeSuite extends SoapOpenXchangeApi {
  readonly #server: string;

  constructor(suite: AppSuite) {
    super(suite);
    this.#server = new URL(suite.url).origin;
  }

  override async loginPath({ host }: { readonly host: string }, signal: AbortSignal): Promise<LoginPath> {
    return await super.loginPath({ server: this.#server, host }, signal);
  }
}

/** The process of the operator with all that is real, but for applications inside of a cluster without nodes: FAKE ones answer in their place. */
process.exit(
  await run({
    connectPostgres: (server) => new PgPostgresApi(server),
    connectKeycloak: (server) => new HttpKeycloakApi(server, () => Date.now()),
    connectObjectStore: connectS3,
    connectOpenXchange: (suite) => new FakeSuite(suite),
    connectNumSpot: (server) => new HttpNumSpotApi(server, () => Date.now()),
    openWeb: () => ({
      get: async (url, signal) => {
        const answer = await fetch(
          `${process.env["FAKE_APPLICATIONS"] ?? ""}?${new URLSearchParams({ url }).toString()}`,
          { signal },
        );
        return (await answer.json()) as WebAnswer;
      },
      close: () => Promise.resolve(),
    }),
  }),
);

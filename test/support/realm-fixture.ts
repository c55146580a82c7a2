import { randomBytes } from "node:crypto";
import { provideRealm } from "../../operator/controllers/module/provision.ts";
import type { KeycloakApi, ServiceAccount } from "../../operator/keycloak/keycloak-api.ts";
import type { RealmDesired } from "../../operator/keycloak/realm-desired.ts";
import type { ModuleAccess, RealmWanted, SecretDesired } from "../../operator/modules/driver.ts";
import { type RealmInput, realmDesired } from "../../operator/modules/keycloak/realm-representation.ts";
import { markerText } from "../../operator/reconcile/ownership.ts";
import type { ExternalReport } from "../../operator/systems/database.ts";

export const never = AbortSignal.timeout(600_000);

const secret = (name: string, key: string): { secret: SecretDesired; key: string } => ({
  secret: { name, place: "data", random: { [key]: 48 }, plain: {} },
  key,
});

export function markerOf(tenant: string): string {
  return markerText({ installation: "test", tenant, legalIdentifier: "SIREN:110070018", module: "Keycloak" });
}

/** What the realm of a tenant of that name should be. */
export function realmOf(name: string, spec: RealmInput["spec"] = {}): RealmDesired {
  return realmDesired({
    tenant: {
      name,
      displayName: "Ministère de l'Épreuve & « Essais »",
      legalIdentifier: "SIREN:110070018",
      contacts: [
        { role: "DPO", email: "dpo@ministere.example" },
        { role: "SecurityOfficer", email: "rssi@ministere.example" },
      ],
    },
    spec,
    marker: markerOf(name),
  });
}

/** One realm as the reconciler of modules provides it, with Secrets that a test can lose. */
export class ProvidedRealm {
  readonly name: string;
  readonly desired: RealmDesired;
  clientSecret = randomBytes(24).toString("base64url");
  readonly oneTimePassword = randomBytes(18).toString("base64url");
  readonly #api: KeycloakApi;
  readonly #platform: ServiceAccount;

  constructor(desired: RealmDesired, server: { readonly api: KeycloakApi; readonly platform: ServiceAccount }) {
    this.name = desired.realm;
    this.desired = desired;
    this.#api = server.api;
    this.#platform = server.platform;
  }

  get own(): ServiceAccount {
    return { realm: this.name, clientId: this.desired.serviceAccountClientId, clientSecret: this.clientSecret };
  }

  /** One pass of the reconciler. */
  async provide(mode: { readonly adopt?: boolean; readonly correct?: boolean } = {}): Promise<ExternalReport> {
    const wanted: RealmWanted = {
      desired: this.desired,
      operatorSecret: secret("keycloak-operator-client", "clientSecret"),
      administratorPassword: secret("keycloak-first-administrator", "oneTimePassword"),
      issuer: "unused",
      server: "sso.example",
    };
    const access: ModuleAccess = {
      postgres: () => Promise.reject(new Error("A realm needs no PostgreSQL.")),
      keycloak: () => Promise.resolve(this.#api),
      openXchange: () => Promise.reject(new Error("no App Suite")),
      get: () => Promise.resolve({ status: 0, body: undefined }),
      secret: ({ key }) => Promise.resolve(key === "clientSecret" ? this.clientSecret : this.oneTimePassword),
    };
    const { adopt = false, correct = true } = mode;
    const platform = { api: this.#api, account: this.#platform };
    return await provideRealm(wanted, { access, platform }, { adopt, correct, signal: never });
  }
}

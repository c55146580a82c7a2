import type { DesiredModule, ModuleDriver, ModuleInput, SecretDesired } from "../driver.ts";
import { probeRealm } from "./probe.ts";
import { realmDesired } from "./realm-representation.ts";

/** The realm of the module: the spec, or the tenant name. */
export function realmName(input: Pick<ModuleInput, "module" | "tenant">): string {
  return input.module.spec.keycloak?.realmName ?? input.tenant.metadata.name;
}

/** A realm on the Keycloak of the region, wired and closed, with one first administrator. */
export const keycloakDriver: ModuleDriver = {
  module: "Keycloak",
  requires: () => [],
  gap: () => undefined,
  desired(input): DesiredModule {
    const { tenant, module, region, marker } = input;
    const realm = realmName(input);
    const base = region.spec.keycloak.url.replace(/\/+$/, "");
    const issuer = `${base}/realms/${realm}`;
    const { scheme, value } = tenant.spec.organization.identifier;
    const desired = realmDesired({
      tenant: {
        name: tenant.metadata.name,
        displayName: tenant.spec.displayName,
        legalIdentifier: `${scheme}:${value}`,
        contacts: tenant.spec.organization.contacts,
      },
      spec: module.spec.keycloak ?? {},
      marker,
    });
    const operatorSecret: SecretDesired = {
      name: "keycloak-operator-client",
      place: "data",
      random: { clientSecret: 48 },
      plain: { clientID: desired.serviceAccountClientId, realm },
    };
    const administrator: SecretDesired = {
      name: "keycloak-first-administrator",
      place: "home",
      random: { oneTimePassword: 24 },
      plain: { username: desired.firstAdministrator.username, url: `${issuer}/account` },
    };
    return {
      claims: [{ kind: "RealmName", value: `${new URL(base).host}/${realm}` }],
      secrets: [operatorSecret, administrator],
      realm: {
        desired,
        operatorSecret: { secret: operatorSecret, key: "clientSecret" },
        administratorPassword: { secret: administrator, key: "oneTimePassword" },
        issuer,
        server: new URL(base).host,
      },
      url: issuer,
      resolved: { realm },
    };
  },
  probe: probeRealm,
};

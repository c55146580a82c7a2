import type { DesiredModule, ModuleDriver, SecretDesired } from "../driver.ts";
import { probeRealm } from "./probe.ts";
import { realmDesired } from "./realm-representation.ts";
import { tenantRealm } from "../tenant-realm.ts";

/** A realm on the Keycloak of the region, wired and closed, with one first administrator. */
export const keycloakDriver: ModuleDriver = {
  module: "Keycloak",
  requires: () => [],
  gap: () => undefined,
  desired(input): DesiredModule {
    const { tenant, module, region, marker } = input;
    const { realm, issuer, server, operatorSecret } = tenantRealm(tenant.metadata.name, module, region);
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
    const administrator: SecretDesired = {
      name: "keycloak-first-administrator",
      place: "home",
      random: { oneTimePassword: 24 },
      plain: { username: desired.firstAdministrator.username, url: `${issuer}/account` },
    };
    return {
      claims: [{ kind: "RealmName", value: `${server}/${realm}` }],
      secrets: [operatorSecret, administrator],
      realm: {
        desired,
        operatorSecret: { secret: operatorSecret, key: "clientSecret" },
        administratorPassword: { secret: administrator, key: "oneTimePassword" },
        issuer,
        server,
      },
      url: issuer,
      resolved: { realm },
    };
  },
  probe: probeRealm,
};

import { describe, expect, it } from "vitest";
import type { ModuleInput } from "../driver.ts";
import { keycloakDriver } from "./driver.ts";

interface Wish {
  readonly mode?: "Managed" | "External";
  readonly url?: string;
  readonly realmName?: string;
}

/** What the driver reads of a tenant, a module and a region. */
function input({ mode = "External", url = "https://sso.example", realmName }: Wish = {}): ModuleInput {
  return {
    tenant: {
      metadata: { name: "meteo" },
      spec: {
        displayName: "Météo",
        organization: {
          identifier: { scheme: "SIREN", value: "110070018" },
          contacts: [{ role: "SecurityOfficer", email: "rssi@meteo.example" }],
        },
      },
    },
    module: { spec: { module: "Keycloak", ...(realmName === undefined ? {} : { keycloak: { realmName } }) } },
    region: { metadata: { name: "north" }, spec: { keycloak: { mode, url } } },
    marker: "ours",
  } as unknown as ModuleInput;
}

describe("the driver of Keycloak", () => {
  it.each(["Managed", "External"] as const)("makes the same realm wherever the server comes from: %s", (mode) => {
    expect(keycloakDriver.gap(input({ mode }))).toBeUndefined();
    expect(keycloakDriver.desired(input({ mode }))).toEqual(keycloakDriver.desired(input()));
  });

  it("needs no other module", () => {
    expect(keycloakDriver.requires({ module: "Keycloak" } as never)).toEqual([]);
  });

  it.each([
    [{}, "meteo", "https://sso.example/realms/meteo", "sso.example/meteo"],
    [{ realmName: "other" }, "other", "https://sso.example/realms/other", "sso.example/other"],
    [{ url: "https://sso.example/" }, "meteo", "https://sso.example/realms/meteo", "sso.example/meteo"],
    [
      { url: "https://sso.example:8443/auth" },
      "meteo",
      "https://sso.example:8443/auth/realms/meteo",
      "sso.example:8443/meteo",
    ],
  ])("%j gives realm %s with issuer %s, claimed as %s", (wish, realm, issuer, claim) => {
    const desired = keycloakDriver.desired(input(wish));
    expect(desired.realm?.desired.realm).toBe(realm);
    expect([desired.realm?.issuer, desired.url]).toEqual([issuer, issuer]);
    expect(desired.claims).toEqual([{ kind: "RealmName", value: claim }]);
    expect(desired.resolved).toEqual({ realm });
  });

  it("keeps the operator's credential from the ministry, and gives it the one of its administrator", () => {
    const places = keycloakDriver.desired(input()).secrets.map(({ name, place }) => [name, place]);
    expect(places).toEqual([
      ["keycloak-operator-client", "data"],
      ["keycloak-first-administrator", "home"],
    ]);
  });

  it("asks for long secrets and carries none", () => {
    const { secrets, realm } = keycloakDriver.desired(input());
    for (const { random } of secrets)
      for (const length of Object.values(random)) expect(length).toBeGreaterThanOrEqual(24);
    expect(JSON.stringify(realm?.desired)).not.toMatch(/"(secret|password|value)":/i);
  });
});

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type HomeserverSettings, homeserverYaml } from "./configuration.ts";

const settings: HomeserverSettings = {
  serverName: "meteo.example",
  publicUrl: "https://matrix.meteo.example",
  webClientUrl: "https://chat.meteo.example",
  servesDiscovery: true,
  database: {
    host: "postgresql.t-meteo-data.svc",
    port: 5432,
    name: "meteo_synapse",
    tls: "VerifyFull",
    authority: "/secrets/database-ca.crt",
    connections: 10,
  },
  realm: { issuer: "https://sso.example/realms/meteo", clientId: "synapse", displayName: "Météo: l'agence" },
  federation: "Closed",
  allowlist: [],
  maxUploadBytes: 104_857_600,
  mediaRetentionDays: 0,
};
const written = (more: Partial<HomeserverSettings> = {}) =>
  parse(homeserverYaml({ ...settings, ...more })) as Readonly<Record<string, unknown>>;

describe("homeserver.yaml", () => {
  it.each([
    ["enable_registration", false],
    ["allow_guest_access", false],
    ["password_config", { enabled: false }],
    ["report_stats", false],
    ["url_preview_enabled", false],
    ["trusted_key_servers", []],
    ["room_list_publication_rules", [{ action: "deny" }]],
    ["encryption_enabled_by_default_for_room_type", "all"],
  ])("says %s: %j", (key, value) => {
    expect(written()[key]).toEqual(value);
  });

  it("names files of secrets and holds none", () => {
    const text = homeserverYaml(settings);
    expect(text).not.toMatch(/password: \S|client_secret:|macaroon_secret_key:|form_secret:/);
    expect(text).toContain("client_secret_path: /secrets/client-secret");
  });

  it("keeps names that people chose as they are", () => {
    expect(written()["oidc_providers"]).toMatchObject([{ idp_name: "Météo: l'agence", pkce_method: "always" }]);
  });

  it.each(["yes", "on", "~", "=", "1:30", "2001-01-01", "a\tb", "a\u0080b", "a\uffffb"])(
    "says a text to Python's reader of YAML where a ministry is called %j",
    (displayName) => {
      const text = homeserverYaml({ ...settings, realm: { ...settings.realm, displayName } });
      const { oidc_providers: providers } = parse(text, { version: "1.1" }) as Readonly<Record<string, unknown>>;
      expect(providers).toMatchObject([{ idp_name: displayName }]);
      expect(text).toContain(`idp_name: "`);
      expect(text).toMatch(/^[\n\x20-\x7e\xa0-\ud7ff]*$/);
    },
  );

  it.each([
    ["Closed", [], []],
    ["Allowlist", ["b.example", "a.example"], ["a.example", "b.example"]],
    ["Open", ["a.example"], undefined],
  ] as const)("with federation %s and %j lets in %j", (federation, allowlist, expected) => {
    const { federation_domain_whitelist: whitelist, listeners } = written({ federation, allowlist });
    expect(whitelist).toEqual(expected);
    const [http] = listeners as readonly { resources: readonly { names: readonly string[] }[] }[];
    expect(http?.resources[0]?.names.includes("federation")).toBe(federation !== "Closed");
  });

  it.each([
    ["VerifyFull", { sslmode: "verify-full", sslrootcert: "/secrets/database-ca.crt" }],
    ["Require", { sslmode: "require" }],
    ["Disable", { sslmode: "disable" }],
  ] as const)("reaches a database with %s as %j", (tls, expected) => {
    const { args } = written({ database: { ...settings.database, tls } })["database"] as { args: object };
    expect(args).toMatchObject(expected);
    expect("sslrootcert" in args).toBe(tls === "VerifyFull");
  });

  it("asks the system for authorities where it is given none", () => {
    const { authority: _none, ...database } = settings.database;
    expect(written({ database })["database"]).toMatchObject({ args: { sslrootcert: "system" } });
  });

  it("removes media after as many days as asked, and never when asked for none", () => {
    expect(written()["media_retention"]).toBeUndefined();
    expect(written({ mediaRetentionDays: 30 })["media_retention"]).toEqual({ local_media_lifetime: "30d" });
  });
});

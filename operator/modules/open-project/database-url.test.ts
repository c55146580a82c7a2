import { describe, expect, it } from "vitest";
import { fc } from "../../../test/support/fast-check.ts";
import type { ModuleDatabase } from "../module-database.ts";
import { databaseUrl } from "./database-url.ts";

function url(fields: {
  host?: string;
  tls?: ModuleDatabase["tls"];
  authority?: ModuleDatabase["authority"];
  name?: string;
}): URL {
  const { host = "db.t-meteo-data.svc", tls = "VerifyFull", authority = "server", name = "meteo_openproject" } = fields;
  const database = { name, tls, authority, server: { host, port: 5433 } } as unknown as ModuleDatabase;
  return new URL(databaseUrl(database));
}

describe("the address of the database", () => {
  it.each<[ModuleDatabase["tls"], ModuleDatabase["authority"], string, string | null]>([
    ["VerifyFull", "server", "verify-full", "/secrets/own/database-ca.crt"],
    ["VerifyFull", "region", "verify-full", "/trust/ca.crt"],
    ["VerifyFull", "public", "verify-full", "/etc/ssl/certs/ca-certificates.crt"],
    ["Require", "region", "require", null],
    ["Disable", "public", "disable", null],
  ])("with %s and an authority of %s asks for %s", (tls, authority, mode, file) => {
    const { searchParams } = url({ tls, authority });
    expect(searchParams.get("sslmode")).toBe(mode);
    expect(searchParams.get("sslrootcert")).toBe(file);
  });

  it("keeps every host and name apart from what stands around them", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.string({ unit: "grapheme", minLength: 1 }),
        (host, name) => {
          fc.pre(host.isWellFormed() && name.isWellFormed());
          const found = url({ host, name, tls: "Disable" });
          expect(decodeURIComponent(found.hostname)).toBe(host);
          expect(found.port).toBe("5433");
          expect(decodeURIComponent(found.username)).toBe(name);
          expect(found.password).toBe("");
          expect([...found.searchParams.keys()]).toEqual(["sslmode"]);
        },
      ),
    );
  });
});

import { describe, expect, it } from "vitest";
import type { ModuleInput } from "../driver.ts";
import { driverFor } from "../tenant-database.ts";
import { postgresqlDriver } from "./driver.ts";

type Driver = "CloudNativePG" | "StatefulSet" | "External";

interface World {
  readonly chosen?: Driver;
  readonly kept?: string;
  readonly major?: number;
  readonly regional?: Driver;
  readonly server?: { readonly host: string; readonly port: number } | "none";
  /** Kinds of CloudNativePG in the cluster. */
  readonly kinds?: readonly string[];
  /** Kinds of what the module has in the cluster. */
  readonly live?: readonly string[];
  /** Databases whose names the tenant holds. */
  readonly holds?: readonly string[];
}

/** The few fields that the driver reads; the rest of the three objects is not its business. */
function input({
  chosen,
  kept,
  major,
  regional = "External",
  server = { host: "db.example", port: 5433 },
  kinds = [],
  live = [],
  holds = [],
}: World = {}) {
  const deepFrozen = Object.freeze({
    tenant: Object.freeze({ metadata: Object.freeze({ name: "minagri" }) }),
    module: Object.freeze({
      spec: Object.freeze({
        module: "PostgreSQL",
        ...(chosen === undefined ? {} : { postgresql: { driver: chosen, ...(major === undefined ? {} : { major }) } }),
      }),
      ...(kept === undefined ? {} : { status: { resolved: { driver: kept } } }),
    }),
    region: Object.freeze({
      metadata: Object.freeze({ name: "cloudgouv" }),
      spec: Object.freeze({
        storage: Object.freeze({ className: "encrypted" }),
        postgresql: Object.freeze({ defaultDriver: regional, ...(server === "none" ? {} : { server }) }),
      }),
    }),
    marker: "made for minagri",
    cluster: { kinds: new Set(kinds), apiServers: [] },
    live: live.map((kind) => ({ kind })),
    claims: holds.map((value) => ({ spec: { kind: "Database", value } })),
  });
  return deepFrozen as unknown as ModuleInput;
}

describe("the driver of a database", () => {
  it.each<World & { is: Driver }>([
    { regional: "CloudNativePG", is: "CloudNativePG" },
    { regional: "StatefulSet", is: "StatefulSet" },
    { regional: "External", is: "External" },
    { regional: "CloudNativePG", chosen: "External", is: "External" },
    { regional: "CloudNativePG", kept: "External", is: "External" },
    { regional: "External", kept: "StatefulSet", chosen: "External", is: "External" },
    { regional: "External", kept: "of a later version", is: "CloudNativePG" },
    // The tenant returns, and the default of its region is another one by now.
    { regional: "StatefulSet", live: ["Cluster"], is: "CloudNativePG" },
    { regional: "CloudNativePG", live: ["PersistentVolumeClaim"], is: "StatefulSet" },
    { regional: "CloudNativePG", live: ["NetworkPolicy"], is: "CloudNativePG" },
    { regional: "StatefulSet", holds: ["db.example:5433/minagri"], is: "External" },
    { regional: "StatefulSet", holds: ["db.example:5433/minagri_nextcloud"], is: "StatefulSet" },
    // A person asked for another place, by name.
    { chosen: "StatefulSet", holds: ["db.example:5433/minagri"], is: "StatefulSet" },
    { holds: ["db.example:5433/minagri"], live: ["Cluster"], is: "CloudNativePG" },
  ])("is $is with region $regional, kept $kept, chosen $chosen, $live there and $holds held", ({ is, ...world }) => {
    expect(driverFor(input(world))).toBe(is);
  });
});

describe("the PostgreSQL module", () => {
  it("needs no other module", () => {
    expect(postgresqlDriver.requires({ module: "PostgreSQL" } as never)).toEqual([]);
  });

  it.each<World & { says: string | undefined }>([
    { says: undefined },
    {
      regional: "CloudNativePG",
      kinds: ["Cluster", "Database"],
      says: "This cluster lacks DatabaseRole of postgresql.cnpg.io/v1: install CloudNativePG 1.30 or newer in namespace cnpg-system, and this goes on by itself. Or set postgresql.driver, or defaultDriver of region cloudgouv, to StatefulSet or External for new modules.",
    },
    { regional: "CloudNativePG", kinds: ["Cluster", "Database", "DatabaseRole"], says: undefined },
    {
      chosen: "CloudNativePG",
      kinds: ["Cluster", "Database", "DatabaseRole"],
      major: 16,
      says: "This release has no image postgresql-16; name one in spec.images.overrides of region cloudgouv.",
    },
    { chosen: "StatefulSet", says: undefined },
    {
      chosen: "StatefulSet",
      major: 16,
      says: "This release has no image postgresql-16; name one in spec.images.overrides of region cloudgouv.",
    },
    {
      chosen: "StatefulSet",
      live: ["Cluster"],
      says: "postgresql.driver is StatefulSet, and namespace t-minagri-data holds data of a server with driver CloudNativePG: make the tenant with postgresql.driver CloudNativePG. Nothing was made or removed.",
    },
    {
      chosen: "External",
      live: ["PersistentVolumeClaim"],
      says: "postgresql.driver is External, and namespace t-minagri-data holds data of a server with driver StatefulSet: make the tenant with postgresql.driver StatefulSet. Nothing was made or removed.",
    },
    {
      server: "none",
      says: "Region cloudgouv names no PostgreSQL server; set spec.postgresql.server of the region. Or set postgresql.driver of the module to StatefulSet or CloudNativePG.",
    },
    {
      server: "none",
      holds: ["db.example:5433/minagri"],
      says: "The database of tenant minagri is on a server that region cloudgouv no longer names; set spec.postgresql.server of the region to it. Or begin with an empty database: set postgresql.driver of the module to StatefulSet or CloudNativePG.",
    },
    {
      server: "none",
      kept: "External",
      holds: ["db.example:5433/minagri"],
      says: "The database of tenant minagri is on a server that region cloudgouv no longer names; set spec.postgresql.server of the region to it.",
    },
  ])("says what is missing: $says", ({ says, ...world }) => {
    expect(postgresqlDriver.gap(input(world))?.message).toBe(says);
  });

  it("wants a database with the name of the tenant, owned by a role of that name", () => {
    expect(postgresqlDriver.desired(input()).database).toMatchObject({
      desired: { role: "minagri", database: "minagri", marker: "made for minagri", connectionLimit: 50 },
      server: "db.example:5433",
    });
  });

  it("claims the name on the server, so that no other tenant gets the same database", () => {
    expect(postgresqlDriver.desired(input()).claims).toEqual([{ kind: "Database", value: "db.example:5433/minagri" }]);
  });

  it("wants a Secret that only the operator reads, with a random password and the way to the database", () => {
    const { secrets, database } = postgresqlDriver.desired(input());
    expect(secrets).toEqual([
      {
        name: "postgresql-credentials",
        place: "data",
        random: { password: 40 },
        plain: { username: "minagri", database: "minagri", host: "db.example", port: "5433" },
      },
    ]);
    expect(database?.password).toEqual({ secret: secrets[0], key: "password" });
  });

  it("keeps the choice of the driver and the name", () => {
    expect(postgresqlDriver.desired(input()).resolved).toEqual({ driver: "External", database: "minagri" });
  });

  it("wants the same from the same input, and changes none of it", () => {
    const frozen = input();
    expect(postgresqlDriver.desired(frozen)).toEqual(postgresqlDriver.desired(frozen));
  });
});

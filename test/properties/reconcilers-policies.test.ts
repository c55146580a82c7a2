import { describe, expect, it } from "vitest";
import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import {
  type Act,
  change,
  changeModule,
  hours,
  noticeOfErasure,
  onboard,
  platformWorld,
  play,
  remove,
} from "../support/in-memory-stories.ts";
import { hourMs, type InMemoryWorld } from "../support/in-memory-world.ts";
import { editInMemory } from "../support/in-memory-postgres-edits.ts";

type Policies = Partial<Tenant["spec"]["modules"][number]>;
const modules = (policies: Policies): Tenant["spec"]["modules"] => [
  { module: "PostgreSQL", ...policies },
  { module: "Keycloak", ...policies },
];

/** A world in which that has happened, and whose calls from now on are counted. */
async function after(...acts: Parameters<typeof play>[1]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  world.setFaults(() => undefined);
  return world;
}

const moduleOf = (world: InMemoryWorld, module: string): ModuleDeployment | undefined =>
  world.kube
    .objects()
    .find(
      ({ kind, metadata }) => kind === "ModuleDeployment" && metadata.name === module.toLowerCase(),
    ) as unknown as ModuleDeployment;
const conditionsOf = (world: InMemoryWorld, module: string) =>
  Object.fromEntries(
    (moduleOf(world, module)?.status?.conditions ?? []).map(({ type, status, reason }) => [
      type,
      `${status} ${reason}`,
    ]),
  );
const messageOf = (world: InMemoryWorld, module: string, type: string): string =>
  moduleOf(world, module)?.status?.conditions?.find((condition) => condition.type === type)?.message ?? "";
const tenantOf = (world: InMemoryWorld): Tenant | undefined =>
  world.kube.objects().find(({ kind }) => kind === "Tenant") as unknown as Tenant | undefined;
/** What lies outside, and what the operator generates. */
const outside = async (world: InMemoryWorld): Promise<unknown> => {
  const { realms, roles, databases, objects } = await world.snapshot();
  const kept = Object.entries(objects).filter(([name]) => /^(Secret|NameClaim (database|realmname))/.test(name));
  return { realms, roles, databases, kept };
};

describe("managementPolicy Observe", () => {
  it("makes no realm, no role, no database, no Secret and no claim, and says of each that it is missing", async () => {
    const world = await after();
    const before = await outside(world);
    await play(world, [onboard(modules({ managementPolicy: "Observe" })), hours(7)]);
    expect(await outside(world)).toEqual(before);
    const common = { Owned: "False DependencyMissing", CredentialsReady: "False DependencyMissing" };
    expect(conditionsOf(world, "PostgreSQL")).toMatchObject({ ...common, DatabaseReady: "False DependencyMissing" });
    expect(conditionsOf(world, "Keycloak")).toMatchObject({ ...common, SSOReady: "False DependencyMissing" });
    expect(messageOf(world, "PostgreSQL", "DatabaseReady")).toBe(
      "PostgreSQL postgres.test:5432 has no role minagri and no database minagri, and managementPolicy Observe makes nothing. Set it to Managed, or make it by hand.",
    );
  });

  it("reports what differs and leaves it, and is Ready as long as everything is there and works", async () => {
    const world = await after(
      onboard(modules({})),
      change((spec) => ({ ...spec, modules: modules({ managementPolicy: "Observe" }) })),
    );
    expect(conditionsOf(world, "PostgreSQL")).toMatchObject({ Ready: "True Succeeded", DriftFree: "True Succeeded" });
    editInMemory(world.postgres, "minagri", "CONNECTION LIMIT 1");
    world.keycloak.setRequirement("minagri", "auth-username-password-form", "ALTERNATIVE");
    const edited = await outside(world);
    await world.pass(7 * hourMs);
    expect(await outside(world)).toEqual(edited);
    for (const module of ["PostgreSQL", "Keycloak"])
      expect(conditionsOf(world, module)).toMatchObject({ Ready: "True Succeeded", DriftFree: "False DriftFound" });
    expect(messageOf(world, "PostgreSQL", "DriftFree")).toContain("connection limit is 1, not 50");
  });

  it("says what adoption would do, and does not adopt", async () => {
    const world = await after();
    world.postgres.addRole("minagri", { administered: true, canLogin: true, connectionLimit: 50 });
    world.postgres.addDatabase("minagri", "minagri");
    const before = await outside(world);
    await play(world, [onboard(modules({ managementPolicy: "Observe", adoptionPolicy: "Adopt" }))]);
    expect(await outside(world)).toEqual(before);
    expect(messageOf(world, "PostgreSQL", "DriftFree")).toContain("markRole (the role is adopted)");
  });

  it("refuses what is not ours, as if it were managed", async () => {
    const world = await after();
    world.postgres.addRole("minagri", { canLogin: true });
    world.postgres.addDatabase("minagri", "minagri");
    await play(world, [onboard(modules({ managementPolicy: "Observe" }))]);
    expect(conditionsOf(world, "PostgreSQL")).toMatchObject({ DatabaseReady: "False NotOwned" });
  });

  it("lets go of a module that is removed, and touches nothing of it", async () => {
    const world = await after(
      onboard(modules({})),
      change((spec) => ({ ...spec, modules: modules({ managementPolicy: "Observe" }) })),
    );
    const before = world.postgres.databases.get("minagri");
    const realms = (await world.snapshot()).realms;
    await play(world, [remove]);
    expect([tenantOf(world), moduleOf(world, "PostgreSQL")]).toEqual([undefined, undefined]);
    expect([world.postgres.databases.get("minagri"), (await world.snapshot()).realms]).toEqual([before, realms]);
    expect(world.events.map(({ note }) => note)).toContain(
      "managementPolicy is Observe, so nothing outside was touched; left behind: Database minagri on postgres.test:5432",
    );
  });
});

describe("managementPolicy Paused", () => {
  it("holds a removal, too: nothing is touched until it is Managed again", async () => {
    const world = await after(
      onboard(modules({})),
      change((spec) => ({ ...spec, modules: modules({ managementPolicy: "Paused" }) })),
    );
    const before = await outside(world);
    await play(world, [remove, hours(1)]);
    expect(await outside(world)).toEqual(before);
    expect(conditionsOf(world, "PostgreSQL")).toMatchObject({ Ready: "False Paused" });
    await play(
      world,
      ["PostgreSQL", "Keycloak"].map((module) => changeModule(module, { managementPolicy: "Managed" })),
    );
    expect([tenantOf(world), world.postgres.databases.get("minagri")?.allowConnections]).toEqual([undefined, false]);
  });
});

describe("driftPolicy", () => {
  it.each([
    ["Correct", 50, "True DriftCorrected"],
    ["Report", 1, "False DriftFound"],
  ] as const)("%s leads to a connection limit of %i and says %s", async (driftPolicy, limit, condition) => {
    const world = await after(onboard(modules({ driftPolicy })));
    editInMemory(world.postgres, "minagri", "CONNECTION LIMIT 1");
    await world.pass(7 * hourMs);
    expect([
      world.postgres.roles.get("minagri")?.connectionLimit,
      conditionsOf(world, "PostgreSQL")["DriftFree"],
    ]).toEqual([limit, condition]);
  });
});

describe("A tenant that was erased and comes back under another domain", () => {
  it("begins with Secrets of its own: the process once gave it the password of the dead, which no Secret held", async () => {
    const both = modules({});
    const world = await after(onboard(both), noticeOfErasure, remove, hours(2), onboard(both, "autre.suite.example"));
    expect(tenantOf(world)?.status?.conditions?.[0]).toMatchObject({ type: "Ready", status: "True" });
    const { roles, realms } = await world.snapshot();
    expect(roles["minagri"]).toMatchObject({ password: "password of t-minagri-data/postgresql-credentials" });
    expect(realms["minagri"]).toMatchObject({ ownSecret: ["clientSecret of t-minagri-data/keycloak-operator-client"] });
  });
});

describe("A tenant that returns to a region with another default of PostgreSQL", () => {
  it("is served by the server that kept its database: it once got an empty one of its own", async () => {
    const another: Act = (world) => {
      world.kube.edit<KubeObject>({ apiVersion, kind: "SovereignRegion", name: "region" }, (region) => {
        const spec = region["spec"] as { readonly postgresql: object };
        return { ...region, spec: { ...spec, postgresql: { ...spec.postgresql, defaultDriver: "StatefulSet" } } };
      });
    };
    const world = await after(onboard(modules({})), remove, another, onboard(modules({})));
    expect(tenantOf(world)?.status?.conditions?.[0]).toMatchObject({ type: "Ready", status: "True" });
    expect(world.postgres.databases.get("minagri")?.allowConnections).toBe(true);
    expect(world.kube.objects().map(({ kind }) => kind)).not.toContain("StatefulSet");
  });
});

describe("A ModuleDeployment that does not fit its schema", () => {
  it("holds back the erasure of its tenant: what is not in the cache once counted as ended", async () => {
    const world = await after(
      onboard(modules({})),
      noticeOfErasure,
      changeModule("PostgreSQL", { size: "Huge" as never }),
    );
    await play(world, [remove, hours(2)]);
    const namespaces = world.kube.objects().filter(({ metadata }) => metadata.name.startsWith("t-minagri"));
    expect(namespaces.map(({ metadata }) => [metadata.name, metadata.deletionTimestamp])).toEqual([
      ["t-minagri", undefined],
      ["t-minagri-apps", undefined],
      ["t-minagri-data", undefined],
    ]);
    expect(world.postgres.databases.has("minagri")).toBe(true);
    expect(tenantOf(world)?.status?.conditions?.[0]).toMatchObject({ reason: "RemovalBlocked" });
  });
});

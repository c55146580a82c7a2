import { describe, expect, it } from "vitest";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { Representation } from "../../operator/keycloak/keycloak-api.ts";
import { appliedAttribute } from "../../operator/keycloak/applied.ts";
import { type Act, change, hours, onboard, platformWorld, play, type Story } from "../support/in-memory-stories.ts";
import type { InMemoryWorld, PortCall } from "../support/in-memory-world.ts";
import { told } from "../support/story-endings.ts";

type DriftPolicy = "Correct" | "Report";
type Keycloak = Partial<NonNullable<Tenant["spec"]["modules"][number]["keycloak"]>>;

const modules = (driftPolicy: DriftPolicy, keycloak: Keycloak = {}): Tenant["spec"]["modules"] => [
  {
    module: "Keycloak",
    driftPolicy,
    keycloak: { mfa: "Required", localAccounts: "Enabled", sessionMaxHours: 10, ...keycloak },
  },
];
const wish = (driftPolicy: DriftPolicy, keycloak: Keycloak): Act =>
  change((spec) => ({ ...spec, modules: modules(driftPolicy, keycloak) }));
const rename: Act = change((spec) => ({ ...spec, displayName: "Autre ministère" }));
/** What an administrator of the realm does in its console. */
const byHand =
  (body: Representation): Act =>
  async ({ keycloak }) => {
    const edit = { kind: "update", method: "PUT", path: "", body, fields: [], why: "by hand" } as const;
    await keycloak.execute({ account: keycloak.platform, realm: "minagri", change: edit });
  };
const lengthenIdleTime = byHand({ ssoSessionIdleTimeout: 7200 });

const realmOf = async ({ keycloak }: InMemoryWorld): Promise<Representation> =>
  (await keycloak.observeRealm(keycloak.platform, "minagri"))?.representation ?? {};
function driftOf(world: InMemoryWorld): string {
  const objects = world.kube.objects() as unknown as readonly (ModuleDeployment & { kind: string })[];
  const module = objects.find(({ kind, metadata }) => kind === "ModuleDeployment" && metadata.name === "keycloak");
  const found = module?.status?.conditions?.find(({ type }) => type === "DriftFree");
  return `${found?.status ?? ""} ${found?.reason ?? ""}: ${found?.message ?? ""}`;
}
const driftEvents = (world: InMemoryWorld): readonly string[] =>
  world.events.filter(({ reason }) => reason.startsWith("Drift")).map(({ note }) => note);

async function after(...acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  return world;
}

describe.each<DriftPolicy>(["Correct", "Report"])("A new wish under driftPolicy %s", (driftPolicy) => {
  it("reaches the realm at once, and nobody calls it a change by hand", async () => {
    const world = await after(
      onboard(modules(driftPolicy)),
      wish(driftPolicy, { mfa: "Optional", sessionMaxHours: 8 }),
    );
    const realm = await realmOf(world);
    expect([realm["ssoSessionMaxLifespan"], JSON.stringify(realm["authenticationFlows"])]).toEqual([
      28_800,
      expect.stringContaining("conditional-user-configured"),
    ]);
    expect([driftOf(world), driftEvents(world)]).toEqual(["True Succeeded: The external objects are as declared.", []]);
  });

  it("of the Tenant itself reaches the realm at once: it once waited six hours, since no spec of a module changed", async () => {
    const world = await after(onboard(modules(driftPolicy)), rename);
    expect((await realmOf(world))["displayName"]).toBe("Autre ministère");
    expect(driftEvents(world)).toEqual([]);
  });
});

describe("A change by hand", () => {
  it("stays where it is only reported, and goes on being reported when a new wish comes", async () => {
    const world = await after(onboard(modules("Report")), lengthenIdleTime, hours(7));
    const report = "False DriftFound: Changed by hand and left as it is: realm.ssoSessionIdleTimeout.";
    expect(driftOf(world)).toContain(report);
    await play(world, [rename, wish("Report", { mfa: "Optional" }), hours(7)]);
    const { displayName, ssoSessionIdleTimeout } = await realmOf(world);
    expect([displayName, ssoSessionIdleTimeout]).toEqual(["Autre ministère", 7200]);
    expect(driftOf(world)).toContain(report);
    expect(driftEvents(world)).toEqual([]);
  });

  it("is put back and told by name where drift is corrected, the new wish that comes with it is not", async () => {
    const world = await after(onboard(modules("Correct")), lengthenIdleTime, rename);
    const { displayName, ssoSessionIdleTimeout } = await realmOf(world);
    expect([displayName, ssoSessionIdleTimeout]).toEqual(["Autre ministère", 1800]);
    expect(driftEvents(world)).toEqual(["Put back: realm.ssoSessionIdleTimeout"]);
  });
});

describe("Under managementPolicy Observe", () => {
  const observe: Act = change((spec) => ({
    ...spec,
    modules: spec.modules.map((entry) => ({ ...entry, managementPolicy: "Observe" as const })),
  }));
  /** As a realm is that was made before there were digests. */
  const forget: Act = async (world) => {
    const { [appliedAttribute]: _digests, ...attributes } = (await realmOf(world))["attributes"] as Representation;
    await byHand({ attributes })(world);
  };

  it.each<[string, Act, string]>([
    ["a realm that says nothing of what was applied", forget, "True Succeeded: The external objects are as declared."],
    ["a new wish", rename, "False DriftFound: Differs from what is declared, and managementPolicy Observe changes"],
  ])("%s is looked at, and nothing is written", async (_what, act, report) => {
    const world = await after(onboard(modules("Correct")), observe);
    await act(world);
    const before = await realmOf(world);
    await play(world, [hours(7)]);
    expect(await realmOf(world)).toEqual(before);
    expect(driftOf(world)).toContain(report);
  });
});

describe("The operator, killed before or after any one of its changes of the realm while a wish changes", () => {
  const there: Keycloak = { mfa: "Optional", localAccounts: "BreakGlassOnly", sessionMaxHours: 8 };
  const deathsAt = ({ port, writes }: PortCall) =>
    port === "keycloak" && writes ? (["killed before", "killed after"] as const) : [];
  const stories: readonly Story[] = (["Correct", "Report"] as const).flatMap((driftPolicy) => [
    {
      name: `under driftPolicy ${driftPolicy}`,
      before: [onboard(modules(driftPolicy))],
      acts: [wish(driftPolicy, there)],
    },
    {
      name: `and changes back, under driftPolicy ${driftPolicy}`,
      before: [onboard(modules(driftPolicy))],
      acts: [wish(driftPolicy, there), wish(driftPolicy, {})],
    },
  ]);

  it.each(stories)("$name, ends with the realm that was wished for, and calls none of it drift", async (story) => {
    const undisturbed = await told(story);
    const wanted = { realms: undisturbed.ending.snapshot.realms, drift: 0 };
    expect(undisturbed.calls.flatMap(deathsAt)).not.toEqual([]);
    for (const [at, call] of undisturbed.calls.entries()) {
      for (const death of deathsAt(call)) {
        const where = `${death} call ${at}: ${call.port} ${call.verb} ${call.target}`;
        const { lives, ending } = await told(story, (index) => (index === at ? death : undefined));
        expect(lives, where).toBe(undisturbed.lives + 1);
        expect({ realms: ending.snapshot.realms, drift: ending.drift }, where).toEqual(wanted);
      }
    }
  });
});

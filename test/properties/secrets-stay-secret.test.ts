import { describe, expect, it } from "vitest";
import { refOf } from "../../constructs/manifest.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { onboard, platformWorld, play, stories } from "../support/in-memory-stories.ts";
import type { InMemoryWorld } from "../support/in-memory-world.ts";

/** Keys of Secrets that say where to knock and under which name, and open nothing. */
const open = new Set(["clientID", "username", "host", "port", "database"]);
/** Shorter values are ordinary words, such as those of doubles. */
const shortest = 8;

/** Everything that Secrets hold, of the platform and of tenants, as text and as it is written in them. */
function secretValues(world: InMemoryWorld): ReadonlySet<string> {
  const secrets = world.kube.objects().filter(({ kind }) => kind === "Secret") as readonly (KubeObject & {
    readonly data?: Readonly<Record<string, string>>;
  })[];
  const written = secrets.flatMap(({ data = {} }) =>
    Object.entries(data).flatMap(([key, value]) => (open.has(key) ? [] : [value])),
  );
  const plain = written.map((value) => Buffer.from(value, "base64").toString("utf8"));
  return new Set([...written, ...plain].filter((value) => value.length >= shortest));
}

/** Where any of the values can be read by who may not read Secrets. */
function places(world: InMemoryWorld, values: ReadonlySet<string>): string[] {
  const holds = (thing: unknown): boolean => {
    const text = JSON.stringify(thing);
    return [...values].some((value) => text.includes(JSON.stringify(value).slice(1, -1)));
  };
  const objects = world.kube.objects().map((object) => (object.kind === "Secret" ? { ...object, data: {} } : object));
  return [
    ...objects.filter(holds).map((object) => JSON.stringify(refOf(object))),
    ...world.events.filter(holds).map(({ note }) => `event ${note}`),
  ];
}

describe("What a Secret holds", () => {
  it.each(stories)("stands in no other object, status, annotation or event: $name", async ({ before, acts }) => {
    const world = await platformWorld();
    const values = new Set<string>();
    for (const act of [...before, ...acts]) {
      await play(world, [act]);
      for (const value of secretValues(world)) values.add(value);
    }
    expect(values.size).toBeGreaterThan(4);
    expect(places(world, values)).toEqual([]);
  });

  it("stands in no status either when servers refuse what it holds", async () => {
    const world = await platformWorld();
    const modules: Tenant["spec"]["modules"] = [{ module: "PostgreSQL" }, { module: "Keycloak" }];
    await play(world, [onboard(modules)]);
    const values = secretValues(world);
    for (const [name, role] of world.postgres.roles)
      world.postgres.roles.set(name, { ...role, password: "changed by somebody" });
    await world.pass(7 * 3_600_000);
    expect(places(world, values)).toEqual([]);
  });

  it("would be found where it stood", async () => {
    const world = await platformWorld();
    await play(world, [onboard([{ module: "PostgreSQL" }])]);
    const values = secretValues(world);
    const note = `password is ${[...values].at(-1) ?? ""}`;
    const [module] = world.kube.objects().filter(({ kind }) => kind === "ModuleDeployment");
    if (module === undefined) throw new Error("no module");
    world.kube.edit(refOf(module), (live) => ({
      ...live,
      metadata: { ...live.metadata, annotations: { note } },
    }));
    expect(places(world, values)).toHaveLength(1);
  });
});

import { describe, expect, it } from "vitest";
import { moduleNames } from "../../crds/v1alpha1/modules.ts";
import { access } from "../../operator/access.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import { equip, giveBucketKey, handIn } from "../support/equipped-region.ts";
import { onboard, platformWorld } from "../support/in-memory-stories.ts";
import { wholeSuite } from "../support/whole-suite.ts";

/** Doubles refuse nobody: what a real API server would is told here. In a tenant's namespaces there are these rights, and those for the whole cluster. */
const rules = access.filter(({ scope }) => scope === "tenant" || scope === "cluster");

function may(verb: string, { kind, name }: { readonly kind: string; readonly name: string }): boolean {
  const type = builtinResourceTypes.find((one) => one.kind === kind);
  return rules.some(
    ({ resources, verbs, resourceNames }) =>
      type !== undefined &&
      resources.includes(type.plural) &&
      verbs.includes(verb) &&
      (resourceNames === undefined || resourceNames.includes(name)),
  );
}

describe("the rights of the operator", () => {
  it("are enough for every object of a ministry with the whole suite", () => {
    const { manifests, leftOut } = wholeSuite();
    expect(leftOut).toEqual([]);
    const known = new Set(builtinResourceTypes.map(({ kind }) => kind));
    const made = manifests.filter(({ kind }) => kind !== "Secret" && known.has(kind));
    expect(made.length).toBeGreaterThan(50);
    const refused = made.filter(
      ({ kind, metadata: { name } }) => !may("create", { kind, name }) || !may("patch", { kind, name }),
    );
    expect(refused.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
  });

  it("are enough for every Secret that it writes for any module", async () => {
    const world = await platformWorld();
    for (const act of [equip, ...moduleNames.map((module) => giveBucketKey(module.toLowerCase()))]) await act(world);
    world.setFaults(() => undefined);
    const token = { enterpriseTokenSecretRef: { name: "bought", key: "token" } };
    await onboard(
      moduleNames.map((module) => (module === "OpenProject" ? { module, openProject: token } : { module })),
    )(world);
    await world.pass(1_000, 200).catch(() => undefined);
    await handIn(world, { name: "bought", namespace: "t-minagri" }, { token: "bought for years" });
    // What people handed in is not watched, and what answers nothing is asked again and again.
    await world.pass(300_000, 400).catch(() => undefined);
    const written = world.calls.filter(
      ({ port, target, writes }) => port === "kube" && writes && target.startsWith("Secret "),
    );
    const verbs: Readonly<Record<string, string>> = { create: "create", apply: "patch" };
    const asked = written.map(({ verb, target }) => ({ verb: verbs[verb] ?? verb, name: target.split(" ")[1] ?? "" }));
    expect(asked.filter(({ verb }) => verb === "patch").map(({ name }) => name)).toEqual(
      expect.arrayContaining(["nextcloud-bucket", "openproject-bucket", "openproject-mail", "openproject-entitlement"]),
    );
    expect(asked.filter(({ verb, name }) => !may(verb, { kind: "Secret", name }))).toEqual([]);
  });
});

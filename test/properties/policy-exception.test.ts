import { describe, expect, it } from "vitest";
import type { ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import type { PolicyException } from "../../crds/v1alpha1/policy-exception.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { hourMs, InMemoryWorld } from "../support/in-memory-world.ts";

const day = 24 * hourMs;
const ref: ObjectRef = { apiVersion, kind: "PolicyException", namespace: "t-minagri", name: "old-phones" };
const asked = {
  check: "10-20",
  target: { module: "Synapse" },
  justification: "The old phones of the mountain stations need it until they are replaced.",
  compensatingMeasures: ["The port is open to their addresses alone."],
  risk: "Low",
  requestedBy: "alice",
};

/** A world in which somebody files an exception that ends after so many days. */
async function filed(days: number, spec: object = {}, namespace = "t-minagri"): Promise<InMemoryWorld> {
  const world = new InMemoryWorld();
  await world.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const expiresAt = new Date(world.now + days * day).toISOString();
  await write(world, { ...asked, expiresAt, ...spec }, namespace);
  return world;
}

async function write(world: InMemoryWorld, spec: object, namespace = "t-minagri", who = "people"): Promise<void> {
  await world.kube.apply(
    { apiVersion, kind: ref.kind, metadata: { name: ref.name, namespace }, spec },
    { fieldManager: who, force: true },
  );
  await world.settle();
}

const approve = (world: InMemoryWorld, by = "sam"): Promise<void> =>
  write(world, { approvedBy: by }, "t-minagri", "socle-approval");

async function live(world: InMemoryWorld, namespace = "t-minagri"): Promise<PolicyException> {
  const found = await world.kube.get<PolicyException & KubeObject>({ ...ref, namespace });
  if (found === undefined) throw new Error("There is no exception.");
  return found;
}

async function active(world: InMemoryWorld, namespace?: string): Promise<string> {
  const { status } = await live(world, namespace);
  const found = status?.conditions?.find(({ type }) => type === "Active");
  return `${found?.status} ${found?.reason}: ${found?.message}`;
}

const notices = ({ events }: InMemoryWorld): readonly string[] =>
  events.flatMap(({ reason, note }) =>
    reason === "ExceptionExpiring" ? [/within \d+ days/.exec(note)?.[0] ?? note] : [],
  );

/** Days go by, in steps in which an operator that runs looks many times. */
async function daysPass(world: InMemoryWorld, days: number): Promise<void> {
  for (let hour = 0; hour < days * 24; hour += 12) await world.pass(12 * hourMs);
}

describe("an exception", () => {
  it("is not in force before a second person approved it, and says what that person runs", async () => {
    const world = await filed(60);
    expect(await active(world)).toMatch(
      /^False AwaitingConfirmation: .* socle exception approve old-phones -n t-minagri/,
    );
    expect((await live(world)).status).not.toHaveProperty("approvedAt");
    await approve(world);
    expect(await active(world)).toMatch(/^True Succeeded: Excuses check 10-20 of Synapse until /);
    expect((await live(world)).status?.approvedAt).toBe("2026-03-01T08:00:00Z");
  });

  it("ends at its end, by the clock alone, and keeps when its approval was seen", async () => {
    const world = await filed(20);
    await approve(world);
    await daysPass(world, 20);
    expect(await active(world)).toMatch(/^False Expired: /);
    expect((await live(world)).status?.approvedAt).toBe("2026-03-01T08:00:00Z");
  });

  it("is over where its end was brought closer than today", async () => {
    const world = await filed(60);
    await approve(world);
    await write(world, { ...asked, expiresAt: new Date(world.now).toISOString() });
    expect(await active(world)).toMatch(/^False Expired: /);
  });

  it.each([
    ["is about a check that there is not", { check: "99-99" }, /InvalidSpec: spec\.check: 99-99 is no check/],
    ["is about a check that nobody excuses", { check: "19-06" }, /InvalidSpec: spec\.check: 19-06 cannot be excused/],
  ])("that %s stalls, approved or not", async (_that, spec, says) => {
    const world = await filed(60, spec);
    await approve(world);
    expect(await active(world)).toMatch(says);
    expect((await live(world)).status?.conditions?.map(({ type }) => type)).toContain("Stalled");
  });

  it("in a namespace that is no home of a tenant excuses nothing, and says so", async () => {
    const world = await filed(60, {}, "t-minagri-apps");
    expect(await active(world, "t-minagri-apps")).toMatch(/InvalidSpec: metadata\.namespace: t-minagri-apps /);
  });
});

describe("notice of an end", () => {
  it("is given 14 and 3 days before, once each, however often the operator looks", async () => {
    const world = await filed(30);
    await approve(world);
    await daysPass(world, 15);
    expect(notices(world)).toEqual([]);
    await daysPass(world, 2);
    expect(notices(world)).toEqual(["within 14 days"]);
    await daysPass(world, 20);
    expect(notices(world)).toEqual(["within 14 days", "within 3 days"]);
  });

  it("is not repeated by an operator that starts again, and not forgotten by one that was away", async () => {
    const world = await filed(30);
    await approve(world);
    await daysPass(world, 17);
    world.restart();
    await daysPass(world, 1);
    expect(notices(world)).toEqual(["within 14 days"]);
    world.restart();
    await world.pass(10 * day);
    expect(notices(world)).toEqual(["within 14 days", "within 3 days"]);
  });

  it("is not given of what nobody approved, nor of what was short from its beginning", async () => {
    const [unapproved, short] = [await filed(30), await filed(10)];
    await approve(short);
    await daysPass(unapproved, 29);
    await daysPass(short, 6);
    expect([notices(unapproved), notices(short)]).toEqual([[], []]);
    await daysPass(short, 2);
    expect(notices(short)).toEqual(["within 3 days"]);
  });
});

import { describe, expect, it } from "vitest";
import type { StoryEnd } from "../../reconcile/story.ts";
import { condition, liveRegion, liveTenant } from "../../../test/support/live-objects.ts";
import { regionStatus } from "./status.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const feeding = ["Reachable", "CapabilitiesVerified", "IdentityReady"];
const end = (wrong?: string, progress: StoryEnd["progress"] = "settled"): StoryEnd => ({
  checks: [...feeding, "QualificationsValid", "CapacityAvailable"].map((type) => ({
    type,
    status: type === wrong ? "False" : "True",
    reason: "Succeeded",
    message: "said so",
  })),
  progress,
  error: undefined,
  againAfterMs: undefined,
});
const typesOf = (told: StoryEnd) =>
  regionStatus(liveRegion(), { end: told, tenants: [] }, now)
    .conditions?.filter(({ type, status }) => ["Ready", "Reconciling", "Stalled"].includes(type) && status === "True")
    .map(({ type }) => type);

describe("regionStatus", () => {
  it.each([
    ["everything is right", end(), ["Ready"]],
    ["something that feeds Ready is wrong", end("Reachable"), ["Reconciling"]],
    ["it is merely full", end("CapacityAvailable"), ["Ready"]],
    ["a person must act", end("IdentityReady", "stalled"), ["Stalled"]],
  ])("where %s", (_claim, told, types) => {
    expect(typesOf(told)).toEqual(types);
  });

  it("tells versions and zones where the provider does, and nothing of them where it does not", () => {
    const provider = { kubernetesVersion: "1.34.2", zones: ["test-a"] };
    const told = { end: end(), tenants: [] };
    expect(regionStatus(liveRegion(), { ...told, provider }, now)).toMatchObject({ provider });
    expect(regionStatus(liveRegion(), told, now)).not.toHaveProperty("provider");
  });

  it("counts the tenants that were let in, and their seats", () => {
    const status = { conditions: [condition("RegionAdmitted", "True")] };
    const tenants = [liveTenant("a", { status, spec: { seats: 30 } }), liveTenant("b")];
    expect(regionStatus(liveRegion(), { end: end(), tenants }, now)).toMatchObject({ tenants: 1, seats: 30 });
  });
});

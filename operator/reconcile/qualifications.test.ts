import { describe, expect, it } from "vitest";
import { liveRegion } from "../../test/support/live-objects.ts";
import { untilProofsChange, validQualification } from "./qualifications.ts";

const proof = (over: Readonly<Record<string, unknown>> = {}) => ({
  scheme: "SecNumCloud",
  reference: "decision",
  holder: "Provider",
  scope: ["IaaS"],
  validFrom: "2026-01-01",
  validUntil: "2026-12-31",
  evidenceURI: "https://evidence.example/a.pdf",
  verification: "Verified",
  verifiedBy: "security@platform.example",
  ...over,
});

describe("validQualification", () => {
  it.each([
    ["within its days", {}, "2026-06-01T00:00:00Z", true],
    ["on its first day", {}, "2026-01-01T00:00:00Z", true],
    ["on its last day, to the last second", {}, "2026-12-31T23:59:59Z", true],
    ["the day before", {}, "2025-12-31T23:59:59Z", false],
    ["the day after", {}, "2027-01-01T00:00:00Z", false],
    ["unverified", { verification: "Unverified" }, "2026-06-01T00:00:00Z", false],
    ["withdrawn", { verification: "Withdrawn" }, "2026-06-01T00:00:00Z", false],
    ["of another scheme", { scheme: "HDS" }, "2026-06-01T00:00:00Z", false],
  ])("%s", (_claim, over, at, valid) => {
    const region = liveRegion({ spec: { qualifications: [proof(over)] } });
    expect(validQualification(region, "SecNumCloud", Date.parse(at)) !== undefined).toBe(valid);
  });

  it("finds none in a region that names none", () => {
    expect(validQualification(liveRegion(), "SecNumCloud", 0)).toBe(undefined);
  });
});

describe("untilProofsChange", () => {
  const minute = 60_000;
  it.each([
    ["the last day ends", {}, "2026-12-31T23:59:00Z", minute],
    ["the first day comes", {}, "2025-12-31T23:59:00Z", minute],
    ["it is far away, and the look comes sooner", {}, "2026-06-01T00:00:00Z", 360 * minute],
    ["it has ended", {}, "2027-01-01T00:00:00Z", undefined],
    ["it was never verified", { verification: "Unverified" }, "2026-06-01T00:00:00Z", undefined],
    ["it is of a scheme that nobody asks for", { scheme: "HDS" }, "2026-06-01T00:00:00Z", undefined],
  ])("%s", (_claim, over, at, wanted) => {
    const region = liveRegion({ spec: { qualifications: [proof(over)] } });
    expect(untilProofsChange(region, ["SecNumCloud"], Date.parse(at))).toBe(wanted);
  });
});

import { describe, expect, it } from "vitest";
import { names } from "../../crds/group.ts";
import { liveTenant } from "../../test/support/live-objects.ts";
import { erasureOf, tenantGuard } from "./deletion-guard.ts";

const now = Date.parse("2026-06-30T12:00:00Z");
const daysAgo = (days: number): string => new Date(now - days * 86_400_000).toISOString();

describe("tenantGuard", () => {
  it.each([
    [true, "minagri", "deletionProtection is true"],
    [true, undefined, "deletionProtection is true"],
    [false, undefined, "without the annotation"],
    [false, "minjust", "without the annotation"],
    [false, "", "without the annotation"],
    [false, "minagri", undefined],
  ])("protected %s and confirmed as %s: %s", (deletionProtection, confirmed, why) => {
    const annotations = confirmed === undefined ? {} : { [names.confirmDelete]: confirmed };
    const tenant = liveTenant("minagri", { metadata: { annotations }, spec: { lifecycle: { deletionProtection } } });
    const guard = tenantGuard(tenant);
    if (why === undefined) expect(guard).toBe(undefined);
    else expect(guard).toContain(why);
  });
});

describe("erasureOf", () => {
  it.each([
    ["Retain, whatever was sent", "Retain", daysAgo(100), "retain"],
    ["Delete without a notice", "Delete", undefined, "retain"],
    ["Delete with a notice that is no date", "Delete", "yesterday", "retain"],
    ["Delete with a notice of today", "Delete", daysAgo(0), "wait"],
    ["Delete a moment before the end of the notice", "Delete", daysAgo(21 - 1e-6), "wait"],
    ["Delete at the end of the notice", "Delete", daysAgo(21), "erase"],
    ["Delete with a notice in the future", "Delete", daysAgo(-5), "wait"],
  ])("%s leads to %s", (_claim, deletionPolicy, erasureNoticeSentAt, kind) => {
    const tenant = liveTenant("minagri");
    const lifecycle = { ...tenant.spec.lifecycle, deletionPolicy, erasureNoticeSentAt } as typeof tenant.spec.lifecycle;
    expect(erasureOf({ ...tenant, spec: { ...tenant.spec, lifecycle } }, now).kind).toBe(kind);
  });

  it("looks again at the end, and every six hours before: a timer of weeks would be lost with the process", () => {
    const at = (days: number) => {
      const lifecycle = { deletionPolicy: "Delete", erasureNoticeSentAt: daysAgo(days) };
      return erasureOf(liveTenant("minagri", { spec: { lifecycle } }), now);
    };
    expect([at(1), at(21 - 1 / 24)]).toMatchObject([{ afterMs: 6 * 3_600_000 }, { afterMs: 3_600_000 }]);
  });
});

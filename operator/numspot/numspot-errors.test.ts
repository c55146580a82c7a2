import { describe, expect, it } from "vitest";
import type { Answer } from "../runtime/transport.ts";
import { numSpotError, shapeError } from "./numspot-errors.ts";

const now = Date.parse("2026-06-01T08:00:00Z");
const attempt = { server: "api.test", doing: "list clusters" };
const answer = (status: number, type?: string, more: object = {}): Answer => ({
  status,
  json: type === undefined ? undefined : { type, title: "a title", detail: "a detail with s3cr3t", ...more },
  location: undefined,
  retryAfterMs: undefined,
});
const quota = (...resets: readonly unknown[]) => ({ quota: resets.map((reset) => ({ rateLimit: { reset } })) });

describe("numSpotError", () => {
  it.each([
    [401, "urn:numspot:errors#unauthenticated_access", "PermissionMissing", "TransientError"],
    [403, "urn:numspot:errors#forbidden_access", "PermissionMissing", "TransientError"],
    [404, "urn:numspot:errors#resource_not_found", "InvalidSpec", "TerminalError"],
    [429, "urn:numspot:errors#too_many_requests", "ProviderUnreachable", "TransientError"],
    [500, "urn:numspot:errors#internal_error", "ProviderUnreachable", "TransientError"],
    [502, undefined, "ProviderUnreachable", "TransientError"],
    [302, undefined, "ProviderUnreachable", "TransientError"],
  ])("of status %i and type %s is %s", (status, type, reason, name) => {
    const error = numSpotError(answer(status, type), attempt, now);
    expect(error).toMatchObject({ reason, name });
    expect(error.message).toMatch(/^NumSpot api\.test: cannot list clusters: /);
    expect(error.message).not.toContain("s3cr3t");
  });

  it.each(["urn:numspot:errors#s3cr3t!", "https://errors.example/s3cr3t", "s3cr3t"])(
    "does not repeat a type that is none of NumSpot's: %s",
    (type) => {
      expect(numSpotError(answer(403, type), attempt, now).message).not.toContain("s3cr3t");
    },
  );

  it.each([
    ["to the last reset of what was used up", quota("2026-06-01T08:01:00Z", "2026-06-01T08:02:00Z"), 120_000],
    ["not for ever", quota("2030-01-01T00:00:00Z"), 6 * 3_600_000],
    ["not at all where the reset is over", quota("2026-06-01T07:00:00Z"), undefined],
    ["not at all where no day is told", quota("soon", undefined), undefined],
  ])("waits %s", (_claim, more, retryAfterMs) => {
    expect(numSpotError(answer(429, "urn:numspot:errors#too_many_requests", more), attempt, now)).toMatchObject({
      retryAfterMs,
    });
  });

  it("waits as long as the server itself says, before all", () => {
    const told = { ...answer(429, "urn:numspot:errors#too_many_requests", quota("2026-06-01T08:01:00Z")) };
    expect(numSpotError({ ...told, retryAfterMs: 7_000 }, attempt, now)).toMatchObject({ retryAfterMs: 7_000 });
  });
});

describe("shapeError", () => {
  it("names a few of the fields", () => {
    expect(shapeError(attempt, ["a", "b", "c", "d"]).message).toMatch(/than documented \(a, b, c\)\.$/);
  });
});

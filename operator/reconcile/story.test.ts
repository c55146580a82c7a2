import { describe, expect, it } from "vitest";
import { ConflictError, TerminalError, TransientError, WaitingError } from "../runtime/errors.ts";
import { type Chapter, failuresBeforeUnknown, succeeded, tellStory } from "./story.ts";

const fine = (type: string): Chapter => ({ type, run: () => Promise.resolve(succeeded("fine")) });
const failing = (type: string, error: Error): Chapter => ({ type, run: () => Promise.reject(error) });
const beginning = { previous: [], failures: 0, generation: 1 };
const wasTrue = {
  type: "B",
  status: "True" as const,
  reason: "Succeeded" as const,
  message: "was fine",
  observedGeneration: 1,
  lastTransitionTime: "2026-01-01T00:00:00Z",
};

describe("tellStory", () => {
  it("runs every chapter and is settled when all are True", async () => {
    const end = await tellStory([fine("A"), fine("B")], beginning);
    expect(end).toMatchObject({ progress: "settled", error: undefined });
    expect(end.checks.map((check) => check.type)).toEqual(["A", "B"]);
  });

  it("stops at the first chapter that is not True", async () => {
    const end = await tellStory(
      [failing("A", new WaitingError("DependencyMissing", "no secret")), fine("B")],
      beginning,
    );
    expect(end.checks).toEqual([{ type: "A", status: "False", reason: "DependencyMissing", message: "no secret" }]);
    expect(end.progress).toBe("waiting");
  });

  it("goes on after an optional chapter", async () => {
    const end = await tellStory(
      [{ ...failing("A", new TerminalError("InvalidSpec", "bad")), optional: true }, fine("B")],
      beginning,
    );
    expect(end.checks.map((check) => check.type)).toEqual(["A", "B"]);
    expect(end.progress).toBe("stalled");
  });

  it("is stalled when a person must act", async () => {
    const end = await tellStory([failing("A", new TerminalError("NameTaken", "taken"))], beginning);
    expect(end.progress).toBe("stalled");
  });

  it("throws a stale view on: it says nothing about the object", async () => {
    await expect(tellStory([failing("A", new ConflictError("stale"))], beginning)).rejects.toBeInstanceOf(
      ConflictError,
    );
  });

  it("keeps a condition that was True through the first failures and then says Unknown", async () => {
    const lost = failing("B", new TransientError("DependencyUnavailable", "no answer"));
    const first = await tellStory([lost], { previous: [wasTrue], failures: 0, generation: 1 });
    expect(first.checks[0]).toMatchObject({ status: "True", message: "was fine" });
    expect(first.error).toBeInstanceOf(TransientError);
    const later = await tellStory([lost], { previous: [wasTrue], failures: failuresBeforeUnknown - 1, generation: 1 });
    expect(later.checks[0]).toEqual({
      type: "B",
      status: "Unknown",
      reason: "DependencyUnavailable",
      message: "no answer",
    });
  });

  it("does not carry what was True over to a new spec: one failure was enough to call a change done that nobody had made", async () => {
    const lost = failing("B", new TransientError("DependencyUnavailable", "no answer"));
    const end = await tellStory([lost], { previous: [wasTrue], failures: 0, generation: 2 });
    expect(end.checks[0]).toMatchObject({ status: "Unknown", reason: "DependencyUnavailable" });
  });

  it("takes the earliest wish to look again", async () => {
    const wish = (type: string, againAfterMs: number): Chapter => ({
      type,
      run: () => Promise.resolve({ ...succeeded("fine"), againAfterMs }),
    });
    expect((await tellStory([wish("A", 300), wish("B", 200), fine("C")], beginning)).againAfterMs).toBe(200);
  });
});

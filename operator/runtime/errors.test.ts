import { describe, expect, it } from "vitest";
import { AlreadyExistsError, asOperatorError, ConflictError, InternalError, WaitingError } from "./errors.ts";

describe("asOperatorError", () => {
  it("leaves ours as they are", () => {
    const ours = new WaitingError("NotObserved", "not yet");
    expect(asOperatorError(ours)).toBe(ours);
  });

  it.each([
    ["an error", new TypeError("x is no function"), "Unexpected failure: x is no function"],
    ["a text", "oops", "Unexpected failure: oops"],
    ["nothing", undefined, "Unexpected failure: undefined"],
  ])("takes %s that nobody classified for a bug of ours", (_what, thrown, message) => {
    const error = asOperatorError(thrown);
    expect(error).toBeInstanceOf(InternalError);
    expect([error.reason, error.message, error.cause]).toEqual(["InternalError", message, thrown]);
  });

  it("names every error by its class", () => {
    const error = new AlreadyExistsError("there");
    expect([error.name, error instanceof ConflictError, error.reason]).toEqual([
      "AlreadyExistsError",
      true,
      "Conflict",
    ]);
  });
});

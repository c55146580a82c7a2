import { describe, expect, it } from "vitest";
import { ExpiredError, type OperatorError, TransientError } from "../runtime/errors.ts";
import { watchEvent } from "./watch-events.ts";

const type = { apiVersion: "v1", kind: "ConfigMap" };
const object = { metadata: { name: "a", uid: "u", resourceVersion: "7", managedFields: [{ manager: "x" }] }, data: {} };
const status = (code: number, reason: string) => ({ kind: "Status", code, reason, message: "m", metadata: {} });

const thrown = (line: string): unknown => {
  try {
    return watchEvent(line, type);
  } catch (error) {
    return error;
  }
};

describe("watchEvent", () => {
  it.each(["ADDED", "MODIFIED", "DELETED"])(
    "shows the object of %s, saying what it is, without managedFields",
    (happened) => {
      expect(watchEvent(JSON.stringify({ type: happened, object }), type)).toEqual({
        type: happened,
        object: { ...type, metadata: { name: "a", uid: "u", resourceVersion: "7" }, data: {} },
      });
    },
  );

  it("shows the version of a bookmark", () => {
    const line = JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: "9" } } });
    expect(watchEvent(line, type)).toEqual({ type: "BOOKMARK", resourceVersion: "9" });
  });

  it.each([
    ["410 as expired", status(410, "Expired"), ExpiredError],
    ["500 as something that may pass", status(500, "InternalError"), TransientError],
    ["an error without a word too", undefined, TransientError],
  ])("throws %s", (_claim, said, kind) => {
    expect(thrown(JSON.stringify({ type: "ERROR", object: said }))).toBeInstanceOf(kind);
  });

  it.each([
    ["no JSON", '{"type":"ADDED","obj'],
    ["null", "null"],
    ["a number", "7"],
    ["an event without an object", '{"type":"ADDED"}'],
    ["an event without a version", '{"type":"ADDED","object":{"metadata":{}}}'],
    ["an event of a type that nobody knows", JSON.stringify({ type: "RENAMED", object })],
  ])("takes a line that is %s for a broken stream, not for a bug or an end", (_what, line) => {
    const error = thrown(line);
    expect(error).toBeInstanceOf(TransientError);
    expect((error as OperatorError).message).toContain("watch ConfigMap");
  });
});

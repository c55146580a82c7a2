import { describe, expect, it } from "vitest";
import { Seen, Unknown } from "./seen.ts";

const seenOf = (data: Readonly<Record<string, string>>, ...paths: readonly string[]): Seen =>
  new Seen(
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "synapse-config" }, data },
    { fields: paths.map((path) => ({ path, whenAbsent: { default: "the default" }, violations: [] })) },
  );
const path = "data[homeserver.yaml]|listeners[].port";

describe("a file in a field", () => {
  it("is read as YAML, and tells where in it a value stands", () => {
    const seen = seenOf({ "homeserver.yaml": "listeners:\n  - port: 8008\n  - type: metrics\n" }, path);
    expect(seen.each(path)).toEqual([
      { field: "data[homeserver.yaml]|listeners[0].port", value: 8008 },
      { field: "data[homeserver.yaml]|listeners[1].port", value: "the default" },
    ]);
  });

  it("is read as JSON, which YAML holds", () => {
    const seen = seenOf({ "homeserver.yaml": '{"listeners":[{"port":9090}]}' }, path);
    expect(seen.each(path).map(({ value }) => value)).toEqual([9090]);
  });

  it("can be read as a whole", () => {
    const whole = "data[settings.json]|";
    expect(seenOf({ "settings.json": '[["app:enable","x"]]' }, whole).one(whole)).toEqual({
      field: whole,
      value: [["app:enable", "x"]],
    });
  });

  it.each([
    ["is not there", {}],
    ["is no YAML", { "homeserver.yaml": "listeners: [\n secret: hunter2" }],
    ["says a key twice", { "homeserver.yaml": "listeners: []\nlisteners: []\n" }],
    ["is a list where an object is meant", { "homeserver.yaml": "- listeners\n" }],
  ])("that %s leaves its settings unknown, and none of them at its default", (_that, data) => {
    const read = () => seenOf(data, path).each(path);
    expect(read).toThrow(Unknown);
    expect(read).not.toThrow(/hunter2/);
  });
});

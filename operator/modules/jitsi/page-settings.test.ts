import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { pageSettings } from "./page-settings.ts";

/** What a browser makes of it, on top of what the image says. */
function read(script: string): Readonly<Record<string, unknown>> {
  const config = { hosts: { domain: "visio.meteo.example" } };
  runInContext(script, createContext({ config }));
  return JSON.parse(JSON.stringify(config)) as Readonly<Record<string, unknown>>;
}

describe("the settings of the pages", () => {
  it.each([
    ["disableThirdPartyRequests", true],
    ["p2p", { enabled: false, stunServers: [] }],
    ["analytics", { disabled: true }],
    ["gravatar", { disabled: true }],
    ["liveStreaming", { enabled: false }],
    ["deeplinking", { disabled: true }],
  ])("say %s: %j, and leave what the image says of hosts", (key, value) => {
    const config = read(pageSettings("LobbyOnly"));
    expect(config[key]).toEqual(value);
    expect(config["hosts"]).toEqual({ domain: "visio.meteo.example" });
  });

  it("name no host at all", () => {
    expect(pageSettings("Refused")).not.toMatch(/\w+\.\w+\.\w+|https?:|stun:/);
  });

  it("lead straight to the login where nobody else may enter, and ask first where guests may", () => {
    expect(read(pageSettings("Refused"))["tokenAuthUrlAutoRedirect"]).toBe(true);
    expect(read(pageSettings("LobbyOnly"))["tokenAuthUrlAutoRedirect"]).toBeUndefined();
  });
});

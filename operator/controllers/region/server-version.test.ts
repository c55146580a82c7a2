import { describe, expect, it } from "vitest";
import { isRecreated } from "./server-version.ts";

describe("a server", () => {
  const running = { version: "26.7.4", image: "keycloak:26.7.4", asked: 2, pods: 2 };

  it.each([
    ["that does not run yet just starts", undefined, false],
    ["whose image stays goes on", { ...running, image: "keycloak:26.7.5" }, false],
    ["whose image changes stops", running, true],
    [
      "that stops for its new image waits for the last pod",
      { ...running, image: "keycloak:26.7.5", asked: 0, pods: 1 },
      true,
    ],
    ["whose last pod is gone starts", { ...running, image: "keycloak:26.7.5", asked: 0, pods: 0 }, false],
  ])("%s", (_claim, server, stops) => {
    expect(isRecreated(server, "keycloak:26.7.5")).toBe(stops);
  });
});

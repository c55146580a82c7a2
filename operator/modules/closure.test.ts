import { describe, expect, it } from "vitest";
import { liveTenant } from "../../test/support/live-objects.ts";
import { moduleClosure } from "./closure.ts";

describe("moduleClosure", () => {
  it("holds each listed module once, in the order of the list", () => {
    const tenant = liveTenant("minagri", { spec: { modules: [{ module: "Keycloak" }, { module: "PostgreSQL" }] } });
    expect(moduleClosure(tenant).map(({ module }) => module)).toEqual(["Keycloak", "PostgreSQL"]);
  });
});

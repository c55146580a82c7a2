import { describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";

describe("readConfig", () => {
  it("has a default for everything", () => {
    expect(readConfig({})).toMatchObject({
      ok: true,
      config: {
        namespace: "socle-system",
        probeIntervalMs: 300_000,
        externalIntervalMs: 21_600_000,
        health: { host: "127.0.0.1", port: 8080 },
      },
    });
  });

  it("takes an empty variable for an absent one", () => {
    expect(readConfig({ SOCLE_LOG_LEVEL: "", SOCLE_PROBE_INTERVAL_SECONDS: "" })).toMatchObject({
      ok: true,
      config: { logLevel: "info" },
    });
  });

  it("names every variable that is wrong", () => {
    const result = readConfig({
      SOCLE_LOG_LEVEL: "loud",
      SOCLE_HEALTH_ADDRESS: "nowhere",
      SOCLE_PROBE_INTERVAL_SECONDS: "-1",
    });
    expect(result).toMatchObject({ ok: false });
    expect(!result.ok && result.problems.map((problem) => problem.split(":")[0]).sort()).toEqual([
      "SOCLE_HEALTH_ADDRESS",
      "SOCLE_LOG_LEVEL",
      "SOCLE_PROBE_INTERVAL_SECONDS",
    ]);
  });
});

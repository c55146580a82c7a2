import { describe, expect, it } from "vitest";
import type { ModuleInput } from "../driver.ts";
import { versionChoice } from "./version.ts";

type JobStatus = "waits for its image" | "runs" | "failed" | "is complete";
const statuses: Readonly<Record<JobStatus, object>> = {
  "waits for its image": { active: 1, ready: 0 },
  runs: { active: 1, ready: 1 },
  failed: { failed: 3, conditions: [{ type: "Failed", status: "True" }] },
  "is complete": { conditions: [{ type: "Complete", status: "True" }] },
};
const job = (version: string, status: JobStatus): object => ({
  kind: "Job",
  metadata: { name: "openproject-migration-0123456789", labels: { "app.kubernetes.io/version": version } },
  status: statuses[status],
});

function choice(runs: string | undefined, asked: string | undefined, live: readonly object[] = []) {
  const module = {
    spec: { module: "OpenProject", ...(asked === undefined ? {} : { version: asked }) },
    status: runs === undefined ? {} : { version: runs },
  };
  return versionChoice({ module, live } as unknown as ModuleInput);
}

describe("the version of the projects", () => {
  it.each<[string | undefined, string | undefined, string | undefined]>([
    [undefined, undefined, undefined],
    [undefined, "17.7.2", "17.7.2"],
    ["17.6.0", undefined, "17.6.0"],
    ["17.6.0", "17.6.0", "17.6.0"],
    ["17.6.0", "17.9.1", "17.9.1"],
    ["16.6.0", "17.0.0", "17.0.0"],
  ])("with %s running and %s asked for is %s, and nothing is said", (runs, asked, version) => {
    expect(choice(runs, asked)).toEqual({ version, behind: undefined });
  });

  it.each([
    ["17.6.0", "17.5.9", "restore a backup made with 17.5.9"],
    ["17.6.0", "16.0.0", "Ask for 17.6.0 or a newer one"],
    ["15.5.0", "17.0.0", "Ask for a version 16 first"],
  ])("with %s running and %s asked for stays, and says what can be had", (runs, asked, says) => {
    const { version, behind } = choice(runs, asked);
    expect(version).toBe(runs);
    expect(behind?.reason).toBe("VersionUnsupported");
    expect(behind?.message).toContain(says);
  });

  it.each<JobStatus>(["runs", "failed", "is complete"])(
    "is never one before that whose Job %s: its tables may be new already",
    (status) => {
      const live = [job("17.7.2", "is complete"), job("17.8.0", status)];
      for (const asked of ["17.7.2", "17.7.9"]) {
        const { version, behind } = choice("17.7.2", asked, live);
        expect(version).toBe("17.8.0");
        expect(behind?.reason).toBe("VersionUnsupported");
      }
      expect(choice("17.7.2", undefined, live)).toEqual({ version: "17.8.0", behind: undefined });
    },
  );

  it("is taken back where its Job never got its image", () => {
    const live = [job("17.99.0", "waits for its image")];
    expect(choice("17.7.2", "17.7.2", live)).toEqual({ version: "17.7.2", behind: undefined });
    expect(choice("17.7.2", undefined, live)).toEqual({ version: "17.7.2", behind: undefined });
  });

  it("leaves one whose Job fails for a newer one of the same major version, which may mend it", () => {
    expect(choice("17.7.2", "17.8.1", [job("17.8.0", "failed")])).toEqual({ version: "17.8.1", behind: undefined });
  });

  it("is no next major version before this one runs", () => {
    const { version, behind } = choice("16.6.0", "18.0.0", [job("17.0.0", "is complete")]);
    expect(version).toBe("17.0.0");
    expect(behind?.reason).toBe("Progressing");
    expect(choice("17.0.0", "18.0.0", [job("17.0.0", "is complete")]).version).toBe("18.0.0");
  });
});

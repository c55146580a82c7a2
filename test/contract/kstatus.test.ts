import { describe, expect, it } from "vitest";
import { kstatusVerdicts } from "../programs/kstatus-program.ts";
import { kstatusOf } from "../support/kstatus.ts";
import { type MomentName, recordedStates } from "../support/onboarding-states.ts";

const progress = (line: string): void => {
  process.stderr.write(`  ${line}\n`);
};

/** What Flux, and Helm with --wait, make of an object. */
const judged: Readonly<Record<MomentName, string>> = {
  "tenant: created, and not yet looked at": "InProgress",
  "tenant: isolated, modules are being made": "InProgress",
  "tenant: its region does not exist": "InProgress",
  "tenant: a server is away": "InProgress",
  "tenant: ready": "Current",
  "tenant: its wish changed after it was ready": "InProgress",
  "tenant: wants a name that another holds": "Failed",
  "tenant: deleted while protected": "Terminating",
  "tenant: deleted as confirmed": "Terminating",
  "region: ready": "Current",
  "module: ready": "Current",
  "module: paused": "InProgress",
};

describe("kstatus, the library that Flux and Helm wait with", () => {
  it("waits for an object while the operator works at it, and no longer; gives up where a person has to act", async () => {
    const states = Object.entries(recordedStates());
    const verdicts = await kstatusVerdicts(
      states.map(([, state]) => state),
      progress,
    );
    expect(Object.fromEntries(states.map(([moment], index) => [moment, verdicts[index]?.status]))).toEqual(judged);
  });

  it("says in the operator's own words what it waits for, and why it gives up", async () => {
    const states = recordedStates();
    const objects = [
      states["tenant: isolated, modules are being made"],
      states["tenant: wants a name that another holds"],
    ];
    const [working, stalled] = await kstatusVerdicts(objects, progress);
    expect(working?.message).toBe("Module PostgreSQL is being made.");
    expect(stalled?.message).toContain("choose a domain outside of it");
  });

  it("takes an object without any status for finished: therefore ours have one from their first second", async () => {
    const { status: _status, ...bare } = recordedStates()["tenant: created, and not yet looked at"];
    expect((await kstatusVerdicts([bare], progress))[0]?.status).toBe("Current");
  });

  it.each(Object.entries(judged))("is what the other suites take it for: %s is %s", (moment, status) => {
    expect(kstatusOf(recordedStates()[moment as MomentName])).toBe(status);
  });
});

import { describe, expect, it } from "vitest";
import { apiVersion } from "../../crds/group.ts";
import type { Manifest } from "../../constructs/manifest.ts";
import type { ApplyOptions, KubeApi } from "../kube/kube-api.ts";
import { runApprove } from "./exception.ts";
import { Terminal } from "./terminal.ts";

const now = Date.parse("2026-11-01T00:00:00Z");
const asked = {
  check: "10-20",
  target: { module: "Nextcloud", kind: "Deployment" },
  justification: "The image reads the password of its cache from the environment only.",
  compensatingMeasures: ["The password is replaced every month"],
  risk: "Low",
  requestedBy: "camille",
  expiresAt: "2027-01-01T00:00:00Z",
};

/** An API server that knows one exception and who asks, and notes what is applied. */
async function approve(spec: object | undefined, user = "sam") {
  const applied: { manifest: Manifest; options: ApplyOptions }[] = [];
  const known = { apiVersion, kind: "PolicyException", metadata: { name: "one", namespace: "t-meteo" }, spec };
  const kube = {
    get: () => Promise.resolve(spec === undefined ? undefined : known),
    create: () => Promise.resolve({ status: { userInfo: { username: user } } }),
    apply: (manifest: Manifest, options: ApplyOptions) => {
      applied.push({ manifest, options });
      return Promise.resolve(known);
    },
  } as unknown as KubeApi;
  let text = "";
  const sink = { write: (part: string) => (text += part) };
  const terminal = new Terminal({ output: "text", color: false, environment: {}, sink });
  const told = await runApprove("one", { namespace: "t-meteo" }, { kube, terminal, now }).then(
    (code) => ({ code }),
    (error: unknown) => ({ problem: (error as Error).message }),
  );
  return { ...told, text, applied };
}

describe("socle exception approve", () => {
  it("sets the approval alone, as the person who runs it and under a manager of its own", async () => {
    const { applied, ...rest } = await approve(asked);
    expect(rest).toMatchObject({ code: 0 });
    expect(applied).toEqual([
      {
        manifest: {
          apiVersion,
          kind: "PolicyException",
          metadata: { name: "one", namespace: "t-meteo" },
          spec: { approvedBy: "sam" },
        },
        options: { fieldManager: "socle-approval" },
      },
    ]);
  });

  it("shows what the person answers for", async () => {
    const { text } = await approve(asked);
    expect(text).toContain("check 10-20 of Nextcloud (Deployment, every name), until 2027-01-01T00:00:00Z");
    expect(text).toContain("meanwhile The password is replaced every month");
  });

  it.each([
    { that: "one that does not exist", spec: undefined, says: /does not exist; kubectl get policyexceptions/ },
    { that: "one's own", spec: { ...asked, requestedBy: "sam" }, says: /sam asked for it.*somebody else/ },
    {
      that: "one that has ended",
      spec: { ...asked, expiresAt: "2026-10-01T00:00:00Z" },
      says: /ended.*file a new one/,
    },
    { that: "a check that cannot be excused", spec: { ...asked, check: "19-06" }, says: /19-06 cannot be excused/ },
    { that: "a check that there is not", spec: { ...asked, check: "99-99" }, says: /99-99 is no check/ },
  ])("refuses $that with a sentence, and changes nothing", async ({ spec, says }) => {
    const { problem, applied } = (await approve(spec)) as { problem?: string; applied: readonly unknown[] };
    expect(problem).toMatch(says);
    expect(applied).toEqual([]);
  });

  it("changes nothing where it was approved, and says by whom", async () => {
    expect(await approve({ ...asked, approvedBy: "sam" })).toMatchObject({ code: 0, applied: [] });
    const other = await approve({ ...asked, approvedBy: "paula" });
    expect(other).toMatchObject({ code: 3, applied: [] });
    expect(other.text).toContain("was approved by paula");
  });
});

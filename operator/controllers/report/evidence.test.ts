import { describe, expect, it } from "vitest";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import { EvidenceKeeper } from "../../policy/evidence/keeper.ts";
import type { EvidenceSink } from "../../policy/evidence/sink.ts";
import type { Result } from "../../policy/result.ts";
import { ConflictError, TransientError } from "../../runtime/errors.ts";
import type { Logger, ReconcileContext } from "../../runtime/reconciler.ts";
import { Evidence } from "./evidence.ts";

const log: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => log,
};
const region = { metadata: { name: "paris" } } as SovereignRegion;
const object = { apiVersion: "v1", kind: "Namespace", name: "t-minagri" };
const results: readonly Result[] = [
  { check: "7-26", version: 1, result: "pass", object, problems: [], digest: "0".repeat(64) },
];

/** What is told of the keeping when the store ends like this. */
async function told(note: () => Promise<void>, where: SovereignRegion | undefined): Promise<unknown[]> {
  const said: unknown[] = [];
  const stop = new AbortController();
  const context: ReconcileContext = { log, signal: stop.signal };
  const sink: EvidenceSink = { head: () => Promise.resolve(undefined), note, checkpoint: () => Promise.resolve() };
  const evidence = new Evidence({
    kube: { get: () => Promise.resolve(undefined) },
    keeper: new EvidenceKeeper({ catalogue: "1", redact: (text) => text }),
    sinkOf: () => sink,
    onKept: (name, kept) => said.push([name, kept]),
  });
  const look = { scope: "t-minagri", region: where, results, before: [], now: "2026-06-15T08:00:00Z" };
  await evidence.keep(look, context).catch((error: unknown) => said.push((error as Error).name));
  return said;
}

describe("Evidence", () => {
  it("tells of the region whether its evidence could be kept", async () => {
    expect(await told(() => Promise.resolve(), region)).toEqual([["paris", true]]);
    const refused = new TransientError("DependencyUnavailable", "The store refuses.");
    expect(await told(() => Promise.reject(refused), region)).toEqual([["paris", false], "TransientError"]);
  });

  it("calls it no failure that another operator was faster, and tells nothing of a region that is not there", async () => {
    expect(await told(() => Promise.reject(new ConflictError("Another was faster.")), region)).toEqual([
      "ConflictError",
    ]);
    expect(await told(() => Promise.resolve(), undefined)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import { InMemoryObjectStore } from "../../test/support/in-memory-object-store-api.ts";
import { statementOf } from "../../test/support/statements.ts";
import type { Result } from "../policy/result.ts";
import { EvidenceKeeper } from "../policy/evidence/keeper.ts";
import type { Head } from "../policy/evidence/record.ts";
import type { EvidenceSink } from "../policy/evidence/sink.ts";
import { verifyEvidence } from "../policy/evidence/verify.ts";
import type { Logger } from "../runtime/reconciler.ts";
import { Redactor } from "../telemetry/logger.ts";
import { bucketEvidence, evidenceBucket } from "./bucket-evidence.ts";
import { evidenceSink, keepEvidence } from "./evidence.ts";
import { logEvidence } from "./log-evidence.ts";

const scope = "t-meteo";
const [monday, tuesday] = ["2026-06-15T12:00:00.000Z", "2026-06-16T12:00:00.000Z"];
const signal = new AbortController().signal;
const statement = (name: string, result: Result["result"] = "pass"): Result => statementOf(name, { result });

/** An operator from its start to its end, over a store and a log that outlive it. */
class Operator {
  readonly #keeper = new EvidenceKeeper({ catalogue: "0.1.0 abc", redact: (text) => text });
  readonly #sink: EvidenceSink;

  constructor(sink: EvidenceSink) {
    this.#sink = sink;
  }

  async look(statements: readonly Result[], now = monday): Promise<Head | undefined> {
    return await keepEvidence({ scope, statements, reports: [], now }, { keeper: this.#keeper, sink: this.#sink });
  }
}

/** Lines as the operator's log has them, after what hides secrets in it. */
function logOf(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const redactor = new Redactor();
  const write = (fields: Readonly<Record<string, unknown>>, msg: string): void =>
    void lines.push(`${JSON.stringify({ ...(redactor.clean(fields) as object), msg })}\n`);
  const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log };
  return { log, lines };
}

function bucketWorld() {
  const store = new InMemoryObjectStore();
  const { log, lines } = logOf();
  const desired = evidenceBucket("paris", "here");
  const sink = bucketEvidence({ desired, server: "s3.test", api: store.connect() }, { log, signal });
  const texts = (): Map<string, string> => store.buckets.get(desired.bucket)?.texts ?? new Map<string, string>();
  const verdict = (head?: Head) =>
    verifyEvidence(
      [...texts()].sort().map(([name, text]) => ({ name, bytes: Buffer.from(text) })),
      { log: false, head },
    );
  return { store, sink, lines, texts, verdict, bucket: () => store.buckets.get(desired.bucket)! };
}

describe("evidence in a bucket", () => {
  it("lies there in one object for each look that changed something, with a checkpoint of each day", async () => {
    const { sink, texts, verdict, bucket } = bucketWorld();
    const operator = new Operator(sink);
    await operator.look([statement("a"), statement("b")]);
    await operator.look([statement("a"), statement("b")]);
    const head = await operator.look([statement("a", "fail"), statement("b")], tuesday);
    expect([...texts().keys()].sort()).toEqual([
      "t-meteo/2026-06-15/000000000001.jsonl",
      "t-meteo/2026-06-16/000000000003.jsonl",
      "t-meteo/checkpoints/2026-06-15.jsonl",
      "t-meteo/checkpoints/2026-06-16.jsonl",
    ]);
    expect(verdict(head)).toMatchObject({ kind: "whole", chains: [{ count: 3 }], uncompared: 0 });
    expect(bucket()).toMatchObject({ versioned: true });
  });

  it("goes on after a restart, from what the store holds", async () => {
    const { sink, verdict } = bucketWorld();
    await new Operator(sink).look([statement("a")]);
    const head = await new Operator(sink).look([statement("a", "fail")], tuesday);
    expect(verdict(head)).toMatchObject({ kind: "whole", chains: [{ count: 2, last: { result: "fail" } }] });
  });

  it("is written when the store answers again, with what changed meanwhile", async () => {
    const { store, sink, verdict } = bucketWorld();
    const operator = new Operator(sink);
    await operator.look([statement("a")]);
    store.running = false;
    await expect(operator.look([statement("a", "fail")])).rejects.toMatchObject({ reason: "DependencyUnavailable" });
    store.running = true;
    const head = await operator.look([statement("a")]);
    expect(verdict(head)).toMatchObject({ kind: "whole", chains: [{ count: 3 }] });
  });

  it("is written once where the answer to the first request was lost, and what came since is added", async () => {
    const { sink, texts, verdict } = bucketWorld();
    const operator = new Operator({
      ...sink,
      note: async (...asked) => {
        await sink.note(...asked);
        if (texts().size === 1) throw new Error("the answer was lost");
      },
    });
    await expect(operator.look([statement("a")])).rejects.toThrow("lost");
    const head = await operator.look([statement("a"), statement("b")]);
    expect(verdict(head)).toMatchObject({ kind: "whole", chains: [{ count: 2 }] });
    expect([...texts().keys()]).toContain("t-meteo/2026-06-15/000000000002.jsonl");
  });

  it("is one chain where two operators believe that they lead: the slower one reads again", async () => {
    const { sink, verdict } = bucketWorld();
    const [one, other] = [new Operator(sink), new Operator(sink)];
    await one.look([statement("a")]);
    await other.look([statement("a")]);
    await expect(one.look([statement("a", "error")])).rejects.toMatchObject({ reason: "Conflict" });
    const head = await one.look([statement("a", "error")]);
    expect(verdict(head)).toMatchObject({ kind: "whole", chains: [{ count: 3, last: { result: "error" } }] });
  });

  it("has versions again where somebody switched them off", async () => {
    const { sink, bucket } = bucketWorld();
    const operator = new Operator(sink);
    await operator.look([statement("a")]);
    bucket().versioned = false;
    await operator.look([statement("b")]);
    expect(bucket().versioned).toBe(true);
  });

  it("is not written where the store keeps no versions, and waits instead", async () => {
    const { store, sink, texts } = bucketWorld();
    store.hasVersioning = false;
    await expect(new Operator(sink).look([statement("a")])).rejects.toMatchObject({ reason: "DependencyUnavailable" });
    expect(texts().size).toBe(0);
  });

  it("leaves a checkpoint in the log too, where whoever keeps the bucket cannot change it", async () => {
    const { sink, lines, texts } = bucketWorld();
    await new Operator(sink).look([statement("a")]);
    const logged = { name: "log", bytes: Buffer.from(lines.join("")) };
    expect(lines).toHaveLength(1);
    const stored = [...texts()].map(([name, text]) => ({ name, bytes: Buffer.from(text.replace("pass", "fail")) }));
    expect(verifyEvidence([logged], { log: true })).toMatchObject({ kind: "whole", uncompared: 1 });
    expect(verifyEvidence(stored, { log: false })).toMatchObject({ kind: "broken" });
  });
});

describe("the bucket of a region", () => {
  it("has a name that every store takes, which no other region has", () => {
    const regions = ["paris", "a".repeat(60), `${"a".repeat(59)}b`, "with.dots", "with-dots"];
    const buckets = regions.map((region) => evidenceBucket(region, "here").bucket);
    expect(new Set(buckets).size).toBe(regions.length);
    for (const bucket of buckets) expect(bucket).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
    expect(buckets[0]).toBe("socle-evidence-paris");
  });
});

describe("a region", () => {
  const sinkOf = (region: SovereignRegion | undefined, store: InMemoryObjectStore) =>
    evidenceSink(region, {
      systems: { objectStore: () => store.connect() },
      installation: "here",
      log: logOf().log,
      signal,
    });
  const region = (storage: object) =>
    ({ metadata: { name: "paris" }, spec: { storage } }) as unknown as SovereignRegion;

  it("keeps evidence in its object store where it has one, and in the log where it has none", async () => {
    const store = new InMemoryObjectStore();
    await new Operator(sinkOf(region({ className: "fast" }), store)).look([statement("a")]);
    await new Operator(sinkOf(undefined, store)).look([statement("a")]);
    expect(store.buckets.size).toBe(0);
    await new Operator(sinkOf(region({ objectStore: { url: "https://s3.test" } }), store)).look([statement("a")]);
    expect([...store.buckets.keys()]).toEqual(["socle-evidence-paris"]);
  });
});

describe("evidence in the log", () => {
  it("can be verified from its lines, however many there are", async () => {
    const { log, lines } = logOf();
    const many = Array.from({ length: 450 }, (_, index) => statement(`s${index}`));
    const head = await new Operator(logEvidence(log)).look(many);
    const bytes = Buffer.from(lines.join(""));
    expect(verifyEvidence([{ name: "log", bytes }], { log: true, head })).toMatchObject({
      kind: "whole",
      chains: [{ count: 450 }],
      uncompared: 0,
    });
  });
});

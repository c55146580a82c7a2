import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ControllerMetrics, Reconciled } from "../runtime/controller.ts";
import { type MetricDefinition, metricDefinitions } from "./metric-definitions.ts";

/** Gauges that are read when they are asked for, from what the operator holds then: what is gone has no series. */
export const readMetrics = [
  "queueAge",
  "leader",
  "watchHeard",
  "condition",
  "exceptionEnds",
  "certificateEnds",
  "reportKinds",
  "evidenceStore",
  "evidenceKept",
  "build",
  "memoryLimit",
] as const;

/** One series of such a gauge. */
export interface Reading {
  readonly metric: (typeof readMetrics)[number];
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Objects by the thousand cost tens of milliseconds to tell, so whoever asks more often is told what was read last. */
const readAtMostEveryMs = 1_000;

/** The operator's metrics, and those of its process. */
export class Metrics implements ControllerMetrics {
  readonly #registry = new Registry();
  readonly #readRegistry = new Registry();
  readonly #reconciles = new Counter(this.#settings(metricDefinitions.reconciles));
  readonly #seconds = new Histogram({
    ...this.#settings(metricDefinitions.seconds),
    buckets: [...(metricDefinitions.seconds.buckets ?? [])],
  });
  readonly #unsuccessful = new Counter(this.#settings(metricDefinitions.unsuccessful));
  readonly #depth = new Gauge(this.#settings(metricDefinitions.depth));
  readonly #requests = new Counter(this.#settings(metricDefinitions.requests));
  readonly #events = new Counter(this.#settings(metricDefinitions.events));
  readonly #gauges = new Map(
    readMetrics.map(
      (metric) => [metric, new Gauge(this.#settings<string>(metricDefinitions[metric], this.#readRegistry))] as const,
    ),
  );
  #readings: () => readonly Reading[] = () => [];
  #told: { readonly text: Promise<string>; readonly until: number } | undefined;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  reconciled({ controller, result, seconds, reason }: Reconciled): void {
    this.#reconciles.inc(bounded(metricDefinitions.reconciles, { controller, result }));
    this.#seconds.observe(bounded(metricDefinitions.seconds, { controller }), seconds);
    if (reason !== undefined) this.#unsuccessful.inc(bounded(metricDefinitions.unsuccessful, { controller, reason }));
  }

  depth(controller: string, keys: number): void {
    this.#depth.set(bounded(metricDefinitions.depth, { name: controller }), keys);
  }

  request(method: string, status: number): void {
    this.#requests.inc(bounded(metricDefinitions.requests, { method, code: String(status) }));
  }

  event(kind: string, reason: string): void {
    this.#events.inc(bounded(metricDefinitions.events, { kind, reason }));
  }

  /** From now on these are told too, asked for whenever somebody reads. */
  readFrom(readings: () => readonly Reading[]): void {
    this.#readings = readings;
    this.#told = undefined;
  }

  /** The text that Prometheus reads. */
  async text(): Promise<string> {
    const now = performance.now();
    if (this.#told === undefined || this.#told.until <= now)
      this.#told = { text: this.#readText(), until: now + readAtMostEveryMs };
    return (await this.#registry.metrics()) + (await this.#told.text);
  }

  async #readText(): Promise<string> {
    for (const gauge of this.#gauges.values()) {
      gauge.reset();
      // One without labels would be told as 0: a limit of nothing is always near.
      gauge.remove({});
    }
    for (const { metric, labels, value } of this.#readings())
      this.#gauges.get(metric)?.set(bounded<string>(metricDefinitions[metric], labels), value);
    return await this.#readRegistry.metrics();
  }

  #settings<Label extends string>(
    { name, help, labels }: MetricDefinition<Label>,
    registry: Registry = this.#registry,
  ): {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly Label[];
    readonly registers: Registry[];
  } {
    return { name, help, labelNames: Object.keys(labels) as Label[], registers: [registry] };
  }
}

/** A value that its closed list does not have is told as `other`: no text of somebody else makes a series. */
function bounded<Label extends string>(
  { labels }: MetricDefinition<Label>,
  values: Readonly<Record<Label, string>>,
): Record<Label, string> {
  const entries = Object.entries<string>(values).map(([label, value]) => {
    const bound = labels[label as Label];
    return [label, "oneOf" in bound && !bound.oneOf.includes(value) ? "other" : value];
  });
  return Object.fromEntries(entries) as Record<Label, string>;
}

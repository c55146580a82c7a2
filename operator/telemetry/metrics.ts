import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ControllerMetrics } from "../runtime/controller.ts";

/** One metric of the operator; docs/reference/metrics.md is made of these. */
export interface MetricDefinition<Label extends string> {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labelNames: readonly Label[];
  /** Upper bounds, of a histogram. */
  readonly buckets?: readonly number[];
}

const defined = <Label extends string>(definition: MetricDefinition<Label>): MetricDefinition<Label> => definition;

/** Every metric of ours, under the names that dashboards for controllers know. Labels are bounded: no tenant, no object. */
export const metricDefinitions = {
  reconciles: defined({
    name: "controller_runtime_reconcile_total",
    type: "counter",
    help: "Reconciles by controller and result",
    labelNames: ["controller", "result"],
  }),
  seconds: defined({
    name: "controller_runtime_reconcile_time_seconds",
    type: "histogram",
    help: "Duration of a reconcile",
    labelNames: ["controller"],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60],
  }),
  depth: defined({
    name: "workqueue_depth",
    type: "gauge",
    help: "Keys that wait for a worker",
    labelNames: ["name"],
  }),
  requests: defined({
    name: "rest_client_requests_total",
    type: "counter",
    help: "Requests to the API server",
    labelNames: ["method", "code"],
  }),
  leader: defined({
    name: "leader_election_master_status",
    type: "gauge",
    help: "1 while this process is the active operator",
    labelNames: ["name"],
  }),
} as const;

/** The operator's metrics, and those of its process. */
export class Metrics implements ControllerMetrics {
  readonly #registry = new Registry();
  readonly #reconciles = new Counter(this.#settings(metricDefinitions.reconciles));
  readonly #seconds = new Histogram({
    ...this.#settings(metricDefinitions.seconds),
    buckets: [...(metricDefinitions.seconds.buckets ?? [])],
  });
  readonly #depth = new Gauge(this.#settings(metricDefinitions.depth));
  readonly #requests = new Counter(this.#settings(metricDefinitions.requests));
  readonly #leader = new Gauge(this.#settings(metricDefinitions.leader));

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  reconciled(controller: string, result: string, seconds: number): void {
    this.#reconciles.inc({ controller, result });
    this.#seconds.observe({ controller }, seconds);
  }

  depth(controller: string, keys: number): void {
    this.#depth.set({ name: controller }, keys);
  }

  request(method: string, status: number): void {
    this.#requests.inc({ method, code: String(status) });
  }

  leading(is: boolean): void {
    this.#leader.set({ name: "socle" }, is ? 1 : 0);
  }

  /** The text that Prometheus reads. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  #settings<Label extends string>({
    name,
    help,
    labelNames,
  }: MetricDefinition<Label>): {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly Label[];
    readonly registers: Registry[];
  } {
    return { name, help, labelNames, registers: [this.#registry] };
  }
}

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ControllerMetrics } from "../runtime/controller.ts";

/** The operator's metrics, under the names that dashboards for controllers know. Labels are bounded: no tenant, no object. */
export class Metrics implements ControllerMetrics {
  readonly #registry = new Registry();
  readonly #reconciles = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Reconciles by controller and result",
    labelNames: ["controller", "result"],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "Duration of a reconcile",
    labelNames: ["controller"],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60],
    registers: [this.#registry],
  });
  readonly #depth = new Gauge({
    name: "workqueue_depth",
    help: "Keys that wait for a worker",
    labelNames: ["name"],
    registers: [this.#registry],
  });
  readonly #requests = new Counter({
    name: "rest_client_requests_total",
    help: "Requests to the API server",
    labelNames: ["method", "code"],
    registers: [this.#registry],
  });
  readonly #leader = new Gauge({
    name: "leader_election_master_status",
    help: "1 while this process is the active operator",
    labelNames: ["name"],
    registers: [this.#registry],
  });

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
}

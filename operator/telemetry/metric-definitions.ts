import { conditionTypes, reasons } from "../../crds/v1alpha1/conditions.ts";

/** What keeps the values of a label few: a closed list, or what there is one value for, which goes when that goes. */
export type LabelBound = { readonly oneOf: readonly string[] } | { readonly each: string };

/** One metric of the operator; docs/reference/metrics.md is made of these. */
export interface MetricDefinition<Label extends string = string> {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: Readonly<Record<Label, LabelBound>>;
  /** Upper bounds, of a histogram. */
  readonly buckets?: readonly number[];
}

const defined = <Label extends string>(definition: MetricDefinition<Label>): MetricDefinition<Label> => definition;

/** The controllers of the operator, as metrics and logs name them. */
const controllerNames = [
  "region",
  "tenant",
  "module",
  "identity-provider",
  "policy-exception",
  "name-claim",
  "tenant-report",
  "region-report",
] as const;
export type ControllerName = (typeof controllerNames)[number];

const controller: LabelBound = { oneOf: controllerNames };
const region: LabelBound = { each: "SovereignRegion" };
const tenant: LabelBound = { each: "Tenant; empty where the object belongs to a region" };

/**
 * Every metric of ours, those of controllers under the names that dashboards for controllers know. No label is called as those that Prometheus adds to what
 * it scrapes (namespace, pod, service, job, instance): it would rename ours.
 */
export const metricDefinitions = {
  reconciles: defined({
    name: "controller_runtime_reconcile_total",
    type: "counter",
    help: "Reconciles by controller and result: `waiting` for something else, `stale` view, `stopped` until a person acts, `error` = tried again as a failure",
    labels: {
      controller,
      result: { oneOf: ["success", "requeue_after", "waiting", "stale", "stopped", "error"] },
    },
  }),
  seconds: defined({
    name: "controller_runtime_reconcile_time_seconds",
    type: "histogram",
    help: "Duration of a reconcile",
    labels: { controller },
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60],
  }),
  unsuccessful: defined({
    name: "socle_reconcile_unsuccessful_total",
    type: "counter",
    help: "Reconciles that did not succeed, by reason as conditions have it; a view that was stale is `Conflict` or `Expired`",
    labels: {
      controller,
      reason: { oneOf: [...Object.keys(reasons), "Conflict", "Expired"] },
    },
  }),
  depth: defined({
    name: "workqueue_depth",
    type: "gauge",
    help: "Keys that wait for a worker",
    labels: { name: controller },
  }),
  queueAge: defined({
    name: "workqueue_oldest_key_age_seconds",
    type: "gauge",
    help: "How long the key that waits longest has waited for a worker; 0 where none waits",
    labels: { name: controller },
  }),
  requests: defined({
    name: "rest_client_requests_total",
    type: "counter",
    help: "Requests to the API server; code 0 = nobody answered",
    labels: {
      method: { oneOf: ["GET", "POST", "PUT", "PATCH", "DELETE", "WATCH"] },
      code: { each: "status code of HTTP that was answered" },
    },
  }),
  leader: defined({
    name: "leader_election_master_status",
    type: "gauge",
    help: "1 while this process is the active operator",
    labels: { name: { oneOf: ["socle"] } },
  }),
  watchHeard: defined({
    name: "socle_watch_last_heard_timestamp_seconds",
    type: "gauge",
    help: "When the API server last told something of a kind that is watched: a list, an event, a bookmark, the end of a watch",
    labels: { kind: { each: "kind that the operator watches and the cluster has" } },
  }),
  condition: defined({
    name: "socle_condition",
    type: "gauge",
    help: "1 = True, 0 = False, -1 = Unknown. `Ready` of each object, and each other condition once it was looked at and while it is not True; none of what is being deleted",
    labels: {
      kind: { oneOf: Object.keys(conditionTypes) },
      tenant,
      name: { each: "object of the kind" },
      type: {
        oneOf: [
          ...new Set([
            "Ready",
            ...Object.values(conditionTypes).flatMap(({ feeding, shown }) => [...feeding, ...shown]),
          ]),
        ],
      },
    },
  }),
  exceptionEnds: defined({
    name: "socle_exception_expiry_timestamp_seconds",
    type: "gauge",
    help: "When a PolicyException that is in force ends",
    labels: { tenant, name: { each: "PolicyException in force" } },
  }),
  certificateEnds: defined({
    name: "socle_certificate_expiry_timestamp_seconds",
    type: "gauge",
    help: "When a certificate that the operator hands out ends: that of a region's public hosts, and that of its managed Keycloak",
    labels: { region, use: { oneOf: ["public", "identity"] } },
  }),
  reportKinds: defined({
    name: "socle_report_kinds",
    type: "gauge",
    help: "1 where the cluster has the kinds of reports (OpenReports), 0 where what the checks say is written nowhere",
    labels: {},
  }),
  evidenceStore: defined({
    name: "socle_evidence_store",
    type: "gauge",
    help: "1 where the region names an object store for evidence, 0 where evidence goes to the log alone",
    labels: { region },
  }),
  evidenceKept: defined({
    name: "socle_evidence_kept",
    type: "gauge",
    help: "1 after evidence of the region was kept, 0 after it could not be; absent before the first time",
    labels: { region },
  }),
  events: defined({
    name: "socle_events_total",
    type: "counter",
    help: "Events that were told, repetitions included; reason `DriftCorrected` = somebody else's change was put back",
    labels: {
      kind: { oneOf: Object.keys(conditionTypes) },
      reason: { oneOf: [...Object.keys(reasons), "ExceptionExpiring"] },
    },
  }),
  build: defined({
    name: "socle_build_info",
    type: "gauge",
    help: "1, with the version of the program",
    labels: { version: { each: "process" } },
  }),
  memoryLimit: defined({
    name: "socle_memory_limit_bytes",
    type: "gauge",
    help: "Memory that the process may take; absent where nothing limits it",
    labels: {},
  }),
} as const;

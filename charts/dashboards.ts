/** One panel: a number of now, a table of now, or lines over time. */
interface Panel {
  readonly title: string;
  readonly as: "stat" | "table" | "timeseries";
  readonly expr: string;
  /** Of a line; labels in double braces. */
  readonly legend?: string;
  readonly unit?: string;
}

interface Dashboard {
  readonly name: string;
  readonly title: string;
  /** Expression whose label gives the values to choose from. */
  readonly choice?: { readonly label: string; readonly metric: string };
  readonly panels: readonly Panel[];
}

/** Names that other operators have too are taken of our processes alone. */
const ours = "and on (job, instance) socle_build_info";
const rate = (metric: string): string => `(rate(${metric}[5m]) ${ours})`;
const ready = (kind: string): string => `max by (tenant, name) (socle_condition{kind="${kind}",type="Ready"})`;

const fleet: Dashboard = {
  name: "fleet",
  title: "Socle: tenants and regions",
  panels: [
    { title: "Tenants that are Ready", as: "stat", expr: `count(${ready("Tenant")} == 1) or vector(0)` },
    { title: "Tenants that are not", as: "stat", expr: `count(${ready("Tenant")} != 1) or vector(0)` },
    { title: "Modules that are not", as: "stat", expr: `count(${ready("ModuleDeployment")} != 1) or vector(0)` },
    { title: "Regions that are not", as: "stat", expr: `count(${ready("SovereignRegion")} != 1) or vector(0)` },
    { title: "What is not True", as: "table", expr: "max by (kind, tenant, name, type) (socle_condition) != 1" },
    {
      title: "Exceptions that end",
      as: "table",
      expr: "sort(max by (tenant, name) (socle_exception_expiry_timestamp_seconds) - time())",
      unit: "s",
    },
    {
      title: "Certificates that end",
      as: "table",
      expr: "sort(min by (region, use) (socle_certificate_expiry_timestamp_seconds) - time())",
      unit: "s",
    },
    { title: "Evidence that is kept", as: "table", expr: "min by (region) (socle_evidence_kept)" },
    { title: "Regions with a store for evidence", as: "table", expr: "max by (region) (socle_evidence_store)" },
    { title: "Kinds of reports are there", as: "stat", expr: "max(socle_report_kinds)" },
  ],
};

const tenant: Dashboard = {
  name: "tenant",
  title: "Socle: one tenant",
  choice: { label: "tenant", metric: 'socle_condition{kind="Tenant"}' },
  panels: [
    { title: "Ready", as: "stat", expr: 'max(socle_condition{kind="Tenant",type="Ready",tenant="$tenant"})' },
    {
      title: "What is not True",
      as: "table",
      expr: 'max by (kind, name, type) (socle_condition{tenant="$tenant"}) != 1',
    },
    {
      title: "Modules over time (1 = Ready)",
      as: "timeseries",
      expr: 'max by (name) (socle_condition{kind="ModuleDeployment",type="Ready",tenant="$tenant"})',
      legend: "{{name}}",
    },
    {
      title: "Exceptions that end",
      as: "table",
      expr: 'max by (name) (socle_exception_expiry_timestamp_seconds{tenant="$tenant"}) - time()',
      unit: "s",
    },
  ],
};

const controllers: Dashboard = {
  name: "controllers",
  title: "Socle: the operator",
  panels: [
    { title: "Active operators", as: "stat", expr: 'sum(leader_election_master_status{name="socle"})' },
    {
      title: "Reconciles a second",
      as: "timeseries",
      expr: `sum by (controller) ${rate("controller_runtime_reconcile_total")}`,
      legend: "{{controller}}",
    },
    {
      title: "Failed, waiting or stopped, a second",
      as: "timeseries",
      expr: "sum by (controller, reason) (rate(socle_reconcile_unsuccessful_total[5m]))",
      legend: "{{controller}} {{reason}}",
    },
    {
      title: "Duration (95 %)",
      as: "timeseries",
      expr: `histogram_quantile(0.95, sum by (controller, le) ${rate("controller_runtime_reconcile_time_seconds_bucket")})`,
      legend: "{{controller}}",
      unit: "s",
    },
    {
      title: "Keys that wait",
      as: "timeseries",
      expr: `sum by (name) (workqueue_depth ${ours})`,
      legend: "{{name}}",
    },
    {
      title: "Longest wait",
      as: "timeseries",
      expr: "max by (name) (workqueue_oldest_key_age_seconds)",
      legend: "{{name}}",
      unit: "s",
    },
    {
      title: "Requests to the API server a second",
      as: "timeseries",
      expr: `sum by (method, code) ${rate("rest_client_requests_total")}`,
      legend: "{{method}} {{code}}",
    },
    {
      title: "Silence of watches",
      as: "timeseries",
      expr: "time() - min by (kind) (socle_watch_last_heard_timestamp_seconds)",
      legend: "{{kind}}",
      unit: "s",
    },
    {
      title: "Differences put back in an hour",
      as: "timeseries",
      expr: 'sum by (kind) (increase(socle_events_total{reason="DriftCorrected"}[1h]))',
      legend: "{{kind}}",
    },
    {
      title: "Delay of the event loop (99 %)",
      as: "timeseries",
      expr: `max by (instance) (nodejs_eventloop_lag_p99_seconds ${ours})`,
      legend: "{{instance}}",
      unit: "s",
    },
    {
      title: "Memory",
      as: "timeseries",
      expr: `max by (instance) (process_resident_memory_bytes ${ours})`,
      legend: "{{instance}}",
      unit: "bytes",
    },
    {
      title: "Limit of memory",
      as: "timeseries",
      expr: "max by (instance) (socle_memory_limit_bytes)",
      legend: "{{instance}}",
      unit: "bytes",
    },
  ],
};

/** Dashboards of Grafana, by file name from the root of the repository. Pure. */
export function generatedDashboards(): Map<string, string> {
  return new Map(
    [fleet, tenant, controllers].map((one) => [
      `charts/socle/files/dashboards/${one.name}.json`,
      `${JSON.stringify(grafanaOf(one), null, 2)}\n`,
    ]),
  );
}

const source = { type: "prometheus", uid: "${datasource}" };

function grafanaOf({ name, title, choice, panels }: Dashboard): unknown {
  return {
    uid: `socle-${name}`,
    title,
    tags: ["socle"],
    schemaVersion: 39,
    editable: false,
    refresh: "1m",
    time: { from: "now-6h", to: "now" },
    templating: {
      list: [
        { name: "datasource", type: "datasource", query: "prometheus", label: "Prometheus" },
        ...(choice === undefined ? [] : [choiceOf(choice)]),
      ],
    },
    panels: panels.map(panelOf),
  };
}

function choiceOf({ label, metric }: NonNullable<Dashboard["choice"]>): unknown {
  return {
    name: label,
    type: "query",
    datasource: source,
    query: `label_values(${metric}, ${label})`,
    refresh: 2,
    sort: 1,
  };
}

/** Two panels beside each other. */
function panelOf({ title, as, expr, legend, unit }: Panel, index: number): unknown {
  const size = { w: 12, h: 8 };
  return {
    id: index + 1,
    title,
    type: as,
    datasource: source,
    gridPos: { ...size, x: (index % 2) * size.w, y: Math.floor(index / 2) * size.h },
    fieldConfig: { defaults: unit === undefined ? {} : { unit }, overrides: [] },
    targets: [
      {
        refId: "A",
        datasource: source,
        expr,
        ...(legend === undefined ? {} : { legendFormat: legend }),
        ...(as === "timeseries" ? { range: true } : { instant: true, format: "table" }),
      },
    ],
  };
}

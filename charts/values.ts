import { z } from "zod";
import { configSchema } from "../operator/config.ts";

const labels = z.record(z.string(), z.string());
/** Parts of a pod that Kubernetes itself defines and checks; the chart passes them on. */
const passedOn = z.record(z.string(), z.unknown());
const { shape: config } = configSchema;
const seconds = (
  variable: "SOCLE_PROBE_INTERVAL_SECONDS" | "SOCLE_EXTERNAL_INTERVAL_SECONDS" | "SOCLE_CLAIM_GRACE_SECONDS",
) => {
  const { minimum, maximum, default: usual } = z.toJSONSchema(config[variable]);
  return z
    .int()
    .min(minimum ?? 0)
    .max(maximum ?? 604_800)
    .default(Number(usual))
    .describe(config[variable].description ?? "");
};

const image = z.strictObject({
  repository: z.string().min(1).default("socle").describe("Where the operator's image lies, with its registry."),
  tag: z.string().default("").describe("Empty: the version of the chart."),
  digest: z
    .string()
    .regex(/^(sha256:[0-9a-f]{64})?$/)
    .default("")
    .describe("sha256:…; where it is set, the tag says nothing."),
  pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent").describe("As Kubernetes defines it."),
});

const configuration = z.strictObject({
  logLevel: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe(config.SOCLE_LOG_LEVEL.description ?? ""),
  probeIntervalSeconds: seconds("SOCLE_PROBE_INTERVAL_SECONDS"),
  externalIntervalSeconds: seconds("SOCLE_EXTERNAL_INTERVAL_SECONDS"),
  claimGraceSeconds: seconds("SOCLE_CLAIM_GRACE_SECONDS"),
});

const networkPolicy = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      "Whether only those below may reach the operator. It reaches out to what regions name, so nothing limits where it goes.",
    ),
  metricsFrom: z
    .array(passedOn)
    .default([{ namespaceSelector: {} }])
    .describe("Who may read metrics and health: peers of a NetworkPolicy. Usually every pod of the cluster."),
});

const switchedLabels = (what: string) =>
  z.strictObject({
    enabled: z.boolean().default(false).describe(what),
    labels: labels.default({}).describe("Labels by which your Prometheus or Grafana finds it."),
  });

const metrics = z.strictObject({
  serviceMonitor: switchedLabels("Whether a ServiceMonitor is made; the Prometheus operator must be installed.").extend(
    {
      interval: z
        .string()
        .regex(/^[0-9]+(ms|s|m)$/)
        .default("30s")
        .describe("Time between two scrapes."),
    },
  ),
  prometheusRule: switchedLabels(
    "Whether a PrometheusRule with the alerts is made; the Prometheus operator must be installed.",
  ),
  dashboards: switchedLabels("Whether ConfigMaps with the Grafana dashboards are made."),
});

/**
 * Every value of the chart `socle`, with its meaning and default: values.yaml, values.schema.json and docs/reference/values.md are made
 * of it. Unknown keys are refused, but for the two that a chart above sets of its own accord.
 */
export const operatorValues = z.strictObject({
  image,
  imagePullSecrets: z
    .array(z.strictObject({ name: z.string().min(1) }))
    .default([])
    .describe("Secrets of the namespace by which the image is pulled."),
  replicaCount: z.int().min(1).max(5).default(2).describe("One works, the others stand by and take over when it ends."),
  config: configuration,
  extraEnv: z.array(passedOn).default([]).describe("More environment variables of the operator, such as HTTPS_PROXY."),
  trustBundle: z.strictObject({
    configMapName: z
      .string()
      .default("")
      .describe(
        "ConfigMap of the namespace with more authorities that the operator trusts. Empty: those of the image alone.",
      ),
    key: z.string().min(1).default("ca.crt").describe("Its key with the certificates, in PEM."),
  }),
  resources: passedOn
    .default({ requests: { cpu: "100m", memory: "192Mi" }, limits: { memory: "768Mi" } })
    .describe("For about 300 tenants; docs/performance.md says what more of them need."),
  serviceAccount: z.strictObject({
    annotations: labels.default({}).describe("Annotations of the ServiceAccount socle."),
  }),
  podLabels: labels.default({}).describe("More labels of the pods."),
  podAnnotations: labels.default({}).describe("More annotations of the pods."),
  nodeSelector: labels.default({}).describe("Which nodes the pods may use."),
  tolerations: z.array(passedOn).default([]).describe("Which taints of nodes they tolerate."),
  affinity: passedOn.default({}).describe("Empty: the pods prefer nodes of their own."),
  topologySpreadConstraints: z.array(passedOn).default([]).describe("How they spread over zones."),
  priorityClassName: z.string().default("").describe("Their priority class."),
  podDisruptionBudget: z.strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Whether a drain leaves one pod at work; without effect for a single replica."),
  }),
  networkPolicy,
  metrics,
  global: passedOn.default({}).describe("Not read; here because charts that contain this one pass it on."),
  enabled: z
    .boolean()
    .default(true)
    .describe("Not read; here because charts that contain this one switch it by this name."),
});

/** Every value of the chart `socle-crds`. */
export const definitionValues = z.strictObject({
  operatorUsername: z
    .string()
    .min(1)
    .default("system:serviceaccount:socle-system:socle")
    .describe("The operator as the API server knows it: the policies let it alone write what is its own."),
  global: passedOn.default({}).describe("Not read; here because charts that contain this one pass it on."),
  enabled: z
    .boolean()
    .default(true)
    .describe("Not read; here because charts that contain this one switch it by this name."),
});

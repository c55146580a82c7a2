import { z } from "zod";
import type { OperatorSubject } from "../crds/rbac.ts";

const seconds = (least: number, most: number): z.ZodCoercedNumber => z.coerce.number().int().min(least).max(most);

/** The one reader of the environment. Every variable, its meaning and its default; docs/reference/configuration.md is made of it. */
export const configSchema = z.object({
  SOCLE_NAMESPACE: z
    .string()
    .min(1)
    .max(63)
    .default("socle-system")
    .describe("Namespace of the operator: the credentials that regions reference, and the lease."),
  KUBECONFIG: z
    .string()
    .min(1)
    .optional()
    .describe("Kubeconfig of the operator's own user. Empty: the service account of the pod."),
  SOCLE_CONTEXT: z.string().min(1).optional().describe("Context of that kubeconfig. Empty: its current one."),
  SOCLE_USERNAME: z
    .string()
    .min(1)
    .default("system:serviceaccount:socle-system:socle")
    .describe("The operator's user name as the API server knows it; RoleBindings in tenants' namespaces name it."),
  SOCLE_HEALTH_ADDRESS: z
    .string()
    .regex(/^[^:]+:[0-9]{1,5}$/)
    .default("127.0.0.1:8080")
    .describe("Address of health and metrics, host:port."),
  SOCLE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info").describe("What is logged, and worse."),
  SOCLE_LEADER_ELECTION: z
    .enum(["true", "false"])
    .default("true")
    .describe("Whether to wait for the lease. Without it, no second operator may run."),
  SOCLE_PROBE_INTERVAL_SECONDS: seconds(5, 86_400)
    .default(300)
    .describe("Seconds between two probes of a module that works."),
  SOCLE_EXTERNAL_INTERVAL_SECONDS: seconds(5, 604_800)
    .default(21_600)
    .describe("Seconds between two looks at an external object that nobody asked about."),
  SOCLE_CLAIM_GRACE_SECONDS: seconds(0, 604_800)
    .default(3_600)
    .describe("Seconds that the name of a tenant that never came to be stays claimed."),
});

export interface Config {
  readonly namespace: string;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly username: string;
  readonly health: { readonly host: string; readonly port: number };
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly leaderElection: boolean;
  readonly probeIntervalMs: number;
  readonly externalIntervalMs: number;
  readonly claimGraceMs: number;
}

/** The configuration, or sentences that name each variable that is wrong and what it should be. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
): { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly string[] } {
  // An empty variable means what an absent one means: charts and shells write empty ones.
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = configSchema.safeParse(set);
  if (!parsed.success) {
    return { ok: false, problems: parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) };
  }
  const values = parsed.data;
  const [host = "127.0.0.1", port = "8080"] = values.SOCLE_HEALTH_ADDRESS.split(":");
  return {
    ok: true,
    config: {
      namespace: values.SOCLE_NAMESPACE,
      kubeconfig: values.KUBECONFIG,
      context: values.SOCLE_CONTEXT,
      username: values.SOCLE_USERNAME,
      health: { host, port: Number(port) },
      logLevel: values.SOCLE_LOG_LEVEL,
      leaderElection: values.SOCLE_LEADER_ELECTION === "true",
      probeIntervalMs: values.SOCLE_PROBE_INTERVAL_SECONDS * 1_000,
      externalIntervalMs: values.SOCLE_EXTERNAL_INTERVAL_SECONDS * 1_000,
      claimGraceMs: values.SOCLE_CLAIM_GRACE_SECONDS * 1_000,
    },
  };
}

/** The operator as role bindings name it. */
export function operatorSubject(username: string): OperatorSubject {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):(.+)$/.exec(username) ?? [];
  return namespace === undefined || name === undefined
    ? { kind: "User", name: username }
    : { kind: "ServiceAccount", namespace, name };
}

import { z } from "zod";

/** metav1.Condition, with the limits of apimachinery. */
const condition = z.object({
  type: z.string().min(1).max(316),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string().min(1).max(1024),
  message: z.string().max(32768),
  observedGeneration: z.number().int().min(0).optional(),
  lastTransitionTime: z.string().max(64).meta({ format: "date-time" }),
});

const reference = z.object({
  apiVersion: z.string().max(253),
  kind: z.string().max(63),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
});

/** The fields that every status has. observedGeneration starts at -1, so that no reader takes a new object for a finished one. */
export const commonStatus = {
  observedGeneration: z
    .number()
    .int()
    .default(-1)
    .describe("Generation of the spec that this status speaks of; -1 = not looked at yet"),
  conditions: z
    .array(condition)
    .max(32)
    .optional()
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] }),
  lastHandledReconcileAt: z
    .string()
    .max(256)
    .optional()
    .describe("Last value of the annotation socle.dev/reconcile-requested-at that was acted on"),
  inventory: z.array(reference).max(200).optional().describe("Objects made for this one, for people to read"),
};

/** Metadata as the API server returns it. */
export interface LiveMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** A live object of a kind of ours. */
export interface LiveObject<Spec, Status> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: LiveMetadata;
  readonly spec: Spec;
  readonly status?: Status;
  readonly [field: string]: unknown;
}

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  /** 1 = only with -o wide. */
  readonly priority?: 0 | 1;
}

/** Everything of a kind that is not in its schema. */
export interface KindMeta {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly scope: "Cluster" | "Namespaced";
  readonly description: string;
  readonly columns: readonly Column[];
  readonly selectableFields: readonly string[];
  /** Rules on the whole object, where metadata.name can be read. */
  readonly objectRules: readonly { readonly rule: string; readonly message: string }[];
  readonly spec: z.ZodType;
  readonly status: z.ZodType | undefined;
}

const conditionPath = (type: string, field: "status" | "reason" | "message") =>
  `.status.conditions[?(@.type=="${type}")].${field}`;
export const readyColumn: Column = { name: "Ready", type: "string", jsonPath: conditionPath("Ready", "status") };
export const reasonColumn: Column = { name: "Reason", type: "string", jsonPath: conditionPath("Ready", "reason") };
export const messageColumn: Column = {
  name: "Message",
  type: "string",
  jsonPath: conditionPath("Ready", "message"),
  priority: 1,
};
export const ageColumn: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };
export const column = (name: string, jsonPath: string, priority: 0 | 1 = 0): Column => ({
  name,
  type: "string",
  jsonPath,
  priority,
});

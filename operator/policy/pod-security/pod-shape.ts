import { z } from "zod";
import { type FieldPath, kindText } from "./field-path.ts";

/**
 * The fields that the controls read, and what they have to be. The words of each type are the remedy that a person reads. The API
 * server takes null for a field that is left out, and so does this; what else it would refuse is left to it.
 */
const text = z.string({ error: "a text" });
const whole = z.int({ error: "a whole number" });
const flag = z.boolean({ error: "true or false" });
const list = <Item extends z.ZodType>(item: Item) => z.array(item, { error: "a list" });
const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape, { error: "an object" });

const profile = object({ type: text.nullish() }).nullish();

const confinement = {
  appArmorProfile: profile,
  seccompProfile: profile,
  seLinuxOptions: object({ type: text.nullish(), user: text.nullish(), role: text.nullish() }).nullish(),
  windowsOptions: object({ hostProcess: flag.nullish() }).nullish(),
  runAsNonRoot: flag.nullish(),
  runAsUser: whole.nullish(),
};

const handler = object({
  httpGet: object({ host: text.nullish() }).nullish(),
  tcpSocket: object({ host: text.nullish() }).nullish(),
}).nullish();

const container = object({
  securityContext: object({
    ...confinement,
    privileged: flag.nullish(),
    allowPrivilegeEscalation: flag.nullish(),
    procMount: text.nullish(),
    capabilities: object({ add: list(text).nullish(), drop: list(text).nullish() }).nullish(),
  }).nullish(),
  ports: list(object({ containerPort: whole.nullish(), hostPort: whole.nullish() })).nullish(),
  livenessProbe: handler,
  readinessProbe: handler,
  startupProbe: handler,
  lifecycle: object({ postStart: handler, preStop: handler }).nullish(),
});

/** Beside its name, a volume has one field, which is what it is made of. */
const volume = object({ name: text.nullish() }).catchall(object({}).nullish());

const podShape = object({
  metadata: object({
    annotations: z.record(z.string(), text.nullish(), { error: "an object of texts" }).nullish(),
  }).nullish(),
  spec: object({
    os: object({ name: text.nullish() }).nullish(),
    hostNetwork: flag.nullish(),
    hostPID: flag.nullish(),
    hostIPC: flag.nullish(),
    securityContext: object({ ...confinement, sysctls: list(object({ name: text.nullish() })).nullish() }).nullish(),
    volumes: list(volume).nullish(),
    initContainers: list(container).nullish(),
    containers: list(container).min(1, { error: "a list of at least one container" }),
    ephemeralContainers: list(container).nullish(),
  }),
});

/** A pod, or the template of one, as far as the controls read it. */
export type Pod = z.infer<typeof podShape>;
export type Container = z.infer<typeof container>;

/** A field that holds what it cannot hold. */
interface Misfit {
  readonly at: FieldPath;
  readonly kind: string;
  readonly expected: string;
}

export type ReadPod =
  | { readonly ok: true; readonly pod: Pod }
  | { readonly ok: false; readonly misfits: readonly Misfit[] };

/** Takes whatever a file held where a pod should be. Never throws. */
export function readPod(value: unknown): ReadPod {
  const parsed = podShape.safeParse(value);
  if (parsed.success) return { ok: true, pod: parsed.data };
  const misfits = parsed.error.issues.map(({ path, message }) => {
    const at = path.map((key) => (typeof key === "number" ? key : String(key)));
    return { at, kind: kindText(valueAt(value, at)), expected: message };
  });
  return { ok: false, misfits };
}

/** What lies at the end of the way, or undefined where the way ends before. */
export function valueAt(value: unknown, at: FieldPath): unknown {
  return at.reduce<unknown>((found, key) => {
    const holds = found !== null && typeof found === "object" && Object.hasOwn(found, key);
    return holds ? (found as Readonly<Record<string | number, unknown>>)[key] : undefined;
  }, value);
}

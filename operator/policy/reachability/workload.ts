import { z } from "zod";
import { labelsSchema } from "./label-selector.ts";
import { lastPort, protocols } from "./port-set.ts";
import type { NamedPort, Workload } from "./world.ts";

export interface PodsOfObject extends Pick<Workload, "labels" | "ports"> {
  readonly hostNetwork: boolean;
}

const portSchema = z.looseObject({
  name: z.string().nullish(),
  containerPort: z.int().min(1).max(lastPort),
  protocol: z.enum(protocols).nullish(),
});
const containersSchema = z.array(
  z.looseObject({ ports: z.array(portSchema).nullish(), restartPolicy: z.string().nullish() }),
);

/** A Pod, or the template of some. */
const podSchema = z
  .looseObject({
    metadata: z.looseObject({ labels: labelsSchema }).nullish(),
    spec: z.looseObject({
      hostNetwork: z.boolean().nullish(),
      containers: containersSchema.min(1),
      initContainers: containersSchema.nullish(),
    }),
  })
  .transform(({ metadata, spec }): PodsOfObject => {
    // A sidecar is an init container that goes on.
    const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
    const ports = [...spec.containers, ...sidecars].flatMap((container) =>
      (container.ports ?? []).flatMap(({ name, protocol, containerPort }): NamedPort[] =>
        typeof name === "string" ? [{ name, protocol: protocol ?? "TCP", port: containerPort }] : [],
      ),
    );
    return { labels: metadata?.labels ?? new Map<string, string>(), ports, hostNetwork: spec.hostNetwork === true };
  });

const named = z.looseObject({ name: z.string() });
const inTemplate = z.looseObject({ spec: z.looseObject({ template: podSchema }) });
const templateSchema = inTemplate.transform(({ spec }) => spec.template);
const cronJobSchema = z
  .looseObject({ spec: z.looseObject({ jobTemplate: inTemplate }) })
  .transform(({ spec }) => spec.jobTemplate.spec.template);

/** The API server adds labels to the pods of a Job, of which these are known before. */
const jobSchema = inTemplate.extend({ metadata: named }).transform(({ metadata: { name }, spec }): PodsOfObject => {
  const { labels, ...rest } = spec.template;
  return { ...rest, labels: new Map([...labels, ["job-name", name], ["batch.kubernetes.io/job-name", name]]) };
});

/** What CloudNativePG makes of a Cluster is in no manifest: its instances, with these labels whatever their part in it, and these ports. */
const clusterSchema = z
  .looseObject({
    metadata: named,
    spec: z.looseObject({ inheritedMetadata: z.looseObject({ labels: labelsSchema }).nullish() }),
  })
  .transform(({ metadata, spec }): PodsOfObject => {
    const inherited = spec.inheritedMetadata?.labels ?? [];
    const port = (name: string, number: number): NamedPort => ({ name, protocol: "TCP", port: number });
    return {
      labels: new Map([...inherited, ["cnpg.io/cluster", metadata.name], ["cnpg.io/podRole", "instance"]]),
      ports: [port("postgresql", 5432), port("metrics", 9187), port("status", 8000)],
      hostNetwork: false,
    };
  });

/** How each kind describes its pods. */
const schemas: ReadonlyMap<string, z.ZodType<PodsOfObject>> = new Map<string, z.ZodType<PodsOfObject>>([
  ["v1/Pod", podSchema],
  ["v1/ReplicationController", templateSchema],
  ["apps/v1/Deployment", templateSchema],
  ["apps/v1/ReplicaSet", templateSchema],
  ["apps/v1/StatefulSet", templateSchema],
  ["apps/v1/DaemonSet", templateSchema],
  ["batch/v1/Job", jobSchema],
  ["batch/v1/CronJob", cronJobSchema],
  ["postgresql.cnpg.io/v1/Cluster", clusterSchema],
]);

interface TypedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec?: unknown;
}

/** The pods that this object is there for; undefined where it makes none, an error where what it says of them cannot be read. */
export function podsOf(object: TypedObject): z.ZodSafeParseResult<PodsOfObject> | undefined {
  const known = schemas.get(`${object.apiVersion}/${object.kind}`);
  if (known !== undefined) return known.safeParse(object);
  // Kinds of other makers that hold a template where Deployments do, such as Rollouts.
  const { template } = (object.spec ?? {}) as {
    readonly template?: { readonly spec?: { readonly containers?: unknown } };
  };
  return Array.isArray(template?.spec?.containers) ? templateSchema.safeParse(object) : undefined;
}

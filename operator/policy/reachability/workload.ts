import { z } from "zod";
import { type Labels, labelsSchema } from "./label-selector.ts";
import { lastPort, protocols } from "./port-set.ts";
import type { NamedPort, Workload } from "./world.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where each kind keeps the template of its pods. */
const templates: Readonly<Record<string, readonly string[]>> = {
  "v1/Pod": [],
  "v1/ReplicationController": ["spec", "template"],
  "apps/v1/Deployment": ["spec", "template"],
  "apps/v1/ReplicaSet": ["spec", "template"],
  "apps/v1/StatefulSet": ["spec", "template"],
  "apps/v1/DaemonSet": ["spec", "template"],
  "batch/v1/Job": ["spec", "template"],
  "batch/v1/CronJob": ["spec", "jobTemplate", "spec", "template"],
};

const cloudNativePgCluster = "postgresql.cnpg.io/v1/Cluster";

/** Where the pods of this object are described; undefined: it makes none that we know of. */
function templatePath({ apiVersion, kind, spec }: Fields): readonly string[] | undefined {
  const type = `${String(apiVersion)}/${String(kind)}`;
  if (type === cloudNativePgCluster) return ["spec"];
  const known = templates[type];
  if (known !== undefined) return known;
  // Kinds of other makers that hold a template where Deployments do, such as Rollouts.
  const { template } = (spec ?? {}) as { readonly template?: { readonly spec?: Fields } };
  return Array.isArray(template?.spec?.["containers"]) ? ["spec", "template"] : undefined;
}

const portSchema = z.looseObject({
  name: z.string().nullish(),
  containerPort: z.int().min(1).max(lastPort),
  protocol: z.enum(protocols).nullish(),
});
const containersSchema = z.array(
  z.looseObject({ ports: z.array(portSchema).nullish(), restartPolicy: z.string().nullish() }),
);
const podSchema = z.looseObject({
  metadata: z.looseObject({ labels: labelsSchema }).nullish(),
  spec: z.looseObject({
    hostNetwork: z.boolean().nullish(),
    containers: containersSchema.min(1),
    initContainers: containersSchema.nullish(),
  }),
});
const clusterSchema = z.looseObject({
  spec: z.looseObject({ inheritedMetadata: z.looseObject({ labels: labelsSchema }).nullish() }),
});

export interface PodsOfObject extends Pick<Workload, "labels" | "ports"> {
  readonly hostNetwork: boolean;
}

/** The pods that this object is there for; undefined where it makes none, an error where what it says of them cannot be read. */
export function podsOf(object: Fields): z.ZodSafeParseResult<PodsOfObject> | undefined {
  const path = templatePath(object);
  if (path === undefined) return undefined;
  if (`${String(object["apiVersion"])}/${String(object["kind"])}` === cloudNativePgCluster)
    return clusterSchema.transform(({ spec }) => instancesOf(object, spec.inheritedMetadata?.labels)).safeParse(object);
  const schema = podSchema.transform((template) => podsOfTemplate(template, givenLabels(object)));
  return atPath(path, schema).safeParse(object);
}

/** Those that the API server adds to the template, as far as they are known before. */
function givenLabels({ kind, metadata }: Fields): Labels {
  const { name } = metadata as { readonly name: string };
  return new Map(kind === "Job" ? ["job-name", "batch.kubernetes.io/job-name"].map((key) => [key, name]) : []);
}

/** The schema of an object that holds this one there; so errors name the whole way. */
function atPath<Value>(path: readonly string[], schema: z.ZodType<Value>): z.ZodType<Value> {
  return path.reduceRight<z.ZodType<Value>>(
    (inner, key) => z.looseObject({ [key]: inner }).transform((outer) => outer[key] as Value),
    schema,
  );
}

function podsOfTemplate({ metadata, spec }: z.output<typeof podSchema>, given: Labels): PodsOfObject {
  // A sidecar is an init container that goes on.
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const ports = [...spec.containers, ...sidecars].flatMap(({ ports: given }) =>
    (given ?? []).flatMap(({ name, protocol, containerPort }): NamedPort[] =>
      typeof name === "string" ? [{ name, protocol: protocol ?? "TCP", port: containerPort }] : [],
    ),
  );
  const labels = new Map([...(metadata?.labels ?? []), ...given]);
  return { labels, ports, hostNetwork: spec.hostNetwork === true };
}

/** What CloudNativePG makes of a Cluster is in no manifest: its instances, with these labels whatever their part in it, and these ports. */
function instancesOf({ metadata }: Fields, inherited: Labels | undefined): PodsOfObject {
  const { name } = metadata as { readonly name: string };
  const own = [
    ["cnpg.io/cluster", name],
    ["cnpg.io/podRole", "instance"],
  ] as const;
  const port = (portName: string, number: number): NamedPort => ({ name: portName, protocol: "TCP", port: number });
  return {
    labels: new Map([...(inherited ?? []), ...own]),
    ports: [port("postgresql", 5432), port("metrics", 9187), port("status", 8000)],
    hostNetwork: false,
  };
}

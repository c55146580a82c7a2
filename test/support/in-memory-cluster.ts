import { cloudNativePg } from "../../constructs/postgresql/cluster-input.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import type { InMemoryWorld } from "./in-memory-world.ts";

interface Made extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly instances?: number;
    readonly type?: string;
    readonly ports?: readonly object[];
    readonly name?: string;
    readonly passwordSecret?: { readonly name: string };
  };
}

const applied = ({ metadata }: Made): object => ({ applied: true, observedGeneration: metadata.generation });

/** What their controllers say of objects where everything starts at once. */
const told: Readonly<Record<string, (object: Made, now: number) => object>> = {
  StatefulSet: ({ metadata, spec }) => {
    const replicas = spec?.replicas ?? 1;
    const revision = { currentRevision: "a", updateRevision: "a" };
    return { observedGeneration: metadata.generation, replicas, readyReplicas: replicas, ...revision };
  },
  Deployment: ({ metadata, spec }) => {
    const replicas = spec?.replicas ?? 1;
    const counts = { replicas, updatedReplicas: replicas, availableReplicas: replicas };
    return { observedGeneration: metadata.generation, ...counts };
  },
  Job: (_job, now) => ({
    conditions: [{ type: "Complete", status: "True", lastTransitionTime: new Date(now).toISOString() }],
  }),
  Service: ({ spec }) => (spec?.type === "LoadBalancer" ? { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } } : {}),
  Cluster: ({ spec }) => ({
    phase: "healthy",
    readyInstances: spec?.instances,
    currentPrimary: "one",
    targetPrimary: "one",
    conditions: [{ type: "Ready", status: "True" }],
  }),
  DatabaseRole: applied,
  Database: applied,
};
const ofCloudNativePg: readonly string[] = cloudNativePg.kinds.map(({ kind }) => kind);
const isPlayed = ({ apiVersion, kind }: KubeObject): boolean =>
  kind in told && (!ofCloudNativePg.includes(kind) || apiVersion === cloudNativePg.apiVersion);

/** Plays the controllers of a cluster: pods are ready, Jobs end well, load balancers have addresses, declared databases are there. */
export async function playControllers(world: InMemoryWorld): Promise<void> {
  for (const object of world.kube.objects().filter(isPlayed)) {
    const { apiVersion, kind, metadata } = object;
    const name = { name: metadata.name, namespace: metadata.namespace ?? "" };
    if (kind === "DatabaseRole") await declared(world, object);
    if (kind === "Service") givePorts(world, object);
    await world.kube.apply(
      { apiVersion, kind, metadata: name, status: told[kind]?.(object, world.now) },
      { fieldManager: "player", force: true, subresource: "status" },
    );
  }
}

/** Each port of a Service that asks for a port of every node gets one. */
function givePorts(world: InMemoryWorld, { apiVersion, kind, metadata, spec }: Made): void {
  if (spec?.type !== "NodePort") return;
  const { name, namespace = "" } = metadata;
  world.kube.edit<Made>({ apiVersion, kind, name, namespace }, (live) => ({
    ...live,
    spec: { ...live.spec, ports: (live.spec?.ports ?? []).map((port, at) => ({ nodePort: 30_000 + at, ...port })) },
  }));
}

/** A role of CloudNativePG owns the database of its name. */
async function declared(world: InMemoryWorld, { metadata, spec }: Made): Promise<void> {
  const { namespace = "" } = metadata;
  const ref = { apiVersion: "v1", kind: "Secret", namespace, name: spec?.passwordSecret?.name ?? "" };
  const secret = await world.kube.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(ref);
  const password = Buffer.from(secret?.data?.["password"] ?? "", "base64").toString();
  const name = spec?.name ?? "";
  if (password === "" || world.postgres.roles.has(name)) return;
  world.postgres.addRole(name, { canLogin: true, password });
  world.postgres.addDatabase(name, name);
}

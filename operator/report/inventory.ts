import { z } from "zod";
import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { kindOf } from "../policy/evaluate.ts";

/** One thing that is there. */
export interface Asset {
  readonly object: ObjectRef;
  /** RFC 3339; absent in files. */
  readonly createdAt?: string;
  /** What it runs, keeps or publishes: images, sizes, hosts. */
  readonly details: readonly string[];
}

const text = z.string();
const containers = z.array(z.object({ image: text.optional() })).nullish();
const pod = z
  .object({ containers, initContainers: containers })
  .transform(({ containers: own, initContainers }) =>
    [...(own ?? []), ...(initContainers ?? [])].flatMap(({ image }) => image ?? []),
  );
const ofPods = z.object({ spec: z.object({ template: z.object({ spec: pod }) }) });
const imagesOfPods = ofPods.transform(({ spec }) => spec.template.spec);
const imagesOfJobs = z
  .object({ spec: z.object({ jobTemplate: ofPods }) })
  .transform(({ spec }) => spec.jobTemplate.spec.template.spec);
const database = z
  .object({
    spec: z.object({
      imageName: text.optional(),
      instances: z.number().optional(),
      storage: z.object({ size: text.optional(), storageClass: text.optional() }).optional(),
    }),
  })
  .transform(({ spec: { imageName, instances, storage } }) => [
    ...known(imageName),
    ...(instances === undefined ? [] : [`instances: ${instances}`]),
    ...known(storage?.size),
    ...known(storage?.storageClass),
  ]);
const volume = z
  .object({
    spec: z.object({
      storageClassName: text.nullish(),
      resources: z.object({ requests: z.object({ storage: text.optional() }).optional() }).optional(),
    }),
  })
  .transform(({ spec }) => [...known(spec.resources?.requests?.storage), ...known(spec.storageClassName)]);
const ingress = z
  .object({ spec: z.object({ rules: z.array(z.object({ host: text.optional() })).nullish() }) })
  .transform(({ spec }) => (spec.rules ?? []).flatMap(({ host }) => known(host)));
const route = z
  .object({ spec: z.object({ hostnames: z.array(text).nullish() }) })
  .transform(({ spec }) => spec.hostnames ?? []);
const service = z.object({ spec: z.object({ type: text.optional() }) }).transform(({ spec }) => known(spec.type));
const moduleOfTenant = z
  .object({ spec: z.object({ module: text, version: text.optional() }) })
  .transform(({ spec }) => [spec.module, ...known(spec.version)]);
const storageClass = z.object({ provisioner: text.optional() }).transform(({ provisioner }) => known(provisioner));
const node = z
  .object({ status: z.object({ nodeInfo: z.object({ kubeletVersion: text.optional(), osImage: text.optional() }) }) })
  .transform(({ status: { nodeInfo } }) => [...known(nodeInfo.kubeletVersion), ...known(nodeInfo.osImage)]);
const nothing = z.unknown().transform((): readonly string[] => []);

/** Kinds that are assets by themselves, and what is worth telling of each; all others hang on one of them. */
const assets: ReadonlyMap<string, z.ZodType<readonly string[]>> = new Map<string, z.ZodType<readonly string[]>>([
  ["v1 Namespace", nothing],
  [`${apiVersion} ModuleDeployment`, moduleOfTenant],
  ["apps/v1 Deployment", imagesOfPods],
  ["apps/v1 StatefulSet", imagesOfPods],
  ["apps/v1 DaemonSet", imagesOfPods],
  ["batch/v1 Job", imagesOfPods],
  ["batch/v1 CronJob", imagesOfJobs],
  ["postgresql.cnpg.io/v1 Cluster", database],
  ["v1 PersistentVolumeClaim", volume],
  ["v1 Service", service],
  ["networking.k8s.io/v1 Ingress", ingress],
  ["gateway.networking.k8s.io/v1 HTTPRoute", route],
  ["cert-manager.io/v1 Certificate", nothing],
  ["storage.k8s.io/v1 StorageClass", storageClass],
  ["v1 Node", node],
]);

/** Every asset among the objects, by place, kind and name. Pure. */
export function inventoryOf(objects: readonly Manifest[]): readonly Asset[] {
  const found = objects.flatMap((object): (Asset & { readonly key: string })[] => {
    const told = assets.get(kindOf(object));
    if (told === undefined) return [];
    const { creationTimestamp } = object.metadata as { readonly creationTimestamp?: string };
    const details = told.safeParse(object).data ?? [];
    const ref = refOf(object);
    return [
      {
        object: ref,
        ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
        details: [...new Set(details)],
        key: [ref.namespace ?? "", ref.kind, ref.name].join("\n"),
      },
    ];
  });
  return found.toSorted((left, right) => (left.key < right.key ? -1 : 1)).map(({ key: _key, ...asset }) => asset);
}

function known(value: string | null | undefined): readonly string[] {
  return value === undefined || value === null ? [] : [value];
}

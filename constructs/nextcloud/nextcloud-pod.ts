import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-28";
import { names } from "../../crds/group.ts";
import { type ContainerResources, restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { nextcloudFiles, type NextcloudShared, nextcloudName, nextcloudUser } from "./nextcloud-input.ts";

export const configurationName = `${nextcloudName}-config`;
export const trustName = `${nextcloudName}-trust`;
/** Of all pods that use Redis. */
export const redisClient = { "socle.dev/uses": "nextcloud-redis" } as const;
/** Of all pods that use the volume. */
const volumeUser = { "socle.dev/volume": nextcloudName } as const;

/** What serves may read what it runs on and change none of it; what administers may change its configuration. */
export type Duty = "serving" | "administering";

interface ProgramInput {
  readonly name: string;
  readonly duty: Duty;
  readonly command: readonly string[];
  readonly resources: ContainerResources;
  readonly more?: Partial<k8s.Container>;
}

/** Name, place and labels of the objects of one part. */
export function partMetadata(
  { namespace, labels }: Pick<NextcloudShared, "namespace" | "labels">,
  name: string,
  component: string,
): k8s.ObjectMeta & { readonly labels: Record<string, string> } {
  return { name, namespace, labels: { ...labels, [names.componentLabel]: component } };
}

/** Labels of the pods of one part. */
export function podLabels({ labels, version }: NextcloudShared, component: string): Record<string, string> {
  return { ...labels, [names.componentLabel]: component, [names.versionLabel]: version, ...redisClient, ...volumeUser };
}

/** A pod with one program of Nextcloud's, on the node on which the others are: the volume is attached to one node at a time. */
export function nextcloudPod(input: NextcloudShared, program: ProgramInput): k8s.PodSpec {
  return {
    ...restrictedPod(nextcloudUser),
    ...pullSecrets(input),
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: volumeUsers(input) } },
        ],
      },
    },
    containers: [container(input, program)],
    volumes: volumes(input),
  };
}

export function pullSecrets({ pullSecret }: NextcloudShared): Pick<k8s.PodSpec, "imagePullSecrets"> {
  return pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] };
}

/** What programs read once: what it says makes new pods. */
export function digestOf(texts: readonly unknown[]): Record<string, string> {
  return { "socle.dev/configuration": createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 32) };
}

function volumeUsers({ labels }: NextcloudShared): Record<string, string> {
  return { [names.instanceLabel]: labels[names.instanceLabel] ?? "", ...volumeUser };
}

function container(input: NextcloudShared, { name, duty, command, resources, more }: ProgramInput): k8s.Container {
  const { secrets, bucketSecret, trustBundle, image } = input;
  const serves = duty === "serving";
  // The API server leaves out what is false, and what it left out would differ for ever.
  const readOnly = (mount: string, mountPath: string): k8s.VolumeMount => ({ name: mount, mountPath, readOnly: true });
  return {
    ...restrictedContainer(name, { image, resources }),
    command: [...command],
    workingDir: nextcloudFiles.code,
    env: [
      { name: "NEXTCLOUD_CONFIG_DIR", value: nextcloudFiles.config },
      // An empty part stands for the image's own directory.
      { name: "PHP_INI_SCAN_DIR", value: `:${nextcloudFiles.conf}` },
      // Where sessions lie is said in an ini file, and that can take a variable and no file.
      { name: "REDIS_PASSWORD", valueFrom: { secretKeyRef: { name: secrets, key: "redis-password" } } },
    ],
    volumeMounts: [
      readOnly("configuration", nextcloudFiles.conf),
      { name: "volume", mountPath: nextcloudFiles.config, subPath: "config", ...(serves ? { readOnly: true } : {}) },
      { ...readOnly("configuration", nextcloudFiles.ours), subPath: `${duty}.config.php` },
      { name: "volume", mountPath: nextcloudFiles.data, subPath: "data" },
      readOnly("secrets", "/secrets"),
      ...(bucketSecret === undefined ? [] : [readOnly("bucket", "/bucket")]),
      ...(trustBundle === undefined ? [] : [readOnly("trust", "/trust")]),
      { name: "tmp", mountPath: "/tmp" },
      { name: "run", mountPath: "/var/run/apache2" },
    ],
    ...more,
  };
}

function volumes({ secrets, bucketSecret, trustBundle }: NextcloudShared): k8s.Volume[] {
  const empty = (name: string, size: string): k8s.Volume => ({
    name,
    emptyDir: { sizeLimit: k8s.Quantity.fromString(size) },
  });
  const secret = (name: string, secretName: string): k8s.Volume => ({
    name,
    secret: { secretName, defaultMode: 0o440 },
  });
  return [
    { name: "configuration", configMap: { name: configurationName } },
    { name: "volume", persistentVolumeClaim: { claimName: nextcloudName } },
    secret("secrets", secrets),
    ...(bucketSecret === undefined ? [] : [secret("bucket", bucketSecret)]),
    ...(trustBundle === undefined ? [] : [{ name: "trust", configMap: { name: trustName } }]),
    // Uploads lie here until they are whole.
    empty("tmp", "10Gi"),
    empty("run", "16Mi"),
  ];
}

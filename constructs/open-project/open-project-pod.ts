import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-28";
import { names } from "../../crds/group.ts";
import { type ContainerResources, restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import {
  type OpenProjectInput,
  type OpenProjectPart,
  openProjectFiles,
  openProjectKeys,
  openProjectUser,
  partName,
} from "./open-project-input.ts";

export const configurationName = "openproject-config";
export const trustName = "openproject-trust";

/** What one part has that the others have not. */
interface PodShape {
  readonly part: OpenProjectPart;
  readonly resources: ContainerResources;
  /** Script of the image below /app/docker/prod. */
  readonly script: string;
  readonly values?: Readonly<Record<string, string>>;
  /** Keys of its own Secret by the variable that they go to, beside those of all parts. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly container?: Pick<k8s.Container, "ports" | "startupProbe" | "readinessProbe" | "livenessProbe">;
  readonly pod?: Pick<k8s.PodSpec, "restartPolicy" | "terminationGracePeriodSeconds">;
}

/** Name, place and labels of the objects of one part. */
export function partMetadata(
  { namespace, labels }: Pick<OpenProjectInput, "namespace" | "labels">,
  part: OpenProjectPart,
): k8s.ObjectMeta & { readonly labels: Record<string, string> } {
  return { name: partName(part), namespace, labels: { ...labels, [names.componentLabel]: part } };
}

/** A pod of any part: all run the same image with the same files, and do what their script says. */
export function podTemplate(input: OpenProjectInput, shape: PodShape): k8s.PodTemplateSpec {
  const { version, pullSecret } = input;
  const { labels } = partMetadata(input, shape.part);
  return {
    metadata: {
      labels: { ...labels, [names.versionLabel]: version },
      annotations: { "socle.dev/configuration": digestOf(input) },
    },
    spec: {
      ...restrictedPod(openProjectUser),
      ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
      ...shape.pod,
      initContainers: [temporaryPlace(input)],
      containers: [program(input, shape)],
      volumes: volumes(input),
    },
  };
}

/** Files are read once: what they say makes new pods. */
function digestOf({ configuration, trustBundle = "" }: OpenProjectInput): string {
  const text = JSON.stringify([configuration, trustBundle]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

const temporary = { name: "tmp", mountPath: "/tmp" };
const rubyPlace = "/tmp/ruby";

/** Ruby writes into no place that is open to all and has no sticky bit, and such is an empty volume. */
function temporaryPlace({ image }: OpenProjectInput): k8s.Container {
  return {
    ...restrictedContainer("places", { image, resources: { cpu: "10m", memoryMi: 32 } }),
    command: ["mkdir", "-p", "-m", "0700", rubyPlace],
    volumeMounts: [temporary],
  };
}

function program(input: OpenProjectInput, shape: PodShape): k8s.Container {
  const { image, trustBundle, secrets } = input;
  return {
    ...restrictedContainer(partName(shape.part), { image, resources: shape.resources }),
    args: ["bash", `/app/docker/prod/${shape.script}`],
    env: variables(input, shape),
    ...shape.container,
    volumeMounts: [
      temporary,
      { name: "app-tmp", mountPath: "/app/tmp" },
      {
        name: "configuration",
        mountPath: openProjectFiles.configuration,
        subPath: "configuration.yml",
        readOnly: true,
      },
      ...secretPlaces(secrets).map(({ name }) => ({ name, mountPath: `/secrets/${name}`, readOnly: true })),
      ...(trustBundle === undefined ? [] : [{ name: "trust", mountPath: "/trust", readOnly: true }]),
    ],
  };
}

/** In the order of their names, so that one more moves none of the others. */
function variables({ values, secrets, trustBundle }: OpenProjectInput, shape: PodShape): k8s.EnvVar[] {
  const plain = {
    ...values,
    TMPDIR: rubyPlace,
    ...(trustBundle === undefined ? {} : { SSL_CERT_FILE: openProjectFiles.trust }),
    ...shape.values,
  };
  // What starts before the configuration is read takes these from nowhere else.
  const hidden = {
    SECRET_KEY_BASE: openProjectKeys.secretKeyBase,
    OPENPROJECT_DB_PASSWORD: openProjectKeys.databasePassword,
    ...shape.secrets,
  };
  return [
    ...Object.entries(plain).map(([name, value]): k8s.EnvVar => ({ name, value })),
    ...Object.entries(hidden).map(
      ([name, key]): k8s.EnvVar => ({ name, valueFrom: { secretKeyRef: { name: secrets.own, key } } }),
    ),
  ].sort((left, right) => (left.name < right.name ? -1 : 1));
}

function secretPlaces({ own, bucket, entitlement, mail }: OpenProjectInput["secrets"]) {
  return [
    { name: "own", secretName: own },
    { name: "bucket", secretName: bucket },
    { name: "entitlement", secretName: entitlement },
    ...(mail === undefined ? [] : [{ name: "mail", secretName: mail }]),
  ];
}

function volumes({ secrets, trustBundle }: OpenProjectInput): k8s.Volume[] {
  const empty = (name: string, size: string): k8s.Volume => ({
    name,
    emptyDir: { sizeLimit: k8s.Quantity.fromString(size) },
  });
  return [
    // Attachments pass through it on their way to the bucket.
    empty(temporary.name, "5Gi"),
    empty("app-tmp", "1Gi"),
    { name: "configuration", configMap: { name: configurationName } },
    ...secretPlaces(secrets).map(({ name, secretName }) => ({ name, secret: { secretName, defaultMode: 0o440 } })),
    ...(trustBundle === undefined ? [] : [{ name: "trust", configMap: { name: trustName } }]),
  ];
}

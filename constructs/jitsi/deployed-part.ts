import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import {
  type Environment,
  type JitsiPart,
  type JitsiShared,
  jitsiUser,
  type PartInput,
  partName,
} from "./jitsi-input.ts";

/** What one part has that the others have not. */
interface PartShape {
  readonly name: JitsiPart;
  readonly ports: Readonly<Record<string, number>>;
  /** Path that answers once it works, on the first of its ports. */
  readonly health: string;
  /** Two of it beside each other would be two servers for the same rooms. */
  readonly alone: boolean;
  readonly user?: number;
  readonly mounts?: readonly k8s.VolumeMount[];
  readonly volumes?: readonly k8s.Volume[];
  /** Texts of the files that it reads once: what they say makes new pods. */
  readonly files?: readonly string[];
}

/** A Deployment and its Service. */
export class DeployedPart extends Construct {
  constructor(scope: Construct, shared: JitsiShared, { part, shape }: { part: PartInput; shape: PartShape }) {
    super(scope, shape.name);
    const metadata = partMetadata(shared, shape.name);
    const matchLabels = podSelector(shared.labels, shape.name);
    new k8s.KubeService(this, "service", {
      metadata,
      spec: {
        selector: matchLabels,
        ports: Object.entries(shape.ports).map(([name, port]) => servicePort(name, port)),
      },
    });
    const versioned = { ...metadata.labels, [names.versionLabel]: shared.version };
    const digest = createHash("sha256")
      .update(JSON.stringify(shape.files ?? []))
      .digest("hex");
    new k8s.KubeDeployment(this, "deployment", {
      metadata: { ...metadata, labels: versioned },
      spec: {
        replicas: part.replicas,
        ...(shape.alone ? { strategy: { type: "Recreate" } } : {}),
        selector: { matchLabels },
        template: {
          metadata: { labels: versioned, annotations: { "socle.dev/configuration": digest.slice(0, 32) } },
          spec: {
            ...restrictedPod(shape.user ?? jitsiUser),
            ...pullSecrets(shared),
            containers: [partContainer(shared, { part, shape })],
            volumes: [...writablePlaces(), ...(shape.volumes ?? [])],
          },
        },
      },
    });
  }
}

/** Name, place and labels of the objects of one part. */
export function partMetadata(
  { namespace, labels }: Pick<JitsiShared, "namespace" | "labels">,
  part: JitsiPart,
): k8s.ObjectMeta & { readonly labels: Record<string, string> } {
  return { name: partName(part), namespace, labels: { ...labels, [names.componentLabel]: part } };
}

function servicePort(name: string, port: number): k8s.ServicePort {
  return { name, port, targetPort: k8s.IntOrString.fromString(name) };
}

export function pullSecrets({ pullSecret }: JitsiShared): Pick<k8s.PodSpec, "imagePullSecrets"> {
  return pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] };
}

function partContainer(shared: JitsiShared, { part, shape }: { part: PartInput; shape: PartShape }): k8s.Container {
  const [port = ""] = Object.keys(shape.ports);
  const health = { httpGet: { path: shape.health, port: k8s.IntOrString.fromString(port) } };
  return {
    ...restrictedContainer(partName(shape.name), part),
    env: variables(part.environment, shared),
    ports: Object.entries(shape.ports).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
    startupProbe: { ...health, periodSeconds: 2, failureThreshold: 90 },
    readinessProbe: { ...health, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...health, periodSeconds: 20, failureThreshold: 6 },
    volumeMounts: [...writableMounts(), ...(shape.mounts ?? [])],
  };
}

/** In the order of their names, so that one more moves none of the others. */
export function variables(
  { values, secrets }: Environment,
  { secrets: secret }: Pick<JitsiShared, "secrets">,
): k8s.EnvVar[] {
  const plain = Object.entries(values).map(([name, value]): k8s.EnvVar => ({ name, value }));
  const hidden = Object.entries(secrets).map(
    ([name, key]): k8s.EnvVar => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } }),
  );
  return [...plain, ...hidden].sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The images write their configuration below /run when they start, and run it from there; nothing else of them is written to. */
export function writablePlaces(): k8s.Volume[] {
  const place = (name: string): k8s.Volume => ({
    name,
    emptyDir: { sizeLimit: k8s.Quantity.fromString("64Mi") },
  });
  return [place("run"), place("tmp")];
}

export function writableMounts(): k8s.VolumeMount[] {
  return [
    { name: "run", mountPath: "/run" },
    { name: "tmp", mountPath: "/tmp" },
  ];
}

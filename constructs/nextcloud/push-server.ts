import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { podSelector } from "../labels.ts";
import { restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { pushConf } from "./apache-configuration.ts";
import {
  nextcloudAddress,
  nextcloudFiles,
  type NextcloudInput,
  nextcloudPorts,
  nextcloudUser,
  pushName,
} from "./nextcloud-input.ts";
import { parts } from "./nextcloud-network.ts";
import { configurationName, digestOf, partMetadata, podLabels, pullSecrets, trustName } from "./nextcloud-pod.ts";

const { conf, code } = nextcloudFiles;
/** The program is part of the app, hence of the same version as what it talks to. */
const program = `exec ${code}/apps/notify_push/bin/"$(uname -m)"/notify_push`;

/** Tells clients at once what changed, so that they need not ask every half minute. It keeps nothing. */
export class PushServer extends Construct {
  constructor(scope: Construct, id: string, input: NextcloudInput) {
    super(scope, id);
    const metadata = partMetadata(input, pushName, parts.push);
    const matchLabels = podSelector(input.labels, parts.push);
    new k8s.KubeService(this, "service", {
      metadata,
      spec: {
        selector: matchLabels,
        ports: [{ name: "http", port: nextcloudPorts.pushWay, targetPort: k8s.IntOrString.fromString("http") }],
      },
    });
    const { "socle.dev/volume": _none, ...own } = podLabels(input, parts.push);
    new k8s.KubeDeployment(this, "deployment", {
      metadata: { ...metadata, labels: own },
      spec: {
        replicas: 1,
        selector: { matchLabels },
        template: {
          metadata: { labels: own, annotations: digestOf([pushConf(), input.trustBundle]) },
          spec: {
            ...restrictedPod(nextcloudUser),
            ...pullSecrets(input),
            containers: [notifier(input), wayThere(input)],
            volumes: volumes(input),
          },
        },
      },
    });
  }
}

function notifier({ image, push, namespace, secrets, trustBundle }: NextcloudInput): k8s.Container {
  const secret = (name: string, key: string): k8s.EnvVar => ({
    name,
    valueFrom: { secretKeyRef: { name: secrets, key } },
  });
  return {
    ...restrictedContainer(pushName, { image, resources: push.resources }),
    command: ["sh", "-c", program],
    env: [
      // Kubernetes puts the value of an earlier variable in place of its name.
      secret("DATABASE_PASSWORD", "database-password"),
      secret("REDIS_PASSWORD", "redis-password"),
      { name: "DATABASE_URL", value: push.environment.databaseUrl },
      { name: "DATABASE_PREFIX", value: "oc_" },
      { name: "REDIS_URL", value: push.environment.redisUrl },
      { name: "NEXTCLOUD_URL", value: nextcloudAddress(namespace) },
      { name: "PORT", value: String(nextcloudPorts.push) },
      { name: "LOG", value: "warn" },
    ],
    volumeMounts: [
      { name: "authority", mountPath: "/secrets", readOnly: true },
      ...(trustBundle === undefined ? [] : [{ name: "trust", mountPath: "/trust", readOnly: true }]),
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

function wayThere({ image }: NextcloudInput): k8s.Container {
  // Through it to the notifier, which answers with a number.
  const answers = { httpGet: { path: "/push/test/cookie", port: k8s.IntOrString.fromString("http") } };
  return {
    ...restrictedContainer("way", { image, resources: { cpu: "20m", memoryMi: 256 } }),
    command: ["apache2", "-f", `${conf}/push.conf`, "-DFOREGROUND"],
    ports: [{ name: "http", containerPort: nextcloudPorts.pushWay, protocol: "TCP" }],
    startupProbe: { ...answers, periodSeconds: 2, failureThreshold: 90 },
    readinessProbe: { ...answers, periodSeconds: 10, failureThreshold: 3 },
    livenessProbe: { tcpSocket: { port: k8s.IntOrString.fromString("http") }, periodSeconds: 20, failureThreshold: 6 },
    volumeMounts: [
      { name: "configuration", mountPath: conf, readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

function volumes({ secrets, trustBundle }: Pick<NextcloudInput, "secrets" | "trustBundle">): k8s.Volume[] {
  // Of the database's server, where it has one of its own. No other key of the Secret is this pod's business.
  const authority = [{ key: "database-ca.crt", path: "database-ca.crt" }];
  const way = [{ key: "push.conf", path: "push.conf" }];
  return [
    { name: "configuration", configMap: { name: configurationName, items: way } },
    { name: "authority", secret: { secretName: secrets, items: authority, optional: true, defaultMode: 0o440 } },
    ...(trustBundle === undefined ? [] : [{ name: "trust", configMap: { name: trustName } }]),
    { name: "tmp", emptyDir: { sizeLimit: k8s.Quantity.fromString("64Mi") } },
  ];
}

import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { podSelector } from "../labels.ts";
import { configurationFiles } from "./foundation.ts";
import { nextcloudFiles, type NextcloudInput, nextcloudName, nextcloudPorts } from "./nextcloud-input.ts";
import { parts } from "./nextcloud-network.ts";
import { digestOf, nextcloudPod, partMetadata, podLabels } from "./nextcloud-pod.ts";

/** What people and their clients talk to. One pod: its volume is attached to one node, and Apache starts as many processes as it has memory for. */
export class WebServer extends Construct {
  constructor(scope: Construct, id: string, input: NextcloudInput) {
    super(scope, id);
    const metadata = partMetadata(input, nextcloudName, parts.web);
    const matchLabels = podSelector(input.labels, parts.web);
    new k8s.KubeService(this, "service", {
      metadata,
      spec: {
        selector: matchLabels,
        ports: [{ name: "http", port: nextcloudPorts.web, targetPort: k8s.IntOrString.fromString("http") }],
      },
    });
    const labels = podLabels(input, parts.web);
    new k8s.KubeDeployment(this, "deployment", {
      metadata: { ...metadata, labels },
      spec: {
        replicas: 1,
        // Two versions of the code must not meet on one database.
        strategy: { type: "Recreate" },
        selector: { matchLabels },
        template: {
          metadata: { labels, annotations: digestOf([filesOnce(input), input.trustBundle]) },
          spec: {
            ...nextcloudPod(input, {
              name: nextcloudName,
              duty: "serving",
              command: ["apache2-foreground"],
              resources: input.web.resources,
              more: probes(input),
            }),
            terminationGracePeriodSeconds: 60,
          },
        },
      },
    });
  }
}

/** What Apache and PHP read when they start: of the other files a change needs no new pods. */
function filesOnce(input: NextcloudInput): readonly (string | undefined)[] {
  const files = configurationFiles(input);
  return ["serving.config.php", "socle.ini", "ports.conf", "site.conf"].map((name) => files[name]);
}

function probes({ host }: NextcloudInput): Partial<k8s.Container> {
  const alive = { httpGet: { path: "/robots.txt", port: k8s.IntOrString.fromString("http") } };
  // A page of Nextcloud's would do as well in maintenance, or before tables were brought up to date.
  const ready = { exec: { command: ["php", "-f", `${nextcloudFiles.conf}/ready.php`, host] } };
  return {
    ports: [{ name: "http", containerPort: nextcloudPorts.web, protocol: "TCP" }],
    startupProbe: { ...alive, periodSeconds: 2, failureThreshold: 90 },
    readinessProbe: { ...ready, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 },
    // A file, and no database: what cannot be mended by a restart is no reason for one.
    livenessProbe: { ...alive, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
  };
}

import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { pullSecrets, variables, writableMounts, writablePlaces } from "./deployed-part.ts";
import {
  type BridgeInput,
  bridgeName,
  type JitsiInput,
  jitsiPorts,
  jitsiUser,
  mediaName,
  mediaPort,
} from "./jitsi-input.ts";

/** How long a conference may go on over a bridge that has to go. */
const longestFarewellSeconds = 7_200;

/** Tells the bridge to take no new conference and to end with its last one, and waits for that; then the pod is stopped. */
const farewell = [
  `curl -sf -H 'Content-Type: application/json' -d '{"graceful-shutdown":"true"}' http://127.0.0.1:${jitsiPorts.bridge}/colibri/shutdown`,
  `while curl -sf -o /dev/null http://127.0.0.1:${jitsiPorts.bridge}/about/version; do sleep 5; done`,
].join(" && ");

/**
 * One bridge with ports and Services of its own: behind one Service of several, the packets of one conference would land on any of them.
 * A StatefulSet, although it has no state: it counts a pod until that is really gone, where a Deployment forgets one that is still saying
 * farewell. So the way to a bridge that retires can stay until its last conference has ended.
 */
export class Videobridge extends Construct {
  constructor(scope: Construct, input: JitsiInput, bridge: BridgeInput) {
    const { index, replicas } = bridge;
    const name = bridgeName(index);
    super(scope, name);
    const { namespace, labels: own, version } = input;
    const labels = { ...own, [names.componentLabel]: name };
    const selector = podSelector(own, name);
    new k8s.KubeService(this, "service", {
      metadata: { name, namespace, labels },
      spec: {
        selector,
        ports: [{ name: "http", port: jitsiPorts.bridge, targetPort: k8s.IntOrString.fromString("http") }],
      },
    });
    const media = { name: "media", protocol: "UDP" };
    new k8s.KubeService(this, "media", {
      metadata: { name: mediaName(index), namespace, labels },
      spec: {
        type: input.exposure,
        selector,
        // A conference goes on while the bridge says farewell.
        publishNotReadyAddresses: true,
        ports: [{ ...media, port: mediaPort(index), targetPort: k8s.IntOrString.fromString("media") }],
      },
    });
    const versioned = { ...labels, [names.versionLabel]: version };
    new k8s.KubeStatefulSet(this, "bridge", {
      metadata: { name, namespace, labels: versioned },
      spec: {
        serviceName: name,
        replicas,
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: versioned },
          spec: {
            ...restrictedPod(jitsiUser),
            ...pullSecrets(input),
            terminationGracePeriodSeconds: longestFarewellSeconds,
            containers: [bridgeContainer(input, bridge)],
            volumes: writablePlaces(),
          },
        },
      },
    });
  }
}

function bridgeContainer(input: JitsiInput, bridge: BridgeInput): k8s.Container {
  const health = { httpGet: { path: "/about/health", port: k8s.IntOrString.fromString("http") } };
  return {
    ...restrictedContainer("bridge", bridge),
    env: [...variables(bridge.environment, input), { name: "JVB_ADVERTISE_IPS", ...advertised(bridge) }],
    ports: [
      { name: "http", containerPort: jitsiPorts.bridge, protocol: "TCP" },
      { name: "media", containerPort: bridge.port, protocol: "UDP" },
    ],
    startupProbe: { ...health, periodSeconds: 2, failureThreshold: 90 },
    readinessProbe: { ...health, periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...health, periodSeconds: 20, failureThreshold: 6 },
    lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", farewell] } } },
    volumeMounts: writableMounts(),
  };
}

function advertised({ addresses }: BridgeInput): Pick<k8s.EnvVar, "value" | "valueFrom"> {
  return addresses.length > 0
    ? { value: addresses.join(",") }
    : { valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } };
}

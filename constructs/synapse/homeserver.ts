import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { ingressPeers, publicAddresses, tcp } from "../network-peers.ts";
import { restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { roomRules } from "./room-rules.ts";
import { synapseFiles, type SynapseInput, synapseName, synapsePorts, synapseUser } from "./synapse-input.ts";

const configurationName = `${synapseName}-config`;
const mediaName = `${synapseName}-media`;
const trustName = `${synapseName}-trust`;
/** Ports that homeservers of others listen on: by delegation, and where there is none. */
const federationPorts = [443, 8448];

/** One process of Synapse: it carries a ministry of some thousands, and knows no second writer of its streams. */
export class Homeserver extends Construct {
  readonly #input: SynapseInput;

  constructor(scope: Construct, id: string, input: SynapseInput) {
    super(scope, id);
    this.#input = input;
    this.#network();
    this.#configuration();
    this.#volume();
    this.#service();
    this.#statefulSet();
  }

  #metadata(name: string, component = "homeserver"): k8s.ObjectMeta {
    const { namespace, labels } = this.#input;
    return { name, namespace, labels: { ...labels, [names.componentLabel]: component } };
  }

  get #selector(): Record<string, string> {
    return podSelector(this.#input.labels, "homeserver");
  }

  /** Who may reach it, and its way to the databases, is said for all applications of the tenant. */
  #network(): void {
    const { ingressFrom, federates } = this.#input;
    const realm = ingressPeers(ingressFrom);
    const others = { to: publicAddresses(), ports: federationPorts.map(tcp) };
    const egress: k8s.NetworkPolicyEgressRule[] = [
      // A rule without peers would open every address.
      ...(realm.length === 0 ? [] : [{ to: realm }]),
      ...(federates ? [others] : []),
    ];
    new k8s.KubeNetworkPolicy(this, "network", {
      metadata: this.#metadata(`${synapseName}-allow-realm`, "network"),
      spec: { podSelector: { matchLabels: this.#selector }, policyTypes: ["Egress"], egress },
    });
  }

  #configuration(): void {
    const { configuration, trustBundle } = this.#input;
    new k8s.KubeConfigMap(this, "configuration", {
      metadata: this.#metadata(configurationName),
      data: { "homeserver.yaml": configuration, "log.yaml": logging(), [roomRules.file]: roomRules.text },
    });
    if (trustBundle === undefined) return;
    new k8s.KubeConfigMap(this, "trust", { metadata: this.#metadata(trustName), data: { "ca.crt": trustBundle } });
  }

  #volume(): void {
    const { storageClass, storage } = this.#input;
    const { labels: own, ...metadata } = this.#metadata(mediaName);
    new k8s.KubePersistentVolumeClaim(this, "media", {
      metadata: { ...metadata, labels: { ...own, [names.protectLabel]: "true" } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage: k8s.Quantity.fromString(storage) } },
      },
    });
  }

  #service(): void {
    const port = (name: keyof typeof synapsePorts): k8s.ServicePort => ({
      name,
      port: synapsePorts[name],
      targetPort: k8s.IntOrString.fromString(name),
    });
    new k8s.KubeService(this, "service", {
      metadata: this.#metadata(synapseName),
      spec: { selector: this.#selector, ports: [port("http"), port("metrics")] },
    });
  }

  #statefulSet(): void {
    const { pullSecret, version } = this.#input;
    const { labels: own } = this.#metadata(synapseName);
    const versioned = { ...own, [names.versionLabel]: version };
    new k8s.KubeStatefulSet(this, "server", {
      metadata: { ...this.#metadata(synapseName), labels: versioned },
      spec: {
        serviceName: synapseName,
        replicas: 1,
        selector: { matchLabels: this.#selector },
        template: {
          metadata: { labels: versioned, annotations: { "socle.dev/configuration": this.#digest() } },
          spec: {
            ...restrictedPod(synapseUser),
            terminationGracePeriodSeconds: 60,
            ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
            containers: [this.#server()],
            volumes: this.#volumes(),
          },
        },
      },
    });
  }

  /** Synapse reads its files once: what they say makes new pods. */
  #digest(): string {
    const { configuration, trustBundle = "" } = this.#input;
    const text = JSON.stringify([configuration, logging(), roomRules.text, trustBundle]);
    return createHash("sha256").update(text).digest("hex").slice(0, 32);
  }

  #server(): k8s.Container {
    const health = { httpGet: { path: "/health", port: k8s.IntOrString.fromString("http") } };
    const { secrets, trustBundle } = this.#input;
    return {
      ...restrictedContainer(synapseName, this.#input),
      command: ["python3", "-m", "synapse.app.homeserver", "-c", synapseFiles.configuration],
      env: [
        // A library of PostgreSQL takes a password file from nobody but its owner, and files of Secrets belong to root.
        { name: "PGPASSWORD", valueFrom: { secretKeyRef: { name: secrets, key: "database-password" } } },
        // Where the module of ours lies. Nothing writes there, so no compiled copy of it either.
        { name: "PYTHONPATH", value: "/conf" },
        ...(trustBundle === undefined ? [] : [{ name: "SSL_CERT_FILE", value: synapseFiles.trust }]),
      ],
      ports: [
        { name: "http", containerPort: synapsePorts.http, protocol: "TCP" },
        { name: "metrics", containerPort: synapsePorts.metrics, protocol: "TCP" },
      ],
      // The schema is brought up to date before it answers, which takes as long as it takes.
      startupProbe: { ...health, periodSeconds: 2, failureThreshold: 1800 },
      readinessProbe: { ...health, periodSeconds: 5, failureThreshold: 3 },
      livenessProbe: { ...health, periodSeconds: 20, failureThreshold: 6 },
      volumeMounts: [
        { name: "configuration", mountPath: "/conf", readOnly: true },
        { name: "secrets", mountPath: "/secrets", readOnly: true },
        { name: "media", mountPath: "/media" },
        { name: "tmp", mountPath: "/tmp" },
        ...(trustBundle === undefined ? [] : [{ name: "trust", mountPath: "/trust", readOnly: true }]),
      ],
    };
  }

  #volumes(): k8s.Volume[] {
    const { secrets, trustBundle } = this.#input;
    return [
      { name: "configuration", configMap: { name: configurationName } },
      { name: "secrets", secret: { secretName: secrets, defaultMode: 0o440 } },
      { name: "media", persistentVolumeClaim: { claimName: mediaName } },
      { name: "tmp", emptyDir: { sizeLimit: k8s.Quantity.fromString("512Mi") } },
      ...(trustBundle === undefined ? [] : [{ name: "trust", configMap: { name: trustName } }]),
    ];
  }
}

/** To standard output, without what people wrote: that is at DEBUG. */
function logging(): string {
  const text = {
    version: 1,
    disable_existing_loggers: false,
    formatters: { lines: { format: "%(asctime)s %(levelname)s %(name)s %(request)s %(message)s" } },
    handlers: { console: { class: "logging.StreamHandler", formatter: "lines" } },
    root: { level: "INFO", handlers: ["console"] },
    // At INFO it would log each statement's name.
    loggers: { "synapse.storage.SQL": { level: "WARNING" } },
  };
  // JSON is YAML.
  return `${JSON.stringify(text, undefined, 2)}\n`;
}

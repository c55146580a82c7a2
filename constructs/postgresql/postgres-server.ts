import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { initializeScript, pgHbaConf, postgresPaths, postgresqlConf } from "./postgres-configuration.ts";
import { postgresPort, postgresUser, type PostgresServerInput } from "./postgres-input.ts";

/** Processes of the image find their programs here; distributions keep one directory per major version. */
const programs = (major: number): string => `/usr/lib/postgresql/${major}/bin:/usr/local/bin:/usr/bin:/bin`;

/**
 * One PostgreSQL, for pilots: one instance on one volume, TLS and SCRAM, read-only root. The volume is a claim of its own and not
 * a template of the StatefulSet, so that it can grow and outlives whatever happens to the StatefulSet.
 */
export class PostgresServer extends Construct {
  readonly #input: PostgresServerInput;

  constructor(scope: Construct, id: string, input: PostgresServerInput) {
    super(scope, id);
    this.#input = input;
    this.#network();
    this.#configuration();
    this.#volume();
    this.#service();
    this.#statefulSet();
  }

  #metadata(name: string, component = "database"): k8s.ObjectMeta {
    const { namespace, labels } = this.#input;
    return { name, namespace, labels: { ...labels, [names.componentLabel]: component } };
  }

  get #selector(): Record<string, string> {
    const selecting: readonly string[] = [names.nameLabel, names.instanceLabel];
    return Object.fromEntries(Object.entries(this.#input.labels).filter(([label]) => selecting.includes(label)));
  }

  /** The tenant's own policies let its applications in; the operator comes from elsewhere. */
  #network(): void {
    const operator = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": this.#input.operatorNamespace } },
    };
    const ports = [{ protocol: "TCP", port: k8s.IntOrString.fromNumber(postgresPort) }];
    new k8s.KubeNetworkPolicy(this, "network", {
      metadata: this.#metadata(`${this.#input.name}-allow-operator`, "network"),
      spec: {
        podSelector: { matchLabels: this.#selector },
        // It answers and asks nobody.
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [operator, ...(this.#input.clients ?? [])], ports }],
      },
    });
  }

  #configuration(): void {
    new k8s.KubeConfigMap(this, "configuration", {
      metadata: this.#metadata(`${this.#input.name}-config`),
      data: {
        "postgresql.conf": postgresqlConf(this.#input),
        "pg_hba.conf": pgHbaConf(),
        "initialize.sh": initializeScript(),
      },
    });
  }

  #volume(): void {
    const { storageClass, storage, major } = this.#input;
    const { labels: own, ...metadata } = this.#metadata(`${this.#input.name}-data`);
    new k8s.KubePersistentVolumeClaim(this, "volume", {
      // It outlives whoever knows with which version its files were made.
      metadata: { ...metadata, labels: { ...own, [names.protectLabel]: "true", [names.versionLabel]: String(major) } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage: k8s.Quantity.fromString(storage) } },
      },
    });
  }

  #service(): void {
    new k8s.KubeService(this, "service", {
      metadata: this.#metadata(this.#input.name),
      spec: {
        selector: this.#selector,
        ports: [{ name: "postgresql", port: postgresPort, targetPort: k8s.IntOrString.fromString("postgresql") }],
      },
    });
  }

  #statefulSet(): void {
    const { pullSecret } = this.#input;
    const { labels: own } = this.#metadata(this.#input.name);
    new k8s.KubeStatefulSet(this, "server", {
      metadata: this.#metadata(this.#input.name),
      spec: {
        serviceName: this.#input.name,
        replicas: 1,
        selector: { matchLabels: this.#selector },
        template: {
          metadata: { labels: { ...own } },
          spec: {
            ...restrictedPod(postgresUser),
            // A fast shutdown: waiting for clients would let the grace period run out and end in recovery.
            terminationGracePeriodSeconds: 60,
            ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
            initContainers: [this.#initializer()],
            containers: [this.#server()],
            volumes: this.#volumes(),
          },
        },
      },
    });
  }

  #container(name: string): k8s.Container {
    const env = [{ name: "PATH", value: programs(this.#input.major) }];
    return { ...restrictedContainer(name, this.#input), env };
  }

  #initializer(): k8s.Container {
    return {
      ...this.#container("initialize"),
      command: ["/bin/sh", `${postgresPaths.configuration}/initialize.sh`],
      volumeMounts: [
        { name: "data", mountPath: postgresPaths.volume },
        { name: "configuration", mountPath: postgresPaths.configuration, readOnly: true },
        { name: "administrator", mountPath: postgresPaths.administrator, readOnly: true },
        { name: "tmp", mountPath: "/tmp" },
      ],
    };
  }

  #server(): k8s.Container {
    const reachable = { port: k8s.IntOrString.fromString("postgresql") };
    return {
      ...this.#container("postgresql"),
      command: [
        "postgres",
        "-D",
        postgresPaths.data,
        "-c",
        `config_file=${postgresPaths.configuration}/postgresql.conf`,
      ],
      ports: [{ name: "postgresql", containerPort: postgresPort, protocol: "TCP" }],
      // Recovery after a crash may take long and must not be cut off by a liveness probe: there is none.
      startupProbe: { tcpSocket: reachable, periodSeconds: 2, failureThreshold: 1800 },
      readinessProbe: { tcpSocket: reachable, periodSeconds: 5, failureThreshold: 3 },
      lifecycle: { preStop: { exec: { command: ["pg_ctl", "stop", "-D", postgresPaths.data, "-m", "fast", "-w"] } } },
      volumeMounts: [
        { name: "data", mountPath: postgresPaths.volume },
        { name: "configuration", mountPath: postgresPaths.configuration, readOnly: true },
        { name: "certificate", mountPath: postgresPaths.certificate, readOnly: true },
        { name: "sockets", mountPath: postgresPaths.sockets },
        { name: "tmp", mountPath: "/tmp" },
        { name: "shared-memory", mountPath: "/dev/shm" },
      ],
    };
  }

  #volumes(): k8s.Volume[] {
    const { administratorSecret, certificateSecret } = this.#input;
    // The server refuses a key that others may read; 0640 with the group of the pod is the one mode that it accepts of a mounted Secret.
    const defaultMode = 0o640;
    return [
      { name: "data", persistentVolumeClaim: { claimName: `${this.#input.name}-data` } },
      { name: "configuration", configMap: { name: `${this.#input.name}-config` } },
      { name: "administrator", secret: { secretName: administratorSecret, defaultMode } },
      { name: "certificate", secret: { secretName: certificateSecret, defaultMode } },
      { name: "sockets", emptyDir: { sizeLimit: k8s.Quantity.fromString("1Mi") } },
      { name: "tmp", emptyDir: { sizeLimit: k8s.Quantity.fromString("64Mi") } },
      { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: k8s.Quantity.fromString("256Mi") } },
    ];
  }
}

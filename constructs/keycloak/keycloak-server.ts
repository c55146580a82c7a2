import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { keycloakPorts, keycloakUser, type KeycloakServerInput } from "./keycloak-input.ts";
import { keycloakNetworkPolicy } from "./keycloak-network.ts";
import { buildSettings, keycloakEnvironment, keycloakPaths } from "./keycloak-settings.ts";

/**
 * The Keycloak of a region. The public image builds itself at each start and writes into its own programs; here it is built once per pod, into
 * a volume that lies over them, and then runs optimized on a read-only root.
 */
export class KeycloakServer extends Construct {
  readonly #input: KeycloakServerInput;

  constructor(scope: Construct, id: string, input: KeycloakServerInput) {
    super(scope, id);
    this.#input = input;
    new k8s.KubeNetworkPolicy(this, "network", {
      metadata: this.#metadata(input.name, "network"),
      spec: keycloakNetworkPolicy(input, this.#selector),
    });
    this.#trust();
    this.#service();
    this.#disruptions();
    this.#statefulSet();
  }

  #metadata(name: string, component = "server"): k8s.ObjectMeta {
    const { namespace, labels } = this.#input;
    return { name, namespace, labels: { ...labels, [names.componentLabel]: component } };
  }

  get #selector(): Record<string, string> {
    const selecting: readonly string[] = [names.nameLabel, names.instanceLabel];
    return Object.fromEntries(Object.entries(this.#input.labels).filter(([label]) => selecting.includes(label)));
  }

  get #trustName(): string {
    return `${this.#input.name}-trust`;
  }

  #trust(): void {
    const { trustBundle } = this.#input;
    if (trustBundle === undefined) return;
    new k8s.KubeConfigMap(this, "trust", {
      metadata: this.#metadata(this.#trustName),
      data: { "ca.crt": trustBundle },
    });
  }

  #service(): void {
    const port = (name: "http" | "https"): k8s.ServicePort => ({
      name,
      port: keycloakPorts[name],
      targetPort: k8s.IntOrString.fromString(name),
    });
    new k8s.KubeService(this, "service", {
      metadata: this.#metadata(this.#input.name),
      spec: { selector: this.#selector, ports: [port("http"), port("https")] },
    });
  }

  /** One pod at a time may be taken from it, however many there are. */
  #disruptions(): void {
    new k8s.KubePodDisruptionBudget(this, "disruptions", {
      metadata: this.#metadata(this.#input.name),
      spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: this.#selector } },
    });
  }

  #statefulSet(): void {
    const { input, selector } = { input: this.#input, selector: this.#selector };
    const { labels: own } = this.#metadata(input.name);
    const versioned = { ...own, [names.versionLabel]: input.version };
    new k8s.KubeStatefulSet(this, "server", {
      metadata: { ...this.#metadata(input.name), labels: versioned },
      spec: {
        serviceName: input.name,
        replicas: input.replicas,
        podManagementPolicy: "Parallel",
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: versioned },
          spec: {
            ...restrictedPod(keycloakUser),
            terminationGracePeriodSeconds: 30,
            ...(input.pullSecret === undefined ? {} : { imagePullSecrets: [{ name: input.pullSecret }] }),
            ...spread(input.zones, selector),
            initContainers: [this.#copier(), this.#builder()],
            containers: [this.#server()],
            volumes: this.#volumes(),
          },
        },
      },
    });
  }

  #copier(): k8s.Container {
    return {
      ...restrictedContainer("copy", this.#input),
      command: ["/bin/bash", "-c", `cp -R ${keycloakPaths.build}/. /build/`],
      volumeMounts: [{ name: "build", mountPath: "/build" }],
    };
  }

  #builder(): k8s.Container {
    return {
      ...restrictedContainer("build", this.#input),
      command: [`${keycloakPaths.home}/bin/kc.sh`, "build"],
      env: Object.entries(buildSettings).map(([name, value]) => ({ name, value })),
      volumeMounts: [
        { name: "build", mountPath: keycloakPaths.build },
        { name: "data", mountPath: keycloakPaths.data },
        { name: "tmp", mountPath: "/tmp" },
      ],
    };
  }

  #server(): k8s.Container {
    const asks = (path: string): { httpGet: k8s.HttpGetAction } => ({
      httpGet: { path, port: k8s.IntOrString.fromString("management") },
    });
    const { trustBundle, database } = this.#input;
    return {
      // The heap is a share of the limit: without one it would be a share of the node.
      ...restrictedContainer("keycloak", this.#input),
      command: [`${keycloakPaths.home}/bin/kc.sh`, "start", "--optimized"],
      env: keycloakEnvironment(this.#input),
      ports: [
        { name: "http", containerPort: keycloakPorts.http, protocol: "TCP" },
        { name: "https", containerPort: keycloakPorts.https, protocol: "TCP" },
        { name: "management", containerPort: keycloakPorts.management, protocol: "TCP" },
      ],
      // The first start of a version migrates the schema, which takes as long as it takes.
      startupProbe: { ...asks("/health/started"), periodSeconds: 2, failureThreshold: 900 },
      readinessProbe: { ...asks("/health/ready"), periodSeconds: 5, failureThreshold: 3 },
      livenessProbe: { ...asks("/health/live"), periodSeconds: 10, failureThreshold: 6 },
      volumeMounts: [
        { name: "build", mountPath: keycloakPaths.build, readOnly: true },
        { name: "data", mountPath: keycloakPaths.data },
        { name: "tmp", mountPath: "/tmp" },
        { name: "certificate", mountPath: keycloakPaths.certificate, readOnly: true },
        ...(trustBundle === undefined ? [] : [{ name: "trust", mountPath: keycloakPaths.trust, readOnly: true }]),
        ...(database.authoritySecret === undefined
          ? []
          : [{ name: "database", mountPath: keycloakPaths.databaseAuthority, readOnly: true }]),
      ],
    };
  }

  #volumes(): k8s.Volume[] {
    const { certificateSecret, database, trustBundle } = this.#input;
    const scratch = (name: string, size: string): k8s.Volume => ({
      name,
      emptyDir: { sizeLimit: k8s.Quantity.fromString(size) },
    });
    const authority = database.authoritySecret;
    return [
      scratch("build", "256Mi"),
      scratch("data", "256Mi"),
      scratch("tmp", "256Mi"),
      { name: "certificate", secret: { secretName: certificateSecret, defaultMode: 0o440 } },
      ...(trustBundle === undefined ? [] : [{ name: "trust", configMap: { name: this.#trustName } }]),
      ...(authority === undefined
        ? []
        : [
            {
              name: "database",
              secret: { secretName: authority, defaultMode: 0o440, items: [{ key: "ca.crt", path: "ca.crt" }] },
            },
          ]),
    ];
  }
}

/** Over the zones where there are several, over nodes as far as they go. */
function spread(zones: number, selector: Record<string, string>): Pick<k8s.PodSpec, "topologySpreadConstraints"> {
  const by = (topologyKey: string): k8s.TopologySpreadConstraint => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: selector },
  });
  return {
    topologySpreadConstraints: [
      ...(zones > 1 ? [by("topology.kubernetes.io/zone")] : []),
      by("kubernetes.io/hostname"),
    ],
  };
}

import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import type { ObjectRef } from "../manifest.ts";
import { tcp } from "../network-peers.ts";
import { type ContainerResources, restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { redisConf } from "./redis-configuration.ts";

export const redisPort = 6379;
const user = 999;
const component = "redis";

/** A Redis of one module, which keeps nothing: locks, sessions and what can be computed again. */
export interface RedisInput {
  readonly namespace: string;
  /** Of the Deployment and the Service, such as `drive-redis`. */
  readonly name: string;
  /** Of the module; the component becomes `redis`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly pullSecret?: string;
  /** Half of the memory is for keys, the rest for connections and what a copy takes. */
  readonly resources: ContainerResources;
  /** Secret and key of the password. */
  readonly password: { readonly secret: string; readonly key: string };
  /** Labels of the module's own pods that may talk to it; they are let out to it too. */
  readonly clients: Readonly<Record<string, string>>;
}

/** Own figures: locks and sessions of a seat take some kilobytes; what a module caches besides may be thrown away. */
export const redisSizes: Readonly<Record<"XS" | "S" | "M" | "L" | "XL", ContainerResources>> = {
  XS: { cpu: "20m", memoryMi: 64 },
  S: { cpu: "50m", memoryMi: 128 },
  M: { cpu: "100m", memoryMi: 256 },
  L: { cpu: "250m", memoryMi: 512 },
  XL: { cpu: "500m", memoryMi: 1024 },
};

/** Host as the module's pods call it. */
export function redisHost({ name, namespace }: Pick<RedisInput, "name" | "namespace">): string {
  return `${name}.${namespace}.svc`;
}

/** The Deployment has to be available before what uses it starts. */
export function redisDeployment({ name, namespace }: Pick<RedisInput, "name" | "namespace">): ObjectRef {
  return { apiVersion: "apps/v1", kind: "Deployment", namespace, name };
}

export class Redis extends Construct {
  readonly #input: RedisInput;

  constructor(scope: Construct, id: string, input: RedisInput) {
    super(scope, id);
    this.#input = input;
    this.#network();
    new k8s.KubeConfigMap(this, "configuration", {
      metadata: this.#metadata(`${input.name}-config`),
      data: { "redis.conf": configuration(input), "account.sh": accountScript },
    });
    new k8s.KubeService(this, "service", {
      metadata: this.#metadata(input.name),
      spec: {
        selector: this.#selector,
        ports: [{ name: "redis", port: redisPort, targetPort: k8s.IntOrString.fromString("redis") }],
      },
    });
    this.#deployment();
  }

  #metadata(name: string): k8s.ObjectMeta {
    const { namespace, labels } = this.#input;
    return { name, namespace, labels: { ...labels, [names.componentLabel]: component } };
  }

  get #selector(): Record<string, string> {
    const { labels } = this.#input;
    const own = [names.nameLabel, names.instanceLabel].map((label) => [label, labels[label] ?? ""]);
    return { ...(Object.fromEntries(own) as Record<string, string>), [names.componentLabel]: component };
  }

  #network(): void {
    const { name, clients } = this.#input;
    const pods = { podSelector: { matchLabels: { ...clients } } };
    const itself = { podSelector: { matchLabels: this.#selector } };
    const ports = [tcp(redisPort)];
    new k8s.KubeNetworkPolicy(this, "way-in", {
      metadata: this.#metadata(`${name}-allow-clients`),
      spec: { ...itself, policyTypes: ["Ingress"], ingress: [{ from: [pods], ports }] },
    });
    new k8s.KubeNetworkPolicy(this, "way-out", {
      metadata: this.#metadata(`${name}-allow-from-clients`),
      spec: { ...pods, policyTypes: ["Egress"], egress: [{ to: [itself], ports }] },
    });
  }

  #deployment(): void {
    const { name, pullSecret, password } = this.#input;
    const { labels: own } = this.#metadata(name);
    const digest = createHash("sha256").update(configuration(this.#input)).update(accountScript).digest("hex");
    const items = [{ key: password.key, path: "password" }];
    new k8s.KubeDeployment(this, "deployment", {
      metadata: this.#metadata(name),
      spec: {
        replicas: 1,
        // Two of them would each know half of the locks.
        strategy: { type: "Recreate" },
        selector: { matchLabels: this.#selector },
        template: {
          metadata: { labels: { ...own }, annotations: { "socle.dev/configuration": digest.slice(0, 32) } },
          spec: {
            ...restrictedPod(user),
            ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
            initContainers: [this.#account()],
            containers: [this.#server()],
            volumes: [
              { name: "configuration", configMap: { name: `${name}-config` } },
              { name: "password", secret: { secretName: password.secret, items } },
              { name: "account", emptyDir: { medium: "Memory", sizeLimit: k8s.Quantity.fromString("1Mi") } },
            ],
          },
        },
      },
    });
  }

  #account(): k8s.Container {
    return {
      ...restrictedContainer("account", { ...this.#input, resources: { cpu: "10m", memoryMi: 32 } }),
      command: ["sh", "/conf/account.sh"],
      volumeMounts: [
        { name: "configuration", mountPath: "/conf", readOnly: true },
        { name: "password", mountPath: "/secrets", readOnly: true },
        { name: "account", mountPath: "/account" },
      ],
    };
  }

  #server(): k8s.Container {
    const answers = { tcpSocket: { port: k8s.IntOrString.fromString("redis") } };
    return {
      ...restrictedContainer(component, this.#input),
      command: ["redis-server", "/conf/redis.conf"],
      ports: [{ name: "redis", containerPort: redisPort, protocol: "TCP" }],
      readinessProbe: { ...answers, periodSeconds: 5 },
      livenessProbe: { ...answers, periodSeconds: 20 },
      volumeMounts: [
        { name: "configuration", mountPath: "/conf", readOnly: true },
        { name: "account", mountPath: "/account", readOnly: true },
      ],
    };
  }
}

function configuration({ resources }: Pick<RedisInput, "resources">): string {
  return redisConf([
    ["bind", "*"],
    ["port", String(redisPort)],
    ["save", ""],
    ["appendonly", "no"],
    // Nothing is written; this is where it would be.
    ["dir", "/account"],
    ["maxmemory", `${Math.floor(resources.memoryMi / 2)}mb`],
    // What has no end, such as a lock that is held, is never thrown away for something else.
    ["maxmemory-policy", "volatile-lru"],
    ["aclfile", "/account/users.acl"],
  ]);
}

/**
 * The server takes a password as its SHA-256: sixty-four hex digits, whatever characters it has, so that nothing needs quoting and nobody reads it
 * in a list of processes. The account does what applications do, and administers nothing.
 */
const accountScript = [
  "set -eu",
  "umask 077",
  'hash="$(sha256sum < /secrets/password)"',
  'printf "user default on #%s ~* &* +@all -@admin -@dangerous +info +keys +flushdb\\n" "${hash%% *}" > /account/users.acl\n',
].join("\n");

import { ApiObject } from "cdk8s";
import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import type { Manifest } from "../manifest.ts";
import { dnsRule, namespacePeer, tcp } from "../network-peers.ts";
import { synthesize } from "../synthesize.ts";
import { cloudNativePg, type PostgresClusterInput } from "./cluster-input.ts";
import { databaseSpec, roleSpec } from "./declared-database.ts";
import { postgresPort } from "./postgres-input.ts";

const statusPort = 8000;
/** On every pod of a cluster, those of its jobs included. */
export const clusterPods = (name: string): { readonly matchLabels: Record<string, string> } => ({
  matchLabels: { "cnpg.io/cluster": name },
});

/**
 * A Cluster of CloudNativePG with the tenant's role and database, and the doors that its pods need. Role and database are objects too, so
 * nobody here holds a superuser: the operator of CloudNativePG carries them out over the socket of the primary, and no network account exists
 * that could do more than own one database.
 */
export class PostgresCluster extends Construct {
  readonly #input: PostgresClusterInput;

  constructor(scope: Construct, id: string, input: PostgresClusterInput) {
    super(scope, id);
    this.#input = input;
    this.#network();
    this.#cluster();
    this.#role();
    this.#database();
  }

  #metadata(name: string, component = "database"): { name: string; namespace: string; labels: Record<string, string> } {
    const { namespace, labels } = this.#input;
    return { name, namespace, labels: { ...labels, [names.componentLabel]: component } };
  }

  #object(id: string, kind: string, body: { readonly protect: boolean; readonly spec: object }): void {
    const { labels: own, ...metadata } = this.#metadata(this.#input.name);
    new ApiObject(this, id, {
      apiVersion: cloudNativePg.apiVersion,
      kind,
      metadata: { ...metadata, labels: { ...own, ...(body.protect ? { [names.protectLabel]: "true" } : {}) } },
      spec: body.spec,
    });
  }

  /** Whatever else is denied, in the namespace or by these very policies. */
  #network(): void {
    const { operatorNamespace, apiServers, clients = [] } = this.#input;
    const both = [tcp(postgresPort), tcp(statusPort)];
    const instances = { podSelector: clusterPods(this.#input.name) };
    const operator = {
      ...namespacePeer(cloudNativePg.operatorNamespace),
      podSelector: { matchLabels: { ...cloudNativePg.operatorPods } },
    };
    this.#policy("allow-operator", {
      ingress: [{ from: [namespacePeer(operatorNamespace)], ports: [tcp(postgresPort)] }],
    });
    this.#policy("allow-cloudnative-pg", { ingress: [{ from: [operator], ports: both }] });
    this.#policy("allow-instances", {
      ingress: [{ from: [instances], ports: both }],
      // Replicas find the primary by the name of its Service.
      egress: [{ to: [instances], ports: both }, dnsRule()],
    });
    if (clients.length > 0)
      this.#policy("allow-clients", { ingress: [{ from: [...clients], ports: [tcp(postgresPort)] }] });
    // A rule without peers would open every address; without an address there is nothing to open.
    const egress = apiServers.map(({ address, port }) => ({
      to: [{ ipBlock: { cidr: `${address}/${address.includes(":") ? 128 : 32}` } }],
      ports: [tcp(port)],
    }));
    if (egress.length > 0) this.#policy("allow-api-server", { egress });
  }

  #policy(name: string, flows: Pick<k8s.NetworkPolicySpec, "ingress" | "egress">): void {
    const policyTypes = [
      ...(flows.ingress === undefined ? [] : ["Ingress"]),
      ...(flows.egress === undefined ? [] : ["Egress"]),
    ];
    new k8s.KubeNetworkPolicy(this, name, {
      metadata: this.#metadata(`${this.#input.name}-${name}`, "network"),
      spec: { podSelector: clusterPods(this.#input.name), policyTypes, ...flows },
    });
  }

  #cluster(): void {
    const { image, instances, storageClass, storage, zones, certificateSecret, pullSecret } = this.#input;
    const { cpu, memoryMi } = this.#input.resources;
    const memory = `${memoryMi}Mi`;
    const spec = {
      instances,
      imageName: image,
      ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
      storage: { storageClass, size: storage },
      bootstrap: { initdb: this.#initdb() },
      // Ours, so that who connects pins an authority that does not change; CloudNativePG's own would be renewed every 90 days.
      certificates: { serverTLSSecret: certificateSecret, serverCASecret: certificateSecret },
      enableSuperuserAccess: false,
      postgresql: this.#postgresql(),
      resources: { requests: { cpu, memory }, limits: { memory } },
      affinity: {
        enablePodAntiAffinity: true,
        podAntiAffinityType: "preferred",
        topologyKey: zones ? "topology.kubernetes.io/zone" : "kubernetes.io/hostname",
      },
      // A budget for a single instance would let no node be drained.
      enablePDB: instances > 1,
      primaryUpdateStrategy: "unsupervised",
      primaryUpdateMethod: instances > 1 ? "switchover" : "restart",
      // Clients reconnect; waiting three minutes for them to leave, as is the default, is three minutes without a primary.
      smartShutdownTimeout: 10,
      stopDelay: 120,
      switchoverDelay: 120,
      monitoring: { enablePodMonitor: false, disableDefaultQueries: true },
      // Not the label that protects: CloudNativePG removes and makes volumes of replicas itself. Nor "managed by": these are not ours.
      inheritedMetadata: { labels: this.#inherited() },
    };
    this.#object("cluster", "Cluster", { protect: true, spec });
  }

  #inherited(): Record<string, string> {
    const shared: readonly string[] = [names.partOfLabel, names.tenantLabel, names.regionLabel, names.moduleLabel];
    return Object.fromEntries(Object.entries(this.#input.labels).filter(([label]) => shared.includes(label)));
  }

  #initdb(): object {
    const { database, credentialsSecret } = this.#input;
    const identifier = `"${database.replaceAll('"', '""')}"`;
    return {
      database,
      owner: database,
      secret: { name: credentialsSecret },
      encoding: "UTF8",
      localeCollate: "C",
      localeCType: "C",
      dataChecksums: true,
      // A new database is open to every role of its server; roles of other modules get what they are given.
      postInitApplicationSQL: [`REVOKE CONNECT, TEMPORARY ON DATABASE ${identifier} FROM PUBLIC`],
    };
  }

  #postgresql(): object {
    const { instances, resources } = this.#input;
    return {
      parameters: {
        max_connections: "200",
        shared_buffers: `${Math.floor(resources.memoryMi / 4)}MB`,
        effective_cache_size: `${Math.floor((resources.memoryMi * 3) / 4)}MB`,
        // What a statement said may hold personal data: only slow and failed ones are logged, without their values.
        log_parameter_max_length: "0",
        log_parameter_max_length_on_error: "0",
        log_connections: "on",
      },
      // CloudNativePG ends the file with a line that takes passwords without TLS; these stand before it.
      pg_hba: ["hostssl all all all scram-sha-256", "hostnossl all all all reject"],
      ...(instances > 1 ? { synchronous: synchronousReplication(instances) } : {}),
    };
  }

  #role(): void {
    const { database: name, connectionLimit, marker, credentialsSecret } = this.#input;
    const spec = roleSpec({ cluster: this.#input.name, name, connectionLimit, marker, credentialsSecret });
    this.#object("role", "DatabaseRole", { protect: false, spec });
  }

  #database(): void {
    const { database: name } = this.#input;
    const spec = databaseSpec({ cluster: this.#input.name, name });
    this.#object("database", "Database", { protect: true, spec });
  }
}

/**
 * A commit is answered when a second instance has it, so that the loss of the primary loses nothing that was answered. With only one
 * replica that promise is given up while the replica is away: otherwise two instances would be less available than one.
 */
function synchronousReplication(instances: number): object {
  return { method: "any", number: 1, dataDurability: instances > 2 ? "required" : "preferred" };
}

/** Everything of one tenant's PostgreSQL cluster but its Secrets, in the order in which it is applied: doors, cluster, role, database. Pure. */
export function clusterManifests(input: PostgresClusterInput): Manifest[] {
  return synthesize((scope) => {
    new PostgresCluster(scope, "postgresql", input);
  });
}

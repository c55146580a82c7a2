import { labels } from "../../../constructs/labels.ts";
import { namespaceName } from "../../../constructs/names.ts";
import { clusterManifests } from "../../../constructs/postgresql/cloudnative-pg.ts";
import { cloudNativePg, type PostgresClusterInput } from "../../../constructs/postgresql/cluster-input.ts";
import { postgresPort, tenantServer } from "../../../constructs/postgresql/postgres-input.ts";
import { names } from "../../../crds/group.ts";
import type { ObjectRef } from "../../../constructs/manifest.ts";
import { imageReference } from "../catalogue.ts";
import type { DesiredModule, ModuleInput, SecretDesired } from "../driver.ts";
import { connectionLimit, credentials, imageName, major } from "./settings.ts";
import { serverSize } from "./size.ts";
import { serverCertificate, serverHosts } from "../tenant-database.ts";
import { pullSecretOf } from "../pull-secret.ts";

/** What was chosen when the module was made stays, whatever the defaults say today; what the spec says wins. */
interface Chosen {
  readonly storage: string;
  readonly instances: number;
}

function chosen({ module }: ModuleInput): Chosen {
  const { postgresql } = module.spec;
  const { storage, instances } = serverSize(module.spec, "S");
  const kept = module.status?.resolved ?? {};
  return {
    storage: postgresql?.storage ?? kept["storage"] ?? storage,
    instances: postgresql?.instances ?? Number(kept["instances"] ?? instances),
  };
}

/** A Cluster of the tenant's own in its data namespace; role and database are objects beside it. */
export function ownCluster(input: ModuleInput): DesiredModule {
  const name = input.tenant.metadata.name;
  const namespace = namespaceName(name, "data");
  const hosts = serverHosts("CloudNativePG", name);
  const [host] = hosts;
  const secret: SecretDesired = { ...credentials(name, host, postgresPort), type: "kubernetes.io/basic-auth" };
  const certificate = serverCertificate(hosts);
  const object = (kind: string): ObjectRef => ({
    apiVersion: cloudNativePg.apiVersion,
    kind,
    namespace,
    name: tenantServer,
  });
  const { storage, instances } = chosen(input);
  return {
    // The namespace is the tenant's, and so is every name in it: there is nobody to claim them from.
    claims: [],
    secrets: [certificate, secret],
    server: {
      manifests: clusterManifests(clusterInput(input, { credentials: secret.name, certificate: certificate.name })),
      awaits: [object("Cluster")],
    },
    database: {
      // Nobody has a superuser here: what is asked through this connection is asked as the tenant's own role.
      host: { kind: "module", host, port: postgresPort, administrator: secret, certificate },
      desired: { role: name, database: name, marker: input.marker, connectionLimit },
      password: { secret, key: "password" },
      server: `${host}:${postgresPort}`,
      declared: [object("DatabaseRole"), object("Database")],
    },
    version: String(major(input)),
    resolved: { driver: "CloudNativePG", database: name, storage, instances: String(instances) },
  };
}

function clusterInput(
  input: ModuleInput,
  secrets: { readonly credentials: string; readonly certificate: string },
): PostgresClusterInput {
  const { tenant, module, region, marker, cluster } = input;
  const { name } = tenant.metadata;
  const { cpu, memoryMi } = serverSize(module.spec, "S");
  return {
    namespace: namespaceName(name, "data"),
    name: tenantServer,
    labels: labels({ tenant: name, component: "database", module: "PostgreSQL" }),
    image: imageReference(region.spec, imageName(input)) ?? "",
    ...chosen(input),
    storageClass: region.spec.storage.className,
    resources: { cpu, memoryMi },
    zones: region.spec.zones.length > 1,
    database: name,
    connectionLimit,
    marker,
    credentialsSecret: secrets.credentials,
    certificateSecret: secrets.certificate,
    operatorNamespace: names.operatorNamespace,
    apiServers: cluster.apiServers,
    ...pullSecretOf(region),
  };
}

import { labels } from "../../../constructs/labels.ts";
import { namespaceName } from "../../../constructs/names.ts";
import { cloudNativePg } from "../../../constructs/postgresql/cluster-input.ts";
import { postgresPort, tenantServer } from "../../../constructs/postgresql/postgres-input.ts";
import { postgresManifests } from "../../../constructs/postgresql/postgres-manifests.ts";
import { names } from "../../../crds/group.ts";
import type { WorkloadWanted } from "../../reconcile/workload.ts";
import { imageReference } from "../catalogue.ts";
import type {
  CapabilityGap,
  DatabaseHost,
  DesiredModule,
  ModuleDriver,
  ModuleInput,
  SecretDesired,
} from "../driver.ts";
import { ownCluster } from "./cluster.ts";
import { askedMajor, connectionLimit, credentials, imageName, major } from "./settings.ts";
import { probeDatabase } from "./probe.ts";
import { serverSize } from "./size.ts";
import {
  driverFor,
  driverOfData,
  keepsDatabase,
  serverAdministrator,
  serverCertificate,
  serverHosts,
} from "../tenant-database.ts";
import { pullSecretOf } from "../pull-secret.ts";

/** Role and database carry the tenant's name: it is claimed, has no dash and is no reserved word. */
export const postgresqlDriver: ModuleDriver = {
  module: "PostgreSQL",
  requires: () => [],
  gap(input) {
    const { region } = input;
    const driver = driverFor(input);
    const left = driverOfData(input.live);
    if (left !== undefined && left !== driver) return otherDataGap(input, driver, left);
    switch (driver) {
      case "CloudNativePG":
        return kindGap(input) ?? imageGap(input);
      case "StatefulSet":
        return imageGap(input);
      case "External":
        return region.spec.postgresql.server === undefined ? serverGap(input) : undefined;
    }
  },
  desired(input): DesiredModule {
    switch (driverFor(input)) {
      case "CloudNativePG":
        return ownCluster(input);
      case "StatefulSet":
        return ownServer(input);
      case "External":
        return onRegion(input);
    }
  },
  probe: probeDatabase,
};

/** Two servers of a tenant would hide the data of the first behind an empty second. */
function otherDataGap({ tenant }: ModuleInput, driver: string, left: string): CapabilityGap {
  const namespace = namespaceName(tenant.metadata.name, "data");
  return {
    reason: "InvalidSpec",
    message: `postgresql.driver is ${driver}, and namespace ${namespace} holds data of a server with driver ${left}: make the tenant with postgresql.driver ${left}. Nothing was made or removed.`,
  };
}

/** A person decides whether data on a server that is gone are awaited, or given up; what lives goes on where it lives. */
function serverGap(input: ModuleInput): CapabilityGap {
  const { name } = input.region.metadata;
  const others = "set postgresql.driver of the module to StatefulSet or CloudNativePG";
  if (!keepsDatabase(input))
    return {
      message: `Region ${name} names no PostgreSQL server; set spec.postgresql.server of the region. Or ${others}.`,
    };
  const lives = input.module.status?.resolved?.["driver"] !== undefined;
  const anew = lives ? "" : ` Or begin with an empty database: ${others}.`;
  return {
    message: `The database of tenant ${input.tenant.metadata.name} is on a server that region ${name} no longer names; set spec.postgresql.server of the region to it.${anew}`,
  };
}

/** The operator of CloudNativePG is somebody else's to install. */
function kindGap({ cluster, region }: ModuleInput): CapabilityGap | undefined {
  const missing = cloudNativePg.kinds.filter(({ kind }) => !cluster.kinds.has(kind)).map(({ kind }) => kind);
  if (missing.length === 0) return undefined;
  return {
    message: `This cluster lacks ${missing.join(", ")} of ${cloudNativePg.apiVersion}: install CloudNativePG 1.30 or newer in namespace ${cloudNativePg.operatorNamespace}, and this goes on by itself. Or set postgresql.driver, or defaultDriver of region ${region.metadata.name}, to StatefulSet or External for new modules.`,
  };
}

function imageGap(input: ModuleInput): CapabilityGap | undefined {
  const { region } = input;
  if (imageReference(region.spec, imageName(input)) !== undefined) return undefined;
  return {
    message: `This release has no image ${imageName(input)}; name one in spec.images.overrides of region ${region.metadata.name}.`,
  };
}

/** A role and a database on the server that the region names. */
function onRegion(input: ModuleInput): DesiredModule {
  const name = input.tenant.metadata.name;
  const server = input.region.spec.postgresql.server;
  const address = server === undefined ? "" : `${server.host}:${server.port}`;
  const secret = credentials(name, server?.host ?? "", server?.port ?? postgresPort);
  return {
    claims: [{ kind: "Database", value: `${address}/${name}` }],
    secrets: [secret],
    database: databaseOn({ kind: "region" }, input, { address, secret }),
    resolved: { driver: "External", database: name },
  };
}

/** A server of the tenant's own in its data namespace, and on it the role and the database that its modules use. */
function ownServer(input: ModuleInput): DesiredModule {
  const name = input.tenant.metadata.name;
  const port = postgresPort;
  const hosts = serverHosts("StatefulSet", name);
  const [host] = hosts;
  const administrator = serverAdministrator;
  const certificate = serverCertificate(hosts);
  const secret = credentials(name, host, port);
  const own: DatabaseHost = { kind: "module", host, port, administrator, certificate };
  return {
    // The namespace is the tenant's, and so is every name in it: there is nobody to claim them from.
    claims: [],
    secrets: [administrator, certificate, secret],
    server: workload(input, { administratorSecret: administrator.name, certificateSecret: certificate.name }),
    database: databaseOn(own, input, { address: `${host}:${port}`, secret }),
    version: String(major(input)),
    ...behind(input),
    resolved: {
      driver: "StatefulSet",
      database: name,
      storage: serverSize(input.module.spec).storage,
      major: String(major(input)),
    },
  };
}

function behind(input: ModuleInput): Pick<DesiredModule, "behind"> {
  const [runs, asked] = [major(input), askedMajor(input)];
  if (runs === asked) return {};
  return {
    behind: {
      reason: "VersionUnsupported",
      message: `PostgreSQL ${runs} runs and ${asked} is asked for: this version moves no data between them. Move it by dump and restore to a tenant that is made with ${asked}.`,
    },
  };
}

function databaseOn(host: DatabaseHost, input: ModuleInput, at: { address: string; secret: SecretDesired }) {
  const name = input.tenant.metadata.name;
  return {
    host,
    desired: { role: name, database: name, marker: input.marker, connectionLimit },
    password: { secret: at.secret, key: "password" },
    server: at.address,
  };
}

function workload(
  input: ModuleInput,
  secrets: { readonly administratorSecret: string; readonly certificateSecret: string },
): WorkloadWanted {
  const { tenant, module, region } = input;
  const namespace = namespaceName(tenant.metadata.name, "data");
  const { cpu, memoryMi, storage } = serverSize(module.spec);
  return {
    manifests: postgresManifests({
      namespace,
      name: tenantServer,
      labels: labels({ tenant: tenant.metadata.name, component: "database", module: "PostgreSQL" }),
      major: major(input),
      image: imageReference(region.spec, imageName(input)) ?? "",
      storageClass: region.spec.storage.className,
      // Stated, or as it was at first: another size of the module asks for no other volume, since none could shrink again.
      storage: module.spec.postgresql?.storage ?? module.status?.resolved?.["storage"] ?? storage,
      resources: { cpu, memoryMi },
      ...secrets,
      operatorNamespace: names.operatorNamespace,
      ...pullSecretOf(region),
    }),
    awaits: [{ apiVersion: "apps/v1", kind: "StatefulSet", namespace, name: tenantServer }],
  };
}

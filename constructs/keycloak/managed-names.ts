import { createHash } from "node:crypto";
import { names } from "../../crds/group.ts";
import { keycloakHost, keycloakPorts } from "./keycloak-input.ts";

/** Names around the Keycloak that a region runs; they follow from the region's own. */
export interface ManagedNames {
  /** Of Service, StatefulSet and Ingress; all others begin with it. */
  readonly server: string;
  /** Of the database server that comes with it. */
  readonly databaseServer: string;
  readonly namespace: string;
  /** Where the operator administers it. */
  readonly adminUrl: string;
  readonly bootstrapSecret: string;
  readonly platformSecret: string;
  readonly certificateSecret: string;
  readonly publicCertificateSecret: string;
}

/** A StatefulSet's name becomes part of a label of at most 63 characters: a long region keeps its beginning and a digest of the rest. */
export function managedNames(region: string): ManagedNames {
  const name = `keycloak-${region}`;
  const digest = createHash("sha256").update(region).digest("hex").slice(0, 8);
  const server = name.length <= 40 ? name : `${name.slice(0, 31)}-${digest}`;
  const namespace = names.identityNamespace;
  return {
    server,
    databaseServer: `${server}-db`,
    namespace,
    adminUrl: `https://${keycloakHost({ name: server, namespace })}:${keycloakPorts.https}`,
    bootstrapSecret: `${server}-bootstrap`,
    platformSecret: `${server}-platform`,
    certificateSecret: `${server}-certificate`,
    publicCertificateSecret: `${server}-public-certificate`,
  };
}

import { type ManagedNames, managedNames } from "../../constructs/keycloak/managed-names.ts";
import { bucketKeys, mailKeys, pullSecretKey } from "../../constructs/names.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { ConnectKeycloak, KeycloakApi, ServiceAccount } from "../keycloak/keycloak-api.ts";
import type { KubeObject, ObjectCache } from "../kube/kube-api.ts";
import type { ConnectNumSpot, NumSpotApi } from "../numspot/numspot-api.ts";
import type { ConnectObjectStore, ObjectStoreApi } from "../objectstore/object-store-api.ts";
import type { ConnectOpenXchange, OpenXchangeApi } from "../openxchange/openxchange-api.ts";
import type { ConnectPostgres, PostgresApi, PostgresServer } from "../postgres/postgres-api.ts";
import { digest } from "../reconcile/digest.ts";
import { TerminalError, WaitingError } from "../runtime/errors.ts";
import { decodeSecret, type SecretData } from "./secret-store.ts";

export interface RegionSystemsPorts {
  readonly operatorNamespace: string;
  /** Secrets and ConfigMaps of the operator's own namespace. */
  readonly secrets: ObjectCache;
  readonly configMaps: ObjectCache;
  /** Secrets of the namespace in which regions run their Keycloak. */
  readonly identitySecrets: ObjectCache;
  readonly connectPostgres: ConnectPostgres;
  readonly connectKeycloak: ConnectKeycloak;
  readonly connectObjectStore: ConnectObjectStore;
  readonly connectOpenXchange: ConnectOpenXchange;
  readonly connectNumSpot: ConnectNumSpot;
  readonly onSecret: (value: string) => void;
}

export interface PlatformKeycloak {
  readonly api: KeycloakApi;
  /** The platform's account in `master`: it creates realms and does nothing else. */
  readonly account: ServiceAccount;
}

interface Connection {
  readonly digest: string;
  readonly api: { close(): Promise<void> };
}

/**
 * The external systems that a region names, connected with the credentials that it references. A connection is kept while its
 * parameters stay; it is replaced when the region, a Secret or the trust bundle changes.
 * Errors: a missing Secret or ConfigMap is a WaitingError (DependencyMissing) that says what to create; a missing key a TerminalError.
 */
export class RegionSystems {
  readonly #ports: RegionSystemsPorts;
  readonly #connections = new Map<string, Connection>();

  constructor(ports: RegionSystemsPorts) {
    this.#ports = ports;
  }

  postgres(region: SovereignRegion): PostgresApi {
    const { server } = region.spec.postgresql;
    if (server === undefined) {
      throw new TerminalError(
        "CapabilityMissing",
        `Region ${region.metadata.name} names no PostgreSQL server; set spec.postgresql.server.`,
      );
    }
    const { username, password } = this.#credentials(server.adminCredentialsSecretRef.name, ["username", "password"]);
    const ca = this.trustBundle(region);
    return this.#connection(`postgres ${region.metadata.name}`, { ...server, username, password, ca }, () =>
      this.#ports.connectPostgres({
        host: server.host,
        port: server.port,
        tls: server.tls,
        username: username ?? "",
        password: password ?? "",
        ...(ca === undefined ? {} : { ca }),
      }),
    );
  }

  /** The server that a module runs for its tenant. `name` tells connections apart; parameters come from the module's own Secrets. */
  postgresAt(name: string, server: PostgresServer): PostgresApi {
    return this.#connection(`postgres of ${name}`, server, () => this.#ports.connectPostgres(server));
  }

  /** The App Suite of the region, as its master administrator. */
  openXchange(region: SovereignRegion): OpenXchangeApi {
    const { openXchange } = region.spec;
    if (openXchange === undefined) {
      throw new TerminalError(
        "CapabilityMissing",
        `Region ${region.metadata.name} names no App Suite; set spec.openXchange.`,
      );
    }
    const { url, adminCredentialsSecretRef } = openXchange;
    const { username = "", password = "" } = this.#credentials(adminCredentialsSecretRef.name, [
      "username",
      "password",
    ]);
    const ca = this.trustBundle(region);
    const server = { url, username, password, ...(ca === undefined ? {} : { ca }) };
    return this.#connection(`app suite ${region.metadata.name}`, server, () => this.#ports.connectOpenXchange(server));
  }

  /** NumSpot's API, as the service account that the region names; undefined where it names no API, or lies elsewhere. */
  numSpot(region: SovereignRegion): NumSpotApi | undefined {
    const { type, apiURL, credentialsSecretRef } = region.spec.provider;
    if (type !== "NumSpot" || apiURL === undefined || credentialsSecretRef === undefined) return undefined;
    const { clientID = "", clientSecret = "" } = this.#credentials(
      credentialsSecretRef.name,
      ["clientID", "clientSecret"],
      `of a service account of NumSpot that may read (spec.provider of region ${region.metadata.name})`,
    );
    const ca = this.trustBundle(region);
    const server = {
      url: apiURL,
      clientId: clientID,
      clientSecret,
      ...(ca === undefined ? {} : { ca }),
    };
    return this.#connection(`numspot ${region.metadata.name}`, server, () => this.#ports.connectNumSpot(server));
  }

  /** The object store of the region, as the account that makes buckets. */
  objectStore(region: SovereignRegion): ObjectStoreApi {
    const { objectStore } = region.spec.storage;
    if (objectStore === undefined) {
      throw new TerminalError(
        "CapabilityMissing",
        `Region ${region.metadata.name} names no object store; set spec.storage.objectStore.`,
      );
    }
    const { url, region: signedFor, pathStyle, credentialsSecretRef } = objectStore;
    const keys = this.#credentials(credentialsSecretRef.name, bucketKeys);
    const ca = this.trustBundle(region);
    const server = {
      url,
      region: signedFor,
      pathStyle,
      accessKeyId: keys["accessKeyID"] ?? "",
      secretAccessKey: keys["secretAccessKey"] ?? "",
      ...(ca === undefined ? {} : { ca }),
    };
    return this.#connection(`object store ${region.metadata.name}`, server, () =>
      this.#ports.connectObjectStore(server),
    );
  }

  /**
   * The key of one bucket: the platform team makes it at the provider, for that bucket alone. The region's own is never handed to a tenant: it opens
   * the buckets of all.
   */
  bucketKey(region: SovereignRegion, bucket: string): SecretData {
    const key = this.#credentials(
      bucket,
      bucketKeys,
      `of an account that reads and writes bucket ${bucket} and no other`,
    );
    if (
      key["accessKeyID"] ===
      this.#credentials(region.spec.storage.objectStore?.credentialsSecretRef.name ?? "", bucketKeys)["accessKeyID"]
    )
      throw new TerminalError(
        "PolicyDenied",
        `Secret ${this.#ports.operatorNamespace}/${bucket} holds the key of region ${region.metadata.name}, which opens the buckets of all tenants; make one for bucket ${bucket} alone.`,
      );
    return key;
  }

  /** The account with which modules send mail. Asked for only where the region names one. */
  mailAccount(region: SovereignRegion): SecretData {
    const name = region.spec.smtp?.credentialsSecretRef?.name ?? "";
    return this.#credentials(
      name,
      mailKeys,
      `of the account that sends mail (spec.smtp of region ${region.metadata.name})`,
    );
  }

  /** The Keycloak that holds the region's realms, and the platform's account in it. One that the region runs waits until that account works. */
  keycloak(region: SovereignRegion): PlatformKeycloak {
    const { clientID, clientSecret } = this.#platformCredentials(region);
    const account = { realm: "master", clientId: clientID ?? "", clientSecret: clientSecret ?? "" };
    return { api: this.keycloakServer(region), account };
  }

  /** The same server without an account in it: one that is new has none yet. */
  keycloakServer(region: SovereignRegion): KeycloakApi {
    const { keycloak } = region.spec;
    const own = keycloak.mode === "Managed" ? managedNames(region.metadata.name) : undefined;
    const ca = own === undefined ? this.trustBundle(region) : this.#certificateAuthority(own);
    const adminUrl = (keycloak.adminURL ?? own?.adminUrl ?? keycloak.url).replace(/\/+$/, "");
    return this.#connection(`keycloak ${region.metadata.name}`, { adminUrl, ca }, () =>
      this.#ports.connectKeycloak({ adminUrl, ...(ca === undefined ? {} : { ca }) }),
    );
  }

  #platformCredentials(region: SovereignRegion): SecretData {
    const keys = ["clientID", "clientSecret"];
    const { adminCredentialsSecretRef: reference } = region.spec.keycloak;
    if (reference !== undefined) return this.#credentials(reference.name, keys);
    const { namespace, platformSecret, bootstrapSecret } = managedNames(region.metadata.name);
    const find = (name: string): KubeObject | undefined => this.#ports.identitySecrets.get({ namespace, name });
    const platform = find(platformSecret);
    if (platform === undefined || find(bootstrapSecret) !== undefined)
      throw new WaitingError(
        "DependencyNotReady",
        `The Keycloak of region ${region.metadata.name} is not ready; IdentityReady of the region says how far it is.`,
      );
    return this.#valuesOf(platform, keys);
  }

  #certificateAuthority({ namespace, certificateSecret }: ManagedNames): string {
    const secret = this.#ports.identitySecrets.get({ namespace, name: certificateSecret });
    if (secret === undefined)
      throw new WaitingError("DependencyNotReady", `Secret ${namespace}/${certificateSecret} is being made.`);
    return this.#valuesOf(secret, ["ca.crt"])["ca.crt"] ?? "";
  }

  /** PEM of the region's certificate authorities as far as it can be read; undefined also where it names none. */
  findTrustBundle(region: SovereignRegion): string | undefined {
    const name = region.spec.trustBundle?.configMapRef.name;
    if (name === undefined) return undefined;
    const live = this.#ports.configMaps.get({ namespace: this.#ports.operatorNamespace, name });
    const pem = (live?.["data"] as Readonly<Record<string, string>> | undefined)?.["ca.crt"];
    return pem === undefined || pem.trim() === "" ? undefined : pem;
  }

  /** PEM of the region's certificate authorities, or undefined if it names none. */
  trustBundle(region: SovereignRegion): string | undefined {
    const name = region.spec.trustBundle?.configMapRef.name;
    if (name === undefined) return undefined;
    const namespace = this.#ports.operatorNamespace;
    const pem = this.findTrustBundle(region);
    if (pem === undefined) {
      throw new WaitingError(
        "DependencyMissing",
        `ConfigMap ${namespace}/${name} with key ca.crt is missing; create it with the PEM certificates of the region.`,
      );
    }
    return pem;
  }

  /** Encoded values of the region's certificate for all hosts, to be copied; undefined where each host has one of an issuer. */
  publicCertificate(region: SovereignRegion): Readonly<Record<"tls.crt" | "tls.key", string>> | undefined {
    const name = region.spec.ingress.tlsSecretRef?.name;
    if (name === undefined) return undefined;
    const namespace = this.#ports.operatorNamespace;
    const found = this.#ports.secrets.get({ namespace, name });
    const data = (found?.["data"] ?? {}) as Readonly<Record<string, string | undefined>>;
    const { "tls.crt": certificate, "tls.key": key } = data;
    if (certificate !== undefined && key !== undefined) {
      this.#ports.onSecret(decoded(key));
      return { "tls.crt": certificate, "tls.key": key };
    }
    throw new WaitingError(
      "DependencyMissing",
      `Secret ${namespace}/${name} is missing or incomplete; create it with the keys tls.crt and tls.key (spec.ingress.tlsSecretRef).`,
    );
  }

  /** The encoded value by which nodes pull images, to be copied; undefined where anybody may pull. */
  pullSecret(region: SovereignRegion): Readonly<Record<typeof pullSecretKey, string>> | undefined {
    const name = region.spec.images?.pullSecretRef?.name;
    if (name === undefined) return undefined;
    const namespace = this.#ports.operatorNamespace;
    const found = this.#ports.secrets.get({ namespace, name });
    const value = ((found?.["data"] ?? {}) as Readonly<Record<string, string | undefined>>)[pullSecretKey];
    if (value !== undefined) {
      this.#ports.onSecret(decoded(value));
      return { [pullSecretKey]: value };
    }
    throw new WaitingError(
      "DependencyMissing",
      `Secret ${namespace}/${name} is missing or incomplete; create it with the key ${pullSecretKey}, as kubectl create secret docker-registry does (spec.images.pullSecretRef).`,
    );
  }

  /** Does a Secret of that name exist in the operator's namespace? */
  hasSecret(name: string): boolean {
    return this.#ports.secrets.get({ namespace: this.#ports.operatorNamespace, name }) !== undefined;
  }

  async close(): Promise<void> {
    const open = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(open.map((connection) => connection.api.close()));
  }

  #credentials(name: string, keys: readonly string[], whose = ""): SecretData {
    const namespace = this.#ports.operatorNamespace;
    const secret = this.#ports.secrets.get({ namespace, name });
    if (secret === undefined) {
      throw new WaitingError(
        "DependencyMissing",
        `Secret ${namespace}/${name} is missing; create it with the keys ${keys.join(", ")}${whose === "" ? "" : ` ${whose}`}.`,
      );
    }
    return this.#valuesOf(secret, keys);
  }

  #valuesOf(secret: KubeObject, keys: readonly string[]): SecretData {
    const { namespace = "", name } = secret.metadata;
    const data = decodeSecret((secret["data"] ?? {}) as Readonly<Record<string, string>>);
    for (const key of keys) {
      if ((data[key] ?? "").trim() === "") {
        throw new WaitingError(
          "DependencyMissing",
          `Secret ${namespace}/${name} lacks the key ${key}; add it (it needs ${keys.join(", ")}).`,
        );
      }
    }
    // A trailing newline is what an editor leaves behind, never part of a credential that a server generated.
    const values = Object.fromEntries(keys.map((key) => [key, (data[key] ?? "").replace(/\r?\n$/, "")]));
    for (const key of keys.filter((name) => /secret|password/i.test(name))) this.#ports.onSecret(values[key] ?? "");
    return values;
  }

  #connection<T extends { close(): Promise<void> }>(name: string, parameters: unknown, open: () => T): T {
    const wanted = digest(parameters);
    const known = this.#connections.get(name);
    if (known?.digest === wanted) return known.api as T;
    const api = open();
    this.#connections.set(name, { digest: wanted, api });
    void known?.api.close().catch(() => undefined);
    return api;
  }
}

function decoded(value: string): string {
  return Buffer.from(value, "base64").toString("utf8");
}

import type { ObjectRef } from "../../constructs/manifest.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { ModuleName } from "../../crds/v1alpha1/modules.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KeycloakApi } from "../keycloak/keycloak-api.ts";
import type { RealmDesired } from "../keycloak/realm-desired.ts";
import type { DatabaseDesired, PostgresApi } from "../postgres/postgres-api.ts";
import type { WantedClaim } from "../reconcile/claims.ts";
import type { ClusterFacts } from "../reconcile/cluster-facts.ts";
import type { WorkloadWanted } from "../reconcile/workload.ts";

/** The settings of one module, as a Tenant lists them and as a ModuleDeployment carries them. */
export type ModuleSettings = Tenant["spec"]["modules"][number];

/** Everything that a driver may look at. */
export interface ModuleInput {
  readonly tenant: Tenant;
  readonly module: ModuleDeployment;
  readonly region: SovereignRegion;
  /** Written on external objects, so that everybody can see whose they are. */
  readonly marker: string;
  readonly cluster: ClusterFacts;
}

/** A Secret that is generated once and then kept. Values come from the CSPRNG and are never part of desired state. */
export interface SecretDesired {
  readonly name: string;
  /** `home` can be read by the ministry's identity administrators, `data` by the operator only. */
  readonly place: "home" | "data";
  /** Absent = Opaque. */
  readonly type?: "kubernetes.io/basic-auth";
  /** Keys with a random value of that many characters of the URL-safe base64 alphabet. */
  readonly random: Readonly<Record<string, number>>;
  /** Keys with a value that is no secret, such as a user name. */
  readonly plain: Readonly<Record<string, string>>;
  /** A server certificate for these names, in the keys tls.crt, tls.key and ca.crt; the authority is its own. */
  readonly certificate?: { readonly names: readonly string[] };
}

/** Names one key of a Secret of this module. */
export interface SecretKey {
  readonly secret: SecretDesired;
  readonly key: string;
}

/** The server that a database lives on: the region's, or one that the module runs for its tenant alone. */
export type DatabaseHost =
  | { readonly kind: "region" }
  | {
      readonly kind: "module";
      readonly host: string;
      readonly port: number;
      /** Keys username and password. Of the tenant's own role where objects of the cluster make role and database. */
      readonly administrator: SecretDesired;
      readonly certificate: SecretDesired;
    };

export interface DatabaseWanted {
  readonly host: DatabaseHost;
  readonly desired: DatabaseDesired;
  readonly password: SecretKey;
  /** Host and port as shown in status. */
  readonly server: string;
  /** Objects of the server's own operator that make role and database; then nothing is changed by SQL from here. */
  readonly declared?: readonly ObjectRef[];
}

export interface RealmWanted {
  readonly desired: RealmDesired;
  /** Secret of the realm's own service account. */
  readonly operatorSecret: SecretKey;
  /** One-time password of the first administrator. */
  readonly administratorPassword: SecretKey;
  readonly issuer: string;
  readonly server: string;
}

/** Everything a module wants, as plain data. */
export interface DesiredModule {
  readonly claims: readonly WantedClaim[];
  readonly secrets: readonly SecretDesired[];
  readonly database?: DatabaseWanted;
  readonly realm?: RealmWanted;
  /** A server of the module's own: it comes before the database that lives on it. */
  readonly server?: WorkloadWanted;
  /** Where people find it; absent when the module has no page. */
  readonly url?: string;
  readonly version?: string;
  /** Why what runs is not what is asked for, although it works. */
  readonly behind?: string;
  /** Choices made once, kept in status.resolved. */
  readonly resolved: Readonly<Record<string, string>>;
}

/** What this version of Socle, or this region, cannot do for the module. */
export interface CapabilityGap {
  readonly message: string;
}

/** The systems behind a module, connected, and its Secrets. */
export interface ModuleAccess {
  postgres(host: DatabaseHost): Promise<PostgresApi>;
  keycloak(): Promise<KeycloakApi>;
  secret(key: SecretKey): Promise<string>;
}

export interface ProbeResult {
  readonly ok: boolean;
  /** What answered, or what did not; shown in status. */
  readonly message: string;
}

/** One module of the suite. `requires`, `gap` and `desired` are pure. */
export interface ModuleDriver {
  readonly module: ModuleName;
  /** Modules that must be Ready first; they become part of the tenant without being asked for. */
  requires(settings: ModuleSettings): readonly ModuleName[];
  /** Says why the module cannot be made here, or undefined if it can. */
  gap(input: ModuleInput): CapabilityGap | undefined;
  desired(input: ModuleInput): DesiredModule;
  /** Asks the application itself whether it works. */
  probe(desired: DesiredModule, access: ModuleAccess, signal: AbortSignal): Promise<ProbeResult>;
}

import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import type { Place } from "../../constructs/names.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { NameClaim } from "../../crds/v1alpha1/name-claim.ts";
import type { ModuleName } from "../../crds/v1alpha1/modules.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { ClientDesired } from "../keycloak/client-plan.ts";
import type { KeycloakApi } from "../keycloak/keycloak-api.ts";
import type { RealmDesired } from "../keycloak/realm-desired.ts";
import type { BucketDesired } from "../objectstore/object-store-api.ts";
import type { ContextDesired, OpenXchangeApi } from "../openxchange/openxchange-api.ts";
import type { DatabaseDesired, PostgresApi } from "../postgres/postgres-api.ts";
import type { WantedClaim } from "../reconcile/claims.ts";
import type { ClusterFacts } from "../reconcile/cluster-facts.ts";
import type { WorkloadWanted } from "../reconcile/workload.ts";
import type { WebAnswer } from "../systems/cluster-web.ts";

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
  /** The other modules of the tenant. */
  readonly siblings: readonly ModuleDeployment[];
  /** What the module runs in the cluster as it is now: where others fill something in, such as the address of a load balancer. */
  readonly live: readonly Manifest[];
  /** Names that the tenant holds, or that were kept for it since an earlier life. */
  readonly claims: readonly Pick<NameClaim, "spec">[];
  /** PEM of the region's own authorities, as far as they can be read. */
  readonly trustBundle?: string | undefined;
  /** Why the version that runs has to stay a while: what `holdsBack` found. */
  readonly held?: string | undefined;
}

/** A Secret that is generated once and then kept. Values come from the CSPRNG and are never part of desired state. */
export interface SecretDesired {
  readonly name: string;
  /** `home` can be read by the ministry's identity administrators, `apps` and `office` by the pods there, `data` by databases; the operator reads all. */
  readonly place: Place;
  /** Whose it is where it is not the module's own: another module's, or whatever people of the tenant made. Read, never made. */
  readonly of?: ModuleName | "people";
  /** Absent = Opaque. */
  readonly type?: "kubernetes.io/basic-auth";
  /** Keys with a random value of that many characters of the URL-safe base64 alphabet. */
  readonly random: Readonly<Record<string, number>>;
  /** Keys with a value that is no secret, such as a user name. */
  readonly plain: Readonly<Record<string, string>>;
  /** A server certificate for these names, in the keys tls.crt, tls.key and ca.crt; the authority is its own. */
  readonly certificate?: { readonly names: readonly string[] };
  /** Keys with a signing key of a Matrix homeserver: `ed25519 <id> <seed>`. */
  readonly signingKeys?: readonly string[];
  /** Keys that get the value which a key of another Secret has when this one is made. */
  readonly copies?: Readonly<Record<string, SecretKey>>;
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
  /** Those objects, where they are not part of a server of the module's own. */
  readonly objects?: readonly Manifest[];
}

/** A Secret that others keep and the module's pods read: copied to the namespace of applications, and again when it changed. */
export interface CopiedSecret {
  /** Of the copy. */
  readonly name: string;
  readonly from:
    | { readonly kind: "mail account" }
    /** One key of a Secret in the home namespace, and what it is called in the copy. */
    | { readonly kind: "people"; readonly secret: string; readonly key: string; readonly as: string };
}

export interface BucketWanted {
  readonly desired: BucketDesired;
  /** Host of the object store as shown in status. */
  readonly server: string;
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

/** A client of the module in the tenant's realm. */
export interface ClientWanted {
  readonly desired: ClientDesired;
  readonly secret: SecretKey;
  /** Secret of the realm's own service account, and its client. */
  readonly operatorSecret: SecretKey;
  readonly operatorClientId: string;
  readonly server: string;
}

/** What the module has on a server that others run, and many tenants share. */
export interface ContextWanted {
  readonly desired: ContextDesired;
  readonly administratorPassword: SecretKey;
  /** Host of the provisioning services as shown in status. */
  readonly server: string;
  /** Where people come in: at this server, under this host, and from there to this issuer to log in. */
  readonly web: { readonly server: string; readonly host: string; readonly issuer: string };
}

/** What people use: it starts when everything that it needs is there, and gets its public way in when it answers. */
export interface ApplicationWanted {
  readonly workload: WorkloadWanted;
  readonly route: readonly Manifest[];
  /** What somebody has to serve elsewhere before everybody finds it; people of the tenant find it without. */
  readonly elsewhere?: string;
  /** The Secret that the route's certificate lies in where the region has one of its own; it is copied there. */
  readonly certificateSecret: string;
}

/** Everything a module wants, as plain data. */
export interface DesiredModule {
  readonly claims: readonly WantedClaim[];
  readonly secrets: readonly SecretDesired[];
  /** Come with the Secrets, before anything reads them. */
  readonly copied?: readonly CopiedSecret[];
  readonly database?: DatabaseWanted;
  /** Comes after the database. Its key lies in Secret `bucketSecretName(module)` of the namespace of applications by the time that the application starts. */
  readonly bucket?: BucketWanted;
  readonly realm?: RealmWanted;
  /** A server of the module's own: it comes before the database that lives on it. */
  readonly server?: WorkloadWanted;
  readonly client?: ClientWanted;
  /** Why nobody may log in to it, and what to do: then its client is not made, and nothing after it. What ran before runs on. */
  readonly loginRefused?: string;
  /** Comes after the client: nobody gets in before logins are in place. */
  readonly context?: ContextWanted;
  readonly application?: ApplicationWanted;
  /** Where people find it; absent when the module has no page. */
  readonly url?: string;
  /** Further addresses of it, for programs. */
  readonly endpoints?: readonly { readonly name: string; readonly url: string }[];
  readonly version?: string;
  /** Why what runs is not what is asked for, although it works. */
  readonly behind?: Behind;
  /** Choices made once, kept in status.resolved. */
  readonly resolved: Readonly<Record<string, string>>;
}

export interface Behind {
  readonly reason: "VersionUnsupported" | "Progressing";
  readonly message: string;
}

/** Why the module cannot be made as it is asked for: this version or this region cannot do it, or the wish makes no sense. */
export interface CapabilityGap {
  readonly message: string;
  /** Absent = CapabilityMissing. */
  readonly reason?: "CapabilityMissing" | "InvalidSpec" | "VersionUnsupported";
}

/** The systems behind a module, connected, and its Secrets. */
export interface ModuleAccess {
  postgres(host: DatabaseHost): Promise<PostgresApi>;
  keycloak(): Promise<KeycloakApi>;
  openXchange(): Promise<OpenXchangeApi>;
  secret(key: SecretKey): Promise<string>;
  /** Asks a server inside of the cluster, by the name of its Service. */
  get(url: string, signal: AbortSignal): Promise<WebAnswer>;
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
  /** Asked before another version than the one that runs is started: what has to end first, or undefined. */
  holdsBack?(desired: DesiredModule, access: ModuleAccess, signal: AbortSignal): Promise<string | undefined>;
  /** Asks the application itself whether it works. */
  probe(desired: DesiredModule, access: ModuleAccess, signal: AbortSignal): Promise<ProbeResult>;
}

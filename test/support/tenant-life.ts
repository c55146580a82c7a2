import { isDeepStrictEqual } from "node:util";
import pg from "pg";
import { inDays } from "./days.ts";
import { apiVersion, names } from "../../crds/group.ts";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import type { KubeApi, KubeObject } from "../../operator/kube/kube-api.ts";
import { PgPostgresApi } from "../../operator/postgres/pg-postgres-api.ts";
import type { Platform } from "./platform.ts";
import { masked } from "./port-calls.ts";

/** What becomes of a tenant, from its beginning to its end. */
export const acts = ["onboarding", "change", "retention", "return", "erasure"] as const;
export type Act = (typeof acts)[number];

/** What is there after an act, without what no two runs have in common. */
export interface Ending {
  readonly objects: unknown;
  readonly realm: unknown;
  readonly database: unknown;
  /** Whether the role logs in with the password of its Secret, and the realm's own account gets a token; undefined where nobody should. */
  readonly works: unknown;
}

interface ConditionedObject extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}
type SecretObject = KubeObject & { readonly data?: Readonly<Record<string, string>> };

const inside = [
  ["v1", "ResourceQuota"],
  ["v1", "LimitRange"],
  ["v1", "Secret"],
  ["v1", "ConfigMap"],
  ["v1", "Service"],
  ["v1", "PersistentVolumeClaim"],
  ["apps/v1", "StatefulSet"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  [apiVersion, "ModuleDeployment"],
  [apiVersion, "NameClaim"],
  ["v1", "Namespace"],
] as const;

const signal = new AbortController().signal;

/** The servers as people see them who are not the operator. */
export class Onlookers {
  readonly kube: KubeApi;
  readonly platform: Platform;
  readonly keycloak: HttpKeycloakApi;
  readonly postgres: PgPostgresApi;

  constructor(kube: KubeApi, platform: Platform) {
    this.kube = kube;
    this.platform = platform;
    const { keycloak, postgres } = platform.servers;
    this.keycloak = new HttpKeycloakApi({ adminUrl: keycloak.url }, () => Date.now());
    this.postgres = new PgPostgresApi({ ...postgres, tls: "Disable" });
  }

  get platformAccount(): { readonly realm: string; readonly clientId: string; readonly clientSecret: string } {
    const { clientId, clientSecret } = this.platform.servers.keycloak;
    return { realm: "master", clientId, clientSecret };
  }

  async close(): Promise<void> {
    await this.keycloak.close();
    await this.postgres.close();
  }
}

/** One tenant, what people do with it, and what there is of it. */
export class TenantLife {
  readonly name: string;
  readonly #at: Onlookers;
  readonly #region: string;
  /** Texts that stand for others: of a region that reaches its servers by another way. */
  readonly #alias: Readonly<Record<string, string>>;
  /** Values of generated Secrets as they were first. */
  readonly #secrets = new Map<string, string>();

  constructor(
    at: Onlookers,
    wish: { readonly name: string; readonly region: string; readonly alias?: Readonly<Record<string, string>> },
  ) {
    this.name = wish.name;
    this.#region = wish.region;
    this.#alias = wish.alias ?? {};
    this.#at = at;
  }

  async do(act: Act): Promise<void> {
    if (act === "onboarding") await this.#create({ modules: [{ module: "PostgreSQL" }, { module: "Keycloak" }] });
    else if (act === "change") await this.#change();
    else if (act === "retention") await this.#remove({ deletionProtection: false });
    else if (act === "return") await this.#create(changed);
    else {
      await this.#remove({
        deletionProtection: false,
        deletionPolicy: "Delete",
        erasureNoticeSentAt: inDays(-22),
      });
    }
  }

  /** Throws while the act has not led where it should. */
  async expectEnded(act: Act): Promise<void> {
    const tenant = await this.#tenant();
    if (act === "retention" || act === "erasure") {
      if (tenant !== undefined) throw new Error(`${act}: the tenant is still there: ${statusText(tenant)}`);
      return;
    }
    const modules = await this.#list<ConditionedObject>(apiVersion, "ModuleDeployment");
    for (const one of [tenant, ...modules])
      if (one === undefined || !isReady(one)) throw new Error(`${act}: not Ready: ${statusText(one)}`);
    if (modules.length !== 2) throw new Error(`${act}: ${modules.length} modules`);
  }

  async ending(): Promise<Ending> {
    const lists = await Promise.all(inside.map(([group, kind]) => this.#list<KubeObject>(group, kind)));
    const tenant = await this.#tenant();
    const objects = [...lists.flat(), ...(tenant === undefined ? [] : [tenant])];
    const realm = await this.#at.keycloak.observeRealm(this.#at.platformAccount, this.name, signal);
    const { serverVersion: _version, ...database } = await this.#at.postgres.observe(
      { role: this.name, database: this.name },
      signal,
    );
    const uids = new Map(objects.map(({ metadata, kind }) => [metadata.uid, `uid of ${kind} ${metadata.name}`]));
    const at = { tenant: this.name, uids, alias: this.#alias };
    const seen = objects.map((object) => ({ ...object, ...this.#content(object) }));
    return {
      objects: comparable(seen, at),
      realm: comparable(realm ?? "none", at),
      database: comparable(database, at),
      works: await this.#works(objects, tenant !== undefined),
    };
  }

  async #create(spec: Readonly<Record<string, unknown>>): Promise<void> {
    const manifest = this.#at.platform.tenantManifest(this.name, this.#region, spec);
    await this.#at.kube.create(manifest as Parameters<KubeApi["create"]>[0]);
  }

  /** People change by hand what is ours, and then what they want of it: the look that follows meets both. */
  async #change(): Promise<void> {
    const { postgres } = this.#at.platform.servers;
    const { username: user, password } = postgres.superuser;
    const client = new pg.Client({ host: postgres.host, port: postgres.port, user, password, database: "postgres" });
    await client.connect();
    await client.query(`ALTER ROLE ${pg.escapeIdentifier(this.name)} CONNECTION LIMIT 7 PASSWORD 'of-somebody'`);
    await client.end();
    const account = this.#at.platformAccount;
    const realm = await this.#at.keycloak.observeRealm(account, this.name, signal);
    const groups = realm?.representation["groups"] as readonly { readonly id: string; readonly name: string }[];
    const path = `/groups/${groups.find(({ name }) => name === "agents")?.id ?? ""}`;
    const change = { kind: "sub-resource", method: "DELETE", path, fields: [], why: "by hand" } as const;
    await this.#at.keycloak.execute({ account, realm: this.name, change }, signal);
    await this.#patch([{ op: "replace", path: "/spec/modules", value: changed.modules }]);
  }

  async #remove(lifecycle: Readonly<Record<string, unknown>>): Promise<void> {
    const tenant = await this.#tenant();
    await this.#patch([
      { op: "add", path: "/spec/lifecycle", value: lifecycle },
      {
        op: "add",
        path: "/metadata/annotations",
        value: { ...tenant?.metadata.annotations, [names.confirmDelete]: this.name },
      },
    ]);
    const ref = { apiVersion, kind: "Tenant", name: this.name };
    await this.#at.kube.delete(ref, { uid: tenant?.metadata.uid ?? "" });
  }

  async #patch(operations: Parameters<KubeApi["patch"]>[1]): Promise<void> {
    await this.#at.kube.patch({ apiVersion, kind: "Tenant", name: this.name }, operations);
  }

  #tenant(): Promise<ConditionedObject | undefined> {
    return this.#at.kube.get<ConditionedObject>({ apiVersion, kind: "Tenant", name: this.name });
  }

  async #list<T extends KubeObject>(group: string, kind: string): Promise<readonly T[]> {
    const ours = kind === "ModuleDeployment" ? { namespace: `t-${this.name}` } : { labelSelector: this.#label };
    const { items } = await this.#at.kube.list<T>({ apiVersion: group, kind }, ours);
    return items;
  }

  get #label(): string {
    return `${names.tenantLabel}=${this.name}`;
  }

  /** Of a Secret, whether each value is the one that was there first; of a quota and its like, nothing that others count. */
  #content(object: KubeObject): Readonly<Record<string, unknown>> {
    if (object.kind === "Secret") {
      const values = Object.entries((object as SecretObject).data ?? {}).map(([key, value]) => {
        const place = `${object.metadata.namespace ?? ""}/${object.metadata.name} ${key}`;
        if (!this.#secrets.has(place)) this.#secrets.set(place, value);
        return [key, this.#secrets.get(place) === value ? "as at first" : "another"];
      });
      return { data: Object.fromEntries(values) as unknown };
    }
    return object.apiVersion === apiVersion ? {} : { status: undefined };
  }

  async #works(objects: readonly KubeObject[], alive: boolean): Promise<unknown> {
    if (!alive) return undefined;
    const value = (name: string, key: string): string => {
      const secret = objects.find(({ kind, metadata }) => kind === "Secret" && metadata.name === name) as SecretObject;
      return Buffer.from(secret.data?.[key] ?? "", "base64").toString();
    };
    const password = value("postgresql-credentials", "password");
    const login = await this.#at.postgres.login({ role: this.name, database: this.name, password }, signal);
    const account = {
      realm: this.name,
      clientId: "socle-operator",
      clientSecret: value("keycloak-operator-client", "clientSecret"),
    };
    const issuer = `${this.#at.platform.servers.keycloak.url}/realms/${this.name}`;
    const { ok } = await this.#at.keycloak.probeRealm(account, issuer, signal);
    return { login: login.kind, token: ok };
  }
}

/** Every module is to be erased in the end, and wants something else of its server. */
const changed = {
  modules: [
    { module: "PostgreSQL", deletionPolicy: "Delete" },
    { module: "Keycloak", deletionPolicy: "Delete", keycloak: { mfa: "Optional", sessionMaxHours: 4 } },
  ],
};

function isReady({ metadata, status }: ConditionedObject): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" && status?.observedGeneration === metadata.generation;
}

const statusText = (object: ConditionedObject | undefined): string =>
  JSON.stringify(object?.status?.conditions?.filter(({ status }) => status !== "True") ?? "absent");

/** Differs in every run, or says how often somebody looked. */
const dropped = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "id",
  "containerId",
  "inUse",
  names.appliedHash,
]);

interface Masks {
  readonly tenant: string;
  readonly uids: ReadonlyMap<string, string>;
  readonly alias: Readonly<Record<string, string>>;
}

function comparable(value: unknown, at: Masks): unknown {
  const text = JSON.stringify(value, (key, inner: unknown) => {
    if (dropped.has(key)) return undefined;
    // How much was left to put back depends on who was killed over it; that nothing is left does not.
    if (isOfType(inner, "DriftFree")) return { type: inner.type, status: inner.status };
    // The checks are asked seconds after the world has come to rest: who is killed meanwhile is told later.
    if (isOfType(inner, "ControlsSatisfied")) return { type: inner.type };
    return typeof inner === "string" ? (at.uids.get(inner) ?? inner) : inner;
  });
  const usual = Object.entries(at.alias).reduce((told, [from, to]) => told.replaceAll(from, to), text);
  const same = masked(usual, at.tenant).replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME");
  return sorted(JSON.parse(same));
}

/** Places where two worlds differ, for people: at most ten. */
export function differences(found: unknown, wanted: unknown, path = ""): readonly string[] {
  if (isDeepStrictEqual(found, wanted)) return [];
  const isTree = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (Array.isArray(found) && Array.isArray(wanted) && found.length !== wanted.length) {
    const only = (left: unknown[], right: unknown[]): unknown[] =>
      left.filter((one) => !right.some((other) => isDeepStrictEqual(one, other)));
    return [`${path}: too much ${short(only(found, wanted))}, missing ${short(only(wanted, found))}`];
  }
  if (!isTree(found) || !isTree(wanted)) return [`${path}: ${short(found)} instead of ${short(wanted)}`];
  const keys = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  const at = (value: object, key: string): unknown => (value as Record<string, unknown>)[key];
  return keys.flatMap((key) => differences(at(found, key), at(wanted, key), `${path}/${key}`)).slice(0, 10);
}

const short = (value: unknown): string => JSON.stringify(value).slice(0, 300);

function isOfType(value: unknown, type: string): value is { readonly type: string; readonly status: string } {
  return typeof value === "object" && value !== null && "type" in value && value.type === type;
}

/** Neither lists of objects nor those of a realm have an order that means something. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(sorted).toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

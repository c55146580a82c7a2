import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority } from "../control-plane/certificates.ts";
import { noteDeeds } from "../rights/used-rights.ts";
import { startControlPlane, type ControlPlane } from "../control-plane/control-plane.ts";
import { ensureAssets } from "../control-plane/assets.ts";
import { choosePorts } from "../servers/server-process.ts";
import { type Servers, startServers } from "../servers/servers.ts";
import { installSocle, Kubectl, type OperatorProcess, operatorUser, startOperator } from "./installation.ts";
import { eventually, testCluster, uniqueName } from "./test-cluster.ts";
import { testServers } from "./test-servers.ts";

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** An object as tests look at it. */
export interface Live {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly [key: string]: unknown;
  };
}

type Spec = Readonly<Record<string, unknown>>;

/** A cluster with Socle and servers beside it, as a platform team has them, and words to tell stories with. */
export class Platform {
  readonly kubectl: Kubectl;
  readonly servers: Pick<Servers, "keycloak" | "postgres">;
  /** Prefix of everything that this platform makes. */
  readonly id = uniqueName("p");

  constructor(kubectl: Kubectl, servers: Pick<Servers, "keycloak" | "postgres">) {
    this.kubectl = kubectl;
    this.servers = servers;
  }

  /** Secrets and classes that regions name. */
  async prepare(): Promise<void> {
    const { keycloak, postgres } = this.servers;
    const ca = await CertificateAuthority.create(`socle-${this.id}`);
    const leaf = await ca.issue("*.example", { hosts: ["*.example"] });
    const { clientId: clientID, clientSecret } = keycloak;
    const { username, password } = postgres;
    await this.kubectl.apply([
      this.secret("keycloak", { clientID, clientSecret }),
      this.secret("postgresql", { username, password }),
      { ...this.secret("tls", { "tls.crt": leaf.certificate, "tls.key": leaf.key }), type: "kubernetes.io/tls" },
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: this.name("storage") },
        provisioner: "socle.dev/none",
      },
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "IngressClass",
        metadata: { name: this.name("edge") },
        spec: { controller: "socle.dev/none" },
      },
    ]);
  }

  name(suffix: string): string {
    return `${this.id}-${suffix}`;
  }

  secret(name: string, stringData: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
    const metadata = { name: this.name(name), namespace: "socle-system" };
    return { apiVersion: "v1", kind: "Secret", metadata, stringData };
  }

  /** A region that works; `spec` is laid over it. */
  async region(name: string, spec: Spec = {}): Promise<string> {
    const { keycloak, postgres } = this.servers;
    const whole = {
      provider: { type: "Other", regionCode: "test" },
      country: "FR",
      zones: ["test-a"],
      ingress: {
        className: this.name("edge"),
        tlsSecretRef: { name: this.name("tls") },
        from: { cidrs: ["127.0.0.0/8"] },
      },
      storage: { className: this.name("storage") },
      keycloak: { mode: "External", url: keycloak.url, adminCredentialsSecretRef: { name: this.name("keycloak") } },
      postgresql: { defaultDriver: "External", server: this.postgresServer(postgres) },
      ...spec,
    };
    const metadata = { name: this.name(name) };
    await this.kubectl.apply([{ apiVersion: "socle.dev/v1alpha1", kind: "SovereignRegion", metadata, spec: whole }]);
    return metadata.name;
  }

  postgresServer(at: { readonly host: string; readonly port: number }): Spec {
    const { host, port } = at;
    const adminCredentialsSecretRef = { name: this.name("postgresql") };
    return { host, port, tls: "Disable", cidrs: ["127.0.0.1/32"], adminCredentialsSecretRef };
  }

  /** The manifest of a tenant that works in that region; `spec` is laid over it. */
  tenantManifest(name: string, region: string, spec: Spec = {}): Readonly<Record<string, unknown>> {
    return {
      apiVersion: "socle.dev/v1alpha1",
      kind: "Tenant",
      metadata: { name },
      spec: {
        displayName: `Ministry ${name}`,
        organization: {
          type: "Ministry",
          identifier: { scheme: "Internal", value: name.toUpperCase() },
          contacts: [
            { role: "DPO", email: "dpo@ministry.example" },
            { role: "SecurityOfficer", email: "rssi@ministry.example" },
          ],
        },
        domain: `${name}.example`,
        regionRef: { name: region },
        tier: "Pilot",
        seats: 10,
        compliance: { dataClasses: ["Internal"] },
        modules: [{ module: "PostgreSQL" }, { module: "Keycloak" }],
        administrators: [{ kind: "Group", name: `${name}-admins`, role: "TenantAdmin" }],
        ...spec,
      },
    };
  }

  /** Applies it and returns its name: lower-case letters and digits, as realms and databases want them. */
  async tenant(region: string, spec: Spec = {}, name = uniqueName("t")): Promise<string> {
    await this.kubectl.apply([this.tenantManifest(name, region, spec)]);
    return name;
  }

  async get(args: readonly string[]): Promise<Live | undefined> {
    const result = await this.kubectl.run(["get", ...args, "--ignore-not-found", "-o", "json"]);
    if (result.code !== 0) throw new Error(result.stderr);
    return result.stdout === "" ? undefined : (JSON.parse(result.stdout) as Live);
  }

  async list(args: readonly string[]): Promise<readonly Live[]> {
    return (await this.kubectl.json<{ readonly items: readonly Live[] }>(["get", ...args])).items;
  }

  /** Waits until the condition, of the generation of now, has that status, and that reason if one is named. */
  async until(
    args: readonly string[],
    wanted: { readonly type?: string; readonly status: string; readonly reason?: string },
    withinMs = 40_000,
  ): Promise<Condition> {
    const { type = "Ready", status, reason } = wanted;
    return await eventually(async () => {
      const live = await this.get(args);
      const condition = live?.status?.conditions?.find((one) => one.type === type);
      const seen = `${args.join(" ")}: ${type}=${condition?.status ?? "absent"} ${condition?.reason ?? ""}: ${condition?.message ?? ""}`;
      const current = live?.status?.observedGeneration === live?.metadata.generation;
      if (condition === undefined || !current || condition.status !== status) throw new Error(`waiting; ${seen}`);
      if (reason !== undefined && condition.reason !== reason) throw new Error(`waiting for ${reason}; ${seen}`);
      return condition;
    }, withinMs);
  }

  /** Ready, for a tenant or region. */
  async ready(kind: "tenant" | "sovereignregion", name: string, withinMs?: number): Promise<void> {
    await this.until([kind, name], { status: "True" }, withinMs);
  }

  /** Ends a tenant as a platform team does, keeping its data, and waits until it is gone. */
  async removeTenant(name: string, lifecycle: Spec = {}): Promise<void> {
    await this.confirmDeletion(name, lifecycle);
    await this.kubectl.ok(["delete", "tenant", name, "--wait=false"]);
    await eventually(async () => {
      if ((await this.get(["tenant", name])) !== undefined) throw new Error(`tenant ${name} is still there`);
    }, 60_000);
  }

  async confirmDeletion(name: string, lifecycle: Spec = {}): Promise<void> {
    const metadata = { annotations: { "socle.dev/confirm-delete": name } };
    const patch = { metadata, spec: { lifecycle: { deletionProtection: false, ...lifecycle } } };
    await this.kubectl.ok(["patch", "tenant", name, "--type=merge", "-p", JSON.stringify(patch)]);
  }
}

export interface OperatorWish {
  readonly environment?: Readonly<Record<string, string>>;
  readonly program?: string;
  readonly directory: string;
  readonly kubeconfig: string;
}

/** The operator as its own user, with intervals that suit a test. */
export async function operatorOf(wish: OperatorWish): Promise<OperatorProcess & { readonly healthPort: number }> {
  const [healthPort = 0] = await choosePorts([undefined]);
  const process = await startOperator({
    kubeconfig: wish.kubeconfig,
    username: operatorUser,
    healthPort,
    logFile: join(wish.directory, "operator.log"),
    ...(wish.environment === undefined ? {} : { environment: wish.environment }),
    ...(wish.program === undefined ? {} : { program: wish.program }),
  });
  return { ...process, healthPort };
}

/** A platform on the shared lanes, with an operator of its own until `stop`. */
export async function platformOnLanes(
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly platform: Platform; readonly operator: OperatorProcess; readonly stop: () => Promise<void> }> {
  const { kubectl, operatorKubeconfig, directory } = testCluster();
  const platform = new Platform(kubectl, testServers());
  await platform.prepare();
  const operator = await operatorOf({ kubeconfig: operatorKubeconfig, directory, environment });
  return {
    platform,
    operator,
    stop: async () => {
      await operator.stop();
    },
  };
}

/** A platform whose control plane and servers a test may break. */
export interface OwnPlatform {
  readonly platform: Platform;
  readonly controlPlane: ControlPlane;
  readonly servers: Servers;
  startOperator(
    environment?: Readonly<Record<string, string>>,
    program?: string,
  ): Promise<OperatorProcess & { readonly healthPort: number }>;
  stop(): Promise<void>;
}

export async function ownPlatform(name: string): Promise<OwnPlatform> {
  const directory = join(import.meta.dirname, "..", "..", ".socle", "test", String(process.pid), name);
  const assets = await ensureAssets(() => undefined);
  const controlPlane = await startControlPlane({ directory: join(directory, "control-plane"), assets, audit: true });
  const kubectl = new Kubectl(assets, ["--kubeconfig", controlPlane.kubeconfig]);
  const operators: OperatorProcess[] = [];
  try {
    const [servers] = await Promise.all([
      startServers({ directory: join(directory, "servers") }),
      installSocle(kubectl, operatorUser),
    ]);
    const platform = new Platform(kubectl, servers);
    await platform.prepare();
    const kubeconfig = await controlPlane.kubeconfigFor(operatorUser);
    return {
      platform,
      controlPlane,
      servers,
      startOperator: async (environment = {}, program = "operator/main.ts") => {
        const operator = await operatorOf({ kubeconfig, directory, environment, program });
        operators.push(operator);
        return operator;
      },
      stop: async () => {
        for (const operator of operators) if (operator.running()) await operator.stop("SIGKILL");
        await servers.stop();
        noteDeeds(controlPlane.auditLog);
        await controlPlane.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

/** Lines of an operator's log that are warnings or worse, for a failed test to show. */
export function complaints(logFile: string): readonly string[] {
  return readFileSync(logFile, "utf8")
    .split("\n")
    .filter((line) => /"level":(?:"(?:warn|error)"|[45]0)/.test(line));
}

import { randomBytes } from "node:crypto";
import type { KeyedCertificate } from "../control-plane/certificates.ts";
import type { NodeLane } from "../node-lane/node-lane.ts";
import { type Agent, defaultAgents } from "../servers/fake-proconnect-agents.ts";
import { fakeProConnectDeployment, issuerOf } from "./fake-proconnect-deployment.ts";
import type { Kubectl } from "./installation.ts";
import { eventually } from "./test-cluster.ts";

type Manifest = Readonly<Record<string, unknown>>;

/** One tenant that asks for the FAKE ProConnect as its provider. */
export interface ProviderWish {
  readonly tenant: string;
  /** SIRENs that are admitted. */
  readonly sirens: readonly string[];
  /** Laid over the spec. */
  readonly spec?: Manifest;
}

export const providerName = "proconnect";
const clientId = "socle";

interface LiveProvider {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly registration?: {
      readonly redirectURIs: readonly string[];
      readonly postLogoutRedirectURIs: readonly string[];
      readonly digest: string;
    };
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message: string;
      readonly observedGeneration: number;
    }[];
  };
}

/** The FAKE ProConnect of a node, and tenants that are registered there as people of a ministry would do it. */
export class TenantProviders {
  readonly #kubectl: Kubectl;
  readonly #node: Pick<NodeLane, "images" | "ingress">;
  readonly #at: { readonly host: string; readonly certificate: KeyedCertificate };
  readonly #clients = new Map<
    string,
    { readonly clientSecret: string; readonly registration: NonNullable<LiveProvider["status"]>["registration"] }
  >();

  constructor(
    node: Pick<NodeLane, "kubectl" | "images" | "ingress">,
    at: { readonly host: string; readonly certificate: KeyedCertificate },
  ) {
    this.#kubectl = node.kubectl;
    this.#node = node;
    this.#at = at;
  }

  get issuer(): string {
    return issuerOf({ host: this.#at.host, ingress: this.#node.ingress });
  }

  /** Asks for the provider in the home namespace of the tenant, and waits for what has to be registered. */
  async ask({ tenant, sirens, spec = {} }: ProviderWish): Promise<void> {
    const namespace = `t-${tenant}`;
    const clientSecret = randomBytes(24).toString("base64url");
    await this.#kubectl.apply([
      { apiVersion: "v1", kind: "Secret", metadata: { name: providerName, namespace }, stringData: { clientSecret } },
      {
        apiVersion: "socle.dev/v1alpha1",
        kind: "TenantIdentityProvider",
        metadata: { name: providerName, namespace },
        spec: {
          tenantRef: { name: tenant },
          alias: "proconnect",
          protocol: "ProConnect",
          proConnect: {
            environment: "Custom",
            discoveryURL: `${this.issuer}/.well-known/openid-configuration`,
            clientID: `${clientId}-${tenant}`,
            clientSecretRef: { name: providerName, key: "clientSecret" },
            allowedSirens: sirens,
          },
          ...spec,
        },
      },
    ]);
    const registration = await eventually(async () => {
      const { status } = await this.live(tenant);
      if (status?.registration === undefined) throw new Error(`${namespace}/${providerName} prints no registration.`);
      return status.registration;
    }, 60_000);
    this.#clients.set(tenant, { clientSecret, registration });
  }

  /** Fills in the provider's form for every tenant that asked, with what its status prints, and starts the provider anew. */
  async register(agents: readonly Agent[] = defaultAgents): Promise<void> {
    const { host, certificate } = this.#at;
    const clients = [...this.#clients].map(([tenant, { clientSecret, registration }]) => ({
      clientId: `${clientId}-${tenant}`,
      clientSecret,
      redirectUris: registration?.redirectURIs ?? [],
      postLogoutRedirectUris: registration?.postLogoutRedirectURIs ?? [],
    }));
    const { images, ingress } = this.#node;
    const image = images["fake-proconnect"];
    await this.#kubectl.apply(fakeProConnectDeployment({ image, host, ingress, clients, agents, certificate }));
    const deployment = ["deployment/fake-proconnect", "-n", "fake-proconnect"];
    await this.#kubectl.ok(["rollout", "restart", ...deployment]);
    await this.#kubectl.ok(["rollout", "status", ...deployment, "--timeout=120s"]);
  }

  /** Says that the form is filled in, and waits until the realm trusts the provider. */
  async confirm(tenant: string): Promise<void> {
    const digest = this.#clients.get(tenant)?.registration?.digest ?? "";
    const name = ["tenantidentityprovider", providerName, "-n", `t-${tenant}`];
    const metadata = { annotations: { "socle.dev/reconcile-requested-at": new Date().toISOString() } };
    const patch = JSON.stringify({ metadata, spec: { confirmedRegistration: digest } });
    await this.#kubectl.ok(["patch", ...name, "--type=merge", "-p", patch]);
    await eventually(async () => {
      const { metadata: live, status } = await this.live(tenant);
      const ready = status?.conditions?.find(({ type }) => type === "Ready");
      if (ready?.status !== "True" || ready.observedGeneration !== live.generation)
        throw new Error(`Provider of ${tenant} is not Ready: ${ready?.message ?? "not looked at"}`);
    }, 120_000);
  }

  async live(tenant: string): Promise<LiveProvider> {
    const name = ["tenantidentityprovider", providerName, "-n", `t-${tenant}`];
    return await this.#kubectl.json<LiveProvider>(["get", ...name]);
  }
}

/** The part of a region's spec that lets Keycloak, and the operator, call that host through the ingress of the node. */
export function reachOf(host: string, { ingress }: Pick<NodeLane, "ingress">): Manifest {
  return { identityProviders: { allowedHosts: [host], allowedCIDRs: [...ingress.cidrs] } };
}

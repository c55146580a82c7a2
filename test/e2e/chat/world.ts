import { type Agent, defaultAgents } from "../../servers/fake-proconnect-agents.ts";
import { localFetch } from "../../support/local-web.ts";
import { Homeserver } from "../../support/matrix-client.ts";
import { type NodePlatform, nodePlatform, patienceMs } from "../../support/node-platform.ts";
import { reachOf, TenantProviders } from "../../support/tenant-provider.ts";
import { uniqueName } from "../../support/test-cluster.ts";

export const agents = defaultAgents as readonly [Agent, Agent, Agent, Agent];
const [angele, , , eve] = agents;

/** Two ministries on one Keycloak, each with a real Synapse, which trust one FAKE ProConnect; everything else is real. */
export class ChatWorld {
  readonly interior = uniqueName("a");
  readonly elsewhere = uniqueName("b");
  readonly #proConnect = `${uniqueName("proconnect")}.localhost`;
  own!: NodePlatform;
  region!: string;
  providers!: TenantProviders;
  fetchLocally!: typeof fetch;

  get tenants(): readonly string[] {
    return [this.interior, this.elsewhere];
  }

  domain(tenant: string): string {
    return `${tenant}.localhost`;
  }

  /** Where people open the chat. */
  client(tenant: string): string {
    return `https://chat.${this.domain(tenant)}:${this.own.node.ingress.port}/`;
  }

  home(tenant: string): Homeserver {
    return new Homeserver(`https://matrix.${this.domain(tenant)}:${this.own.node.ingress.port}`, this.fetchLocally);
  }

  async start(): Promise<void> {
    this.own = await nodePlatform("chat", { domains: this.tenants.map((tenant) => this.domain(tenant)) });
    const { node, platform, authority, issue } = this.own;
    this.fetchLocally = localFetch(authority);
    this.providers = new TenantProviders(node, {
      host: this.#proConnect,
      certificate: await issue(this.#proConnect),
    });
    this.region = await this.own.region("chat", reachOf(this.#proConnect, node));
    const modules = [{ module: "Synapse", size: "XS" }];
    for (const tenant of this.tenants) {
      const spec = { modules, domain: this.domain(tenant), mailDomains: [`${tenant}.example`] };
      await platform.tenant(this.region, spec, tenant);
    }
    await platform.ready("sovereignregion", this.region, patienceMs);
    for (const tenant of this.tenants) await platform.ready("tenant", tenant, patienceMs);
    await this.providers.ask({ tenant: this.interior, sirens: [angele.siren] });
    await this.providers.ask({ tenant: this.elsewhere, sirens: [eve.siren] });
    await this.providers.register();
  }

  async stop(): Promise<void> {
    await this.own.stop();
  }
}

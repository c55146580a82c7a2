import { parse } from "yaml";
import { roomRules } from "../../constructs/jitsi/room-rules.ts";
import type { WebAnswer } from "../../operator/systems/cluster-web.ts";

interface Asked {
  readonly url: URL;
  readonly namespace: string;
  readonly domain: string;
  readonly issuer: string;
}

/** As much of an object as the FAKE applications look at. */
export interface Seen {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** What the FAKE applications know of the world that they are in. */
export interface Surroundings {
  /** Looks up an object of the cluster. */
  readonly read: (
    kind: "ConfigMap" | "Deployment" | "StatefulSet",
    namespace: string,
    name: string,
  ) => Promise<Seen | undefined>;
  readonly domainOf: (tenant: string) => string;
  /** The address below which Keycloak has its realms. */
  readonly realms: string;
}

interface DeploymentSpec {
  readonly template: {
    readonly spec: {
      readonly containers: readonly { readonly env?: readonly { readonly name: string; readonly value?: string }[] }[];
    };
  };
}

/**
 * FAKE applications of a suite: each address answers what the documentation of its application says of one that is well, and no application runs. What an
 * answer says of itself comes out of the configuration that the API server holds, so that one which was applied wrongly is answered wrongly.
 */
export class FakeApplications {
  readonly #at: Surroundings;

  constructor(at: Surroundings) {
    this.#at = at;
  }

  async answer(url: URL): Promise<WebAnswer> {
    const [host = "", namespace = ""] = url.hostname.split(".");
    const tenant = /^t-([a-z0-9]+)/.exec(namespace)?.[1] ?? "";
    const { domainOf, realms } = this.#at;
    const asked = { url, namespace, domain: domainOf(tenant), issuer: `${realms}/${tenant}` };
    const answer = Object.entries(this.#hosts).find(([name]) => host.startsWith(name))?.[1];
    return (await answer?.(asked)) ?? { status: 404, body: undefined };
  }

  /** By what the name of a Service begins with. */
  readonly #hosts: Readonly<Record<string, (asked: Asked) => Promise<WebAnswer> | WebAnswer>> = {
    synapse: (asked) => this.#homeserver(asked),
    "web-client": async ({ namespace }) =>
      json(JSON.parse(await this.#file(namespace, "web-client-config", "config.json"))),
    nextcloud: nextcloud,
    collabora: ({ domain }) => ({
      status: 200,
      body: undefined,
      text: `<action ext="odt" name="edit" urlsrc="https://docs.${domain}/browser/dist/cool.html?"/>`,
    }),
    jitsi: (asked) => this.#conferences(asked),
    openproject: () => json({ message: "PASSED" }),
  };

  /** https://spec.matrix.org/v1.11/client-server-api/ */
  async #homeserver({ url, namespace }: Asked): Promise<WebAnswer> {
    if (url.pathname === "/_matrix/client/versions") return json({ versions: ["v1.11"] });
    const text = await this.#file(namespace, "synapse-config", "homeserver.yaml");
    const configured = parse(text) as {
      readonly public_baseurl: string;
      readonly oidc_providers: readonly { readonly idp_id: string }[];
    };
    if (url.pathname === "/.well-known/matrix/client")
      return json({ "m.homeserver": { base_url: configured.public_baseurl } });
    const providers = configured.oidc_providers.map(({ idp_id: id }) => ({ id: `oidc-${id}` }));
    return json({ flows: [{ type: "m.login.sso", identity_providers: providers }] });
  }

  async #conferences({ url, namespace }: Asked): Promise<WebAnswer> {
    if (url.pathname === "/stats")
      return json({ bridge_selector: { operational_bridge_count: await this.#bridges(namespace) } });
    const prosody = (await this.#at.read("Deployment", namespace, "jitsi-prosody"))?.spec as DeploymentSpec | undefined;
    const variables = prosody?.template.spec.containers.flatMap(({ env = [] }) => env) ?? [];
    const guests = variables.find(({ name }) => name === roomRules.variable)?.value;
    return json({ guests, lobby: true });
  }

  /** Each is a StatefulSet of its own, and they are counted from 0. */
  async #bridges(namespace: string, from = 0): Promise<number> {
    const bridge = await this.#at.read("StatefulSet", namespace, `jitsi-bridge-${from}`);
    if (bridge === undefined) return 0;
    const { readyReplicas = 0 } = (bridge.status ?? {}) as { readonly readyReplicas?: number };
    return readyReplicas + (await this.#bridges(namespace, from + 1));
  }

  async #file(namespace: string, name: string, file: string): Promise<string> {
    return (await this.#at.read("ConfigMap", namespace, name))?.data?.[file] ?? "null";
  }
}

/** https://docs.nextcloud.com/server/latest/admin_manual/, and the pages of its app user_oidc. */
function nextcloud({ url, domain, issuer }: Asked): WebAnswer {
  const at = `https://drive.${domain}`;
  if (url.pathname === "/status.php")
    return json({ installed: true, maintenance: false, needsDbUpgrade: false, versionstring: "of a FAKE" });
  if (url.pathname === "/index.php/login")
    return { status: 303, body: undefined, location: `${at}/apps/user_oidc/login/1` };
  return { status: 303, body: undefined, location: `${issuer}/protocol/openid-connect/auth?client_id=nextcloud` };
}

function json(body: unknown): WebAnswer {
  return { status: 200, body, text: JSON.stringify(body) };
}

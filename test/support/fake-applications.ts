import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parse } from "yaml";
import type { WebAnswer } from "../../operator/systems/cluster-web.ts";
import type { Live } from "./platform.ts";

type Read = (args: readonly string[]) => Promise<Live | undefined>;

interface Asked {
  readonly url: URL;
  readonly namespace: string;
  readonly domain: string;
  readonly issuer: string;
}

/**
 * FAKE applications of a suite: each address answers what the documentation of its application says of one that is well, and no application runs. What an
 * answer says of itself comes out of the configuration that the API server holds, so that one which was applied wrongly is answered wrongly.
 */
export class FakeApplications {
  readonly #server: Server;
  readonly #read: Read;
  readonly #realms: string;

  private constructor(read: Read, realms: string) {
    this.#read = read;
    this.#realms = realms;
    this.#server = createServer((request, response) => {
      const asked = new URL(new URL(request.url ?? "/", "http://fake.invalid").searchParams.get("url") ?? "");
      void this.#answer(asked).then((answer) => {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
  }

  /** `read` looks up an object of the cluster; `realms` is the address below which Keycloak has its realms. */
  static async start(read: Read, realms: string): Promise<FakeApplications> {
    const fake = new FakeApplications(read, realms);
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(url: URL): Promise<WebAnswer> {
    const [host = "", namespace = ""] = url.hostname.split(".");
    const tenant = /^t-([a-z0-9]+)/.exec(namespace)?.[1] ?? "";
    const asked = { url, namespace, domain: `${tenant}.example`, issuer: `${this.#realms}/${tenant}` };
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
    if (url.pathname === "/stats") {
      const bridge = (await this.#read(["statefulset", "jitsi-bridge-0", "-n", namespace]))?.status?.["readyReplicas"];
      return json({ bridge_selector: { operational_bridge_count: bridge ?? 0 } });
    }
    return json({ guests: "LobbyOnly", lobby: true });
  }

  async #file(namespace: string, name: string, file: string): Promise<string> {
    const live = await this.#read(["configmap", name, "-n", namespace]);
    return live?.data?.[file] ?? "null";
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

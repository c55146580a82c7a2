import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { FakeApplications } from "./fake-applications.ts";
import type { Live } from "./platform.ts";

type Read = (args: readonly string[]) => Promise<Live | undefined>;

/** FAKE applications behind one address, for an operator in a process of its own. */
export class FakeApplicationServer {
  readonly #server: Server;

  private constructor(applications: FakeApplications) {
    this.#server = createServer((request, response) => {
      const asked = new URL(new URL(request.url ?? "/", "http://fake.invalid").searchParams.get("url") ?? "");
      void applications.answer(asked).then((answer) => {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
  }

  /** `read` looks up an object of the cluster; `realms` is the address below which Keycloak has its realms. */
  static async start(read: Read, realms: string): Promise<FakeApplicationServer> {
    const applications = new FakeApplications({
      read: (kind, namespace, name) => read([kind.toLowerCase(), name, "-n", namespace]),
      domainOf: (tenant) => `${tenant}.example`,
      realms,
    });
    const fake = new FakeApplicationServer(applications);
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
}

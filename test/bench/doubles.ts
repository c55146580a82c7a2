import type { ChildProcess } from "node:child_process";
import type { PostgresServer } from "../../operator/postgres/postgres-api.ts";
import { InMemoryKeycloakApi } from "../../test/support/in-memory-keycloak-api.ts";
import { InMemoryPostgres } from "../../test/support/in-memory-postgres-api.ts";
import { type DoubleAnswer, type DoubleCall, errorData } from "./doubles-protocol.ts";

type Methods = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

const never = new AbortController().signal;

/** Keycloak and PostgreSQL in the memory of this process, for operators that it started. */
export class Doubles {
  readonly keycloakUrl = "https://sso.example";
  readonly keycloak = new InMemoryKeycloakApi({
    platform: { realm: "master", clientId: "platform", clientSecret: "bench-platform-secret" },
    url: this.keycloakUrl,
  });
  readonly postgres = new InMemoryPostgres();

  /** Answers the operator of that process until it ends. */
  serve(operator: ChildProcess): void {
    operator.on("message", (message) => {
      const call = message as DoubleCall;
      void this.#answer(call).then((answer) => {
        if (operator.connected) operator.send(answer, () => undefined);
      });
    });
  }

  async #answer({ id, system, server, method, args }: DoubleCall): Promise<DoubleAnswer> {
    try {
      return { id, result: await this.#call({ system, server, method, args }) };
    } catch (error) {
      return { id, error: errorData(error) };
    }
  }

  async #call({ system, server, method, args }: Omit<DoubleCall, "id">): Promise<unknown> {
    const target = system === "keycloak" ? this.keycloak : this.postgres.connect(server as PostgresServer);
    const [first, second] = args;
    const call = (target as unknown as Methods)[method]?.bind(target);
    if (call === undefined) throw new Error(`The double of ${system} knows no ${method}.`);
    if (system === "keycloak") return await call(...args);
    if (method === "execute") return await call(first, { ...(second as object), signal: never });
    return await (args.length === 0 ? call(never) : call(first, never));
  }
}

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type HealthOptions, serveHealth } from "./health-server.ts";

describe("serveHealth", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  const start = async (options: Partial<HealthOptions> = {}): Promise<number> => {
    const server = await serveHealth({
      host: "127.0.0.1",
      port: 0,
      live: () => undefined,
      ready: () => undefined,
      metrics: () => Promise.resolve("up 1\n"),
      ...options,
    });
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const ask = async (port: number, path: string): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return [answer.status, await answer.text()];
  };

  it("answers who is well, and nothing else", async () => {
    const port = await start();
    expect(await Promise.all(["/livez", "/readyz", "/metrics", "/", "/debug"].map((path) => ask(port, path)))).toEqual([
      [200, "ok"],
      [200, "ok"],
      [200, "up 1\n"],
      [404, ""],
      [404, ""],
    ]);
  });

  it("says what is not well, each for itself and anew each time", async () => {
    let problem: string | undefined = "not synced: Tenant";
    const port = await start({ ready: () => problem });
    expect(await ask(port, "/readyz")).toEqual([503, "not synced: Tenant"]);
    expect(await ask(port, "/livez")).toEqual([200, "ok"]);
    problem = undefined;
    expect(await ask(port, "/readyz")).toEqual([200, "ok"]);
  });

  it("survives metrics that cannot be had", async () => {
    const port = await start({ metrics: () => Promise.reject(new Error("no")) });
    expect(await ask(port, "/metrics")).toEqual([500, ""]);
    expect(await ask(port, "/livez")).toEqual([200, "ok"]);
  });

  it("says which address is taken, and by which variable another is chosen", async () => {
    const port = await start();
    await expect(start({ port })).rejects.toThrow(
      `Health address 127.0.0.1:${port} is taken by another process; choose another with SOCLE_HEALTH_ADDRESS.`,
    );
  });
});

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpClusterWeb } from "../../operator/systems/cluster-web.ts";

/** What a probe sees of a real server. */
describe("what an application answers", () => {
  const web = new HttpClusterWeb();
  let server: Server;
  let address: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === "/moved") response.writeHead(303, { location: "https://sso.example/login?a=b" });
      response.end(request.url === "/json" ? '{"a":1}' : "<discovery/>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await web.close();
    server.close();
  });
  const ask = (path: string) => web.get(`${address}${path}`, AbortSignal.timeout(5_000));

  it("is told as JSON, and word for word where it is none", async () => {
    expect(await ask("/json")).toEqual({ status: 200, body: { a: 1 }, text: '{"a":1}' });
    expect(await ask("/xml")).toEqual({ status: 200, body: undefined, text: "<discovery/>" });
  });

  it("is told where it leads, and not followed", async () => {
    expect(await ask("/moved")).toMatchObject({ status: 303, location: "https://sso.example/login?a=b" });
  });
});

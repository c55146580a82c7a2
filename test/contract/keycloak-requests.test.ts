import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import type { RealmChange, ServiceAccount } from "../../operator/keycloak/keycloak-api.ts";
import {
  AlreadyExistsError,
  ConflictError,
  TerminalError,
  TransientError,
  WaitingError,
} from "../../operator/runtime/errors.ts";
import { KeycloakConsole } from "../support/keycloak-console.ts";
import { never, ProvidedRealm, realmOf } from "../support/realm-fixture.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";
import { testServers } from "../support/test-servers.ts";

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

const running = new Set<Server>();

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  running.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(): Promise<void> {
  for (const server of running) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  running.clear();
}

const token = JSON.stringify({ access_token: "x.e30.x", expires_in: 300 });
const isToken = (incoming: IncomingMessage): boolean =>
  incoming.url?.endsWith("/protocol/openid-connect/token") === true;

const account: ServiceAccount = { realm: "master", clientId: "platform", clientSecret: "client-secret-4711" };
const anyChange: RealmChange = {
  kind: "update",
  method: "PUT",
  path: "",
  body: { displayName: "x" },
  fields: [],
  why: "",
};

describe("requests to the real Keycloak", () => {
  const { url, clientId, clientSecret } = testServers().keycloak;
  const platform = { realm: "master", clientId, clientSecret };
  const seen: string[] = [];
  let api: HttpKeycloakApi;
  const console = new KeycloakConsole(url, platform);
  const made: string[] = [];

  beforeAll(async () => {
    // A proxy and not a counter of our own: it sees what was sent, whoever sent it.
    const proxy = await serve((incoming, outgoing) => {
      seen.push(`${incoming.method ?? ""} ${incoming.url ?? ""}`);
      const { method, headers } = incoming;
      const onward = request(`${url}${incoming.url ?? ""}`, { ...(method === undefined ? {} : { method }), headers });
      onward.on("response", (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    api = new HttpKeycloakApi({ adminUrl: proxy }, Date.now);
  });

  afterAll(async () => {
    for (const name of made) await console.send("DELETE", `/${name}`);
    await api.close();
    await stop();
  });

  it("a realm is made by one POST, and looking at one that did not change is one request", async () => {
    const ours = new ProvidedRealm(realmOf(uniqueName("kc")), { api, platform });
    const { name } = ours;
    made.push(name);
    await ours.provide();
    const writes = seen.filter((line) => !line.endsWith("/token") && !line.startsWith("GET"));
    expect(writes).toEqual(["POST /admin/realms"]);
    await ours.provide();
    seen.length = 0;
    expect(await ours.provide()).toMatchObject({ drift: [] });
    expect(seen).toEqual([`POST /admin/realms/${name}/partial-export?exportClients=false&exportGroupsAndRoles=true`]);
  });

  it.each([
    [
      "its client was deleted",
      async (name: string): Promise<void> => {
        await console.send("DELETE", `/${name}/clients/${await console.clientUuid(name, "socle-operator")}`);
      },
    ],
    [
      "its roles were taken away",
      async (name: string): Promise<void> => {
        const user = await console.userId(name, "service-account-socle-operator");
        const management = await console.clientUuid(name, "realm-management");
        await console.send("DELETE", `/${name}/users/${user}/role-mappings/clients/${management}`);
      },
    ],
    [
      "its user was disabled",
      async (name: string): Promise<void> => {
        const user = await console.userId(name, "service-account-socle-operator");
        await console.send("PUT", `/${name}/users/${user}`, { enabled: false });
      },
    ],
    [
      "service accounts were switched off",
      async (name: string): Promise<void> => {
        const client = await console.clientUuid(name, "socle-operator");
        await console.send("PUT", `/${name}/clients/${client}`, { serviceAccountsEnabled: false });
      },
    ],
  ])("the own account of a realm is repaired after %s", async (_what, harm) => {
    const name = made[0] ?? "";
    const ours = new ProvidedRealm(realmOf(name), { api, platform });
    // Whatever its secret was, it is ours again after this.
    await ours.provide();
    await harm(name);
    const fresh = new HttpKeycloakApi({ adminUrl: url }, Date.now);
    const again = new ProvidedRealm(realmOf(name), { api: fresh, platform });
    again.clientSecret = ours.clientSecret;
    expect(await again.provide()).toMatchObject({ drift: ["clients.socle-operator"], corrected: true });
    expect(await again.provide()).toMatchObject({ drift: [], corrected: false });
    expect((await fresh.observeRealm(again.own, name, never))?.marker).toBe(again.desired.marker);
    await fresh.close();
  });

  it("a login flow that a crash left half-built is replaced, and nothing of it stays", async () => {
    const name = made[0] ?? "";
    const ours = new ProvidedRealm(realmOf(name), { api, platform });
    await ours.provide();
    for (const [alias, topLevel] of [
      ["socle-browser-2", true],
      ["socle-browser-2 password", false],
    ] as const)
      await console.send("POST", `/${name}/authentication/flows`, {
        alias,
        providerId: "basic-flow",
        topLevel,
        builtIn: false,
      });
    await console.setRequirement(name, "auth-otp-form", "DISABLED");
    expect(await ours.provide()).toMatchObject({ corrected: true });
    expect(await ours.provide()).toMatchObject({ drift: [], corrected: false });
    const observed = await api.observeRealm(platform, name, never);
    const flows = observed?.representation["authenticationFlows"] as { alias: string }[];
    expect(flows.map(({ alias }) => alias).filter((alias) => alias.startsWith("socle-browser"))).toEqual([
      "socle-browser-2",
      "socle-browser-2 password",
    ]);
    const settings = observed?.representation["authenticatorConfig"] as { alias: string }[];
    expect(settings.filter(({ alias }) => alias.startsWith("socle-"))).toEqual([]);
  });
});

describe("failures of a Keycloak", () => {
  afterEach(stop);

  async function failing(status: number, code = "server-secret-0815"): Promise<HttpKeycloakApi> {
    const url = await serve((incoming, outgoing) => {
      const fine = isToken(incoming);
      outgoing.writeHead(fine ? 200 : status, { "content-type": "application/json" });
      outgoing.end(fine ? token : JSON.stringify({ error: code, errorMessage: "server-secret-0815" }));
    });
    return new HttpKeycloakApi({ adminUrl: url }, Date.now);
  }

  async function refusal(promise: Promise<unknown>): Promise<Error> {
    const error: unknown = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof Error)) throw new Error("It did not fail.");
    return error;
  }

  it.each([
    [400, TerminalError, "InvalidSpec"],
    [401, TransientError, "PermissionMissing"],
    [403, TransientError, "PermissionMissing"],
    [404, ConflictError, "Conflict"],
    [409, AlreadyExistsError, "Conflict"],
    [500, TransientError, "DependencyUnavailable"],
    [503, TransientError, "DependencyUnavailable"],
  ])(
    "HTTP %i to a change becomes %o %s, and says nothing of what was sent or answered",
    async (status, kind, reason) => {
      const api = await failing(status);
      const secretChange = { ...anyChange, body: { clients: [{ secret: "body-secret-1234" }] } };
      const error = await refusal(api.execute({ account, realm: "r", change: secretChange }, never));
      expect(error).toMatchObject({ constructor: kind, reason });
      expect(error.message).not.toMatch(/client-secret-4711|body-secret-1234|server-secret-0815|x\.e30\.x/);
      expect(error.message).toContain("realm r");
      await api.close();
    },
  );

  it("nobody there is DependencyUnavailable", async () => {
    const gone = await serve(() => undefined);
    await stop();
    const api = new HttpKeycloakApi({ adminUrl: gone }, Date.now);
    for (const call of [
      () => api.ping(never),
      () => api.observeRealm(account, "r", never),
      () => api.execute({ account, realm: "r", change: anyChange }, never),
      () => api.probeRealm({ ...account, realm: "r" }, "https://x", never),
    ])
      expect(await refusal(call())).toMatchObject({ constructor: TransientError, reason: "DependencyUnavailable" });
    await api.close();
  });

  it("a realm that is disabled is waited for", async () => {
    const url = await serve((_incoming, outgoing) => {
      outgoing.writeHead(403, { "content-type": "application/json" });
      outgoing.end(JSON.stringify({ error: "access_denied" }));
    });
    const api = new HttpKeycloakApi({ adminUrl: url }, Date.now);
    expect(await refusal(api.observeRealm(account, "r", never))).toMatchObject({
      constructor: WaitingError,
      reason: "DependencyNotReady",
    });
    await api.close();
  });
});

describe("how much is asked of a Keycloak at once", () => {
  afterEach(stop);

  it("fetches one token for all who wait for it", async () => {
    const paths: string[] = [];
    const url = await serve((incoming, outgoing) => {
      paths.push(isToken(incoming) ? "token" : "realm");
      outgoing.writeHead(200, { "content-type": "application/json" });
      outgoing.end(isToken(incoming) ? token : "{}");
    });
    const api = new HttpKeycloakApi({ adminUrl: url }, Date.now);
    await Promise.all(Array.from({ length: 8 }, () => api.realmExists(account, "r", never)));
    expect(paths.filter((path) => path === "token")).toHaveLength(1);
    expect(paths.filter((path) => path === "realm")).toHaveLength(8);
    await api.close();
  });

  it("fetches a new token once the old one has ended", async () => {
    let tokens = 0;
    let now = 0;
    const url = await serve((incoming, outgoing) => {
      if (isToken(incoming)) tokens += 1;
      outgoing.writeHead(200, { "content-type": "application/json" });
      outgoing.end(isToken(incoming) ? token : "{}");
    });
    const api = new HttpKeycloakApi({ adminUrl: url }, () => now);
    await api.realmExists(account, "r", never);
    now = 289_000;
    await api.realmExists(account, "r", never);
    expect(tokens).toBe(1);
    now = 291_000;
    await api.realmExists(account, "r", never);
    expect(tokens).toBe(2);
    await api.close();
  });

  it("sends at most four requests at a time, and loses none", async () => {
    const waiting: (() => void)[] = [];
    let inFlight = 0;
    let most = 0;
    let answered = 0;
    const url = await serve((incoming, outgoing) => {
      outgoing.setHeader("content-type", "application/json");
      if (isToken(incoming)) return void outgoing.end(token);
      if (incoming.url === "/round") return void outgoing.end();
      inFlight += 1;
      most = Math.max(most, inFlight);
      waiting.push(() => {
        inFlight -= 1;
        answered += 1;
        outgoing.end("{}");
      });
    });
    const api = new HttpKeycloakApi({ adminUrl: url }, Date.now);
    const all = Promise.all(Array.from({ length: 12 }, () => api.realmExists(account, "r", never)));
    while (answered < 12) {
      const expected = Math.min(4, 12 - answered);
      await eventually(() => {
        expect(waiting.length).toBeGreaterThanOrEqual(expected);
      });
      // A fifth that was on its way would be here after this round trip.
      await fetch(`${url}/round`);
      waiting.shift()?.();
    }
    expect(await all).toHaveLength(12);
    expect(most).toBe(4);
    await api.close();
  });
});

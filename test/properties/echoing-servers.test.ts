import { createServer, type Server as HttpsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import type { RealmChange } from "../../operator/keycloak/keycloak-api.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import { hiddenCredentials } from "../../operator/kube/hidden-credentials.ts";
import { HttpKubeApi } from "../../operator/kube/http-kube-api.ts";
import { HttpNumSpotApi } from "../../operator/numspot/http-numspot-api.ts";
import { connectS3 } from "../../operator/objectstore/s3-object-store-api.ts";
import { SoapOpenXchangeApi } from "../../operator/openxchange/soap-openxchange-api.ts";
import { PgPostgresApi } from "../../operator/postgres/pg-postgres-api.ts";
import { Transport } from "../../operator/runtime/transport.ts";
import { selfSigned } from "../../operator/systems/self-signed.ts";
import { Redactor } from "../../operator/telemetry/logger.ts";

/** Servers that repeat in their refusal every byte that they were sent: headers, path, body. What the real adapters make of that. */
const mark = "M4RKED-of-the-";
const signal = new AbortController().signal;
const statuses = [400, 401, 403, 404, 409, 422, 500] as const;

interface Echo {
  readonly url: string;
  readonly ca: string;
  /** What the next answers are. */
  status: number;
  /** Whether tokens are given out; they are marked too. */
  tokens: boolean;
  /** Marked secrets that were heard, by what follows the mark. */
  readonly heard: Set<string>;
}

/** What is marked in it, in clear or as a login in base64. */
function marksIn(text: string): readonly string[] {
  const logins = [...text.matchAll(/Basic ([\w+/=]+)/g)].map(([, login = ""]) =>
    Buffer.from(login, "base64").toString(),
  );
  return [text, ...logins].flatMap((one) =>
    [...one.matchAll(new RegExp(`${mark}(\\w+)`, "g"))].map(([, what = ""]) => what),
  );
}

let server: HttpsServer;
let echo: Echo;
beforeAll(async () => {
  const { certificate, key, authority } = await selfSigned({ names: ["localhost"], days: 1, now: Date.now() });
  server = createServer({ cert: certificate, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const sent = JSON.stringify([request.method, request.url, request.headers, Buffer.concat(chunks).toString()]);
      for (const what of marksIn(sent)) echo.heard.add(what);
      if (echo.tokens && /token$/.test(request.url ?? "")) {
        const token = { access_token: `${mark}token`, token_type: "Bearer", expires_in: 60 };
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(token));
        return;
      }
      const isXml = /services|bucket|^\/$/.test(request.url ?? "");
      const told = sent.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      const text = isXml
        ? `<Error><Code>AccessDenied</Code><Message>${told}</Message><faultstring>${told}</faultstring></Error>`
        : JSON.stringify({
            kind: "Status",
            reason: "Forbidden",
            message: sent,
            error: sent,
            error_description: sent,
            errorMessage: sent,
          });
      response.writeHead(echo.status, { "content-type": isXml ? "text/xml" : "application/json" }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  echo = { url: `https://localhost:${port}`, ca: authority, status: 500, tokens: false, heard: new Set() };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** All that anybody could tell of how it ended. */
async function ending(call: () => Promise<unknown>): Promise<string> {
  return inspect(await call().catch((error: unknown) => error), { depth: 12, maxStringLength: Infinity });
}

const account = { realm: "minagri", clientId: "socle", clientSecret: `${mark}account` };
const change: RealmChange = {
  kind: "sub-resource",
  method: "POST",
  path: "/clients",
  body: { clientId: "synapse", secret: `${mark}client` },
  fields: ["clients.synapse"],
  why: "it is missing",
};
const accounts = {
  platform: { clientId: "platform", clientSecret: `${mark}platform` },
  breakGlass: { username: "admin", password: `${mark}administrator` },
};

const keycloak = (): readonly (() => Promise<unknown>)[] => {
  const api = new HttpKeycloakApi({ adminUrl: echo.url, ca: echo.ca }, () => Date.now());
  return [
    () => api.platformRights(account, signal),
    () => api.observeRealm(account, "minagri", signal),
    () => api.observeClient(account, "synapse", signal),
    () => api.execute({ account, realm: "minagri", change }, signal),
    () => api.probeRealm(account, "https://sso.example/realms/minagri", signal),
    () => api.makeFirstAccounts(account, accounts, signal),
    () => api.close(),
  ];
};
const numSpot = (): readonly (() => Promise<unknown>)[] => {
  const api = new HttpNumSpotApi({ url: echo.url, ca: echo.ca, clientId: "id", clientSecret: `${mark}numspot` }, () =>
    Date.now(),
  );
  return [
    () => api.zones("s", signal),
    () => api.clusters("s", signal),
    () => api.vpnConnections("s", signal),
    () => api.close(),
  ];
};
const store = (): readonly (() => Promise<unknown>)[] => {
  const keys = { accessKeyId: "id", secretAccessKey: `${mark}store` };
  const api = connectS3({ url: echo.url, ca: echo.ca, region: "r", pathStyle: true, ...keys });
  return [
    () => api.observe("bucket", signal),
    () => api.execute({ kind: "createBucket", bucket: "bucket", why: "missing" }, signal),
    () => api.ping(signal),
    () => api.close(),
  ];
};
const appSuite = (): readonly (() => Promise<unknown>)[] => {
  const api = new SoapOpenXchangeApi({
    url: `${echo.url}/webservices`,
    ca: echo.ca,
    username: "master",
    password: `${mark}master`,
  });
  return [
    () => api.observe("minagri", signal),
    () => api.execute({ kind: "disable", name: "minagri", why: "it ends" }, { password: `${mark}context`, signal }),
    () => api.administratorLogin({ contextId: 7, username: "a", password: `${mark}context` }, signal),
    () => api.ping(signal),
    () => api.close(),
  ];
};

describe.each([
  ["Keycloak", keycloak, ["account", "token", "client"]],
  ["NumSpot", numSpot, ["numspot", "token"]],
  // It hears a signature, never the key.
  ["an object store", store, []],
  ["an App Suite", appSuite, ["master", "context"]],
])("%s that repeats what it was sent", (_name, callsOf, hears) => {
  beforeAll(() => {
    echo.heard.clear();
  });
  afterAll(() => {
    expect([...echo.heard].sort()).toEqual([...hears].sort());
  });

  it.each([
    ["refuses everything", false],
    ["gives tokens and refuses the rest", true],
  ])("is told of without a secret when it %s", async (_how, tokens) => {
    echo.tokens = tokens;
    const told: string[] = [];
    for (const status of statuses) {
      echo.status = status;
      for (const call of callsOf()) told.push(await ending(call));
    }
    expect(told.filter((text) => text.includes("Error")).length).toBeGreaterThan(statuses.length);
    expect(told.filter((text) => text.includes(mark))).toEqual([]);
  });
});

describe("an API server that repeats what it was sent", () => {
  it("is quoted, as its words are the remedy, and without the token of the operator and the secrets that it knows", async () => {
    const redactor = new Redactor();
    redactor.register(`${mark}password`);
    const credentials = {
      headers: () => Promise.resolve({ authorization: `Bearer ${mark}token-of-the-operator` }),
      invalidate: () => undefined,
    };
    const transport = new Transport({
      server: echo.url,
      tls: { ca: echo.ca },
      credentials: hiddenCredentials(credentials, redactor.register),
      userAgent: "test",
    });
    const kube = new HttpKubeApi(transport, builtinResourceTypes, () => 0);
    const metadata = { name: "database", namespace: "t-minagri" };
    const data = { password: Buffer.from(`${mark}password`).toString("base64") };
    echo.tokens = false;
    for (const status of statuses) {
      echo.status = status;
      const told = await ending(() => kube.create({ apiVersion: "v1", kind: "Secret", metadata, data }));
      const cleaned = String(redactor.clean(told));
      expect(cleaned).toContain("Error");
      expect([cleaned.includes(mark), cleaned.includes(data.password)]).toEqual([false, false]);
    }
    await transport.close();
  });
});

describe("a PostgreSQL that repeats what it was sent", () => {
  let postgres: Server;
  afterAll(() => postgres.close());

  it("is told of without the password", async () => {
    const message = (type: string, body: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length + 4);
      return Buffer.concat([Buffer.from(type), length, body]);
    };
    const asked: string[] = [];
    // It asks for the password in clear, and names it in its refusal (protocol 3.0: R, then E with severity, code and message).
    postgres = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.write(message("R", Buffer.from([0, 0, 0, 3])));
        socket.once("data", (password) => {
          const text = password.subarray(5).toString().replace("\0", "");
          asked.push(text);
          socket.end(message("E", Buffer.from(`SFATAL\0C28P01\0Mrefused ${text}\0D${text}\0\0`)));
        });
      });
    });
    await new Promise<void>((resolve) => postgres.listen(0, "127.0.0.1", resolve));
    const { port } = postgres.address() as AddressInfo;
    const api = new PgPostgresApi({
      host: "127.0.0.1",
      port,
      tls: "Disable",
      username: "platform",
      password: `${mark}platform`,
    });
    const names = { role: "minagri", database: "minagri" };
    const told = [
      await ending(() => api.observe(names, signal)),
      await ending(() => api.login({ ...names, password: `${mark}role` }, signal)),
    ];
    await api.close();
    expect(asked.length + told.length).toBeGreaterThan(2);
    expect(told.filter((text) => text.includes(mark))).toEqual([]);
  });
});

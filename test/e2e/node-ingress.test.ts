import { readFileSync, rmSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { CertificateAuthority, type KeyedCertificate } from "../control-plane/certificates.ts";
import { type NodeLane, prepareNode, startNode } from "../node-lane/node-lane.ts";
import { runningNode } from "../node-lane/node-run.ts";
import { hostState, listeningAddresses, openToOthers, processesIn, processNamespaceOf } from "../support/host-state.ts";
import type { Kubectl } from "../support/installation.ts";
import { eventually } from "../support/test-cluster.ts";

const root = join(import.meta.dirname, "..", "..");
const directory = join(root, ".socle", "test", String(process.pid), "node-ingress");
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

/** Undefined, or why this host cannot run a node: then the tests count as skipped, and in CI that is a failure. */
const problem = await prepareNode(say).then(
  () => undefined,
  (error: unknown) => {
    if (!(error instanceof LaneUnavailable) || (process.env["CI"] ?? "") !== "") throw error;
    say(`NOT RUN: ${error.message}`);
    return error.message;
  },
);

const namespace = "rooms";

/** Tells what it was asked, as JSON; takes an upgrade to WebSocket and then returns each byte. With a certificate it speaks HTTPS. */
const echoServer = `
const { createHash } = require("node:crypto");
const { CERT: cert, KEY: key, NAME: name } = process.env;
const options = { maxHeaderSize: 1 << 17, ...(cert ? { cert, key } : {}) };
const server = require(cert ? "node:https" : "node:http").createServer(options, (call, answer) => {
  let size = 0;
  call.on("data", (chunk) => (size += chunk.length));
  call.on("end", () => {
    if (call.url === "/large-header") answer.setHeader("x-large", "y".repeat(40_000));
    answer.end(JSON.stringify({ name, method: call.method, url: call.url, size, headers: call.headers, from: call.socket.remoteAddress }));
  });
});
server.on("upgrade", (call, socket) => {
  const accept = createHash("sha1").update(call.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: " + accept + "\\r\\n\\r\\n");
  socket.pipe(socket);
});
server.listen(8080);
`;

interface EchoPod {
  readonly name: string;
  readonly app?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function echoPod(image: string, { name, app = name, env = {} }: EchoPod): unknown {
  const container = {
    name: "main",
    image,
    command: ["node", "-e", echoServer],
    env: Object.entries({ NAME: name, ...env }).map(([key, value]) => ({ name: key, value })),
    ports: [{ name: "web", containerPort: 8080 }],
    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [container],
    },
  };
}

const service = (name: string): unknown => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: "web" }] },
});

type PathOf = readonly [path: string, service: string, more?: { pathType?: string; port?: unknown }];

interface IngressWish {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly tls?: readonly unknown[];
  readonly className?: string;
}

function ingress(name: string, host: string, paths: readonly PathOf[], wish: IngressWish = {}): unknown {
  const { annotations = {}, tls = [], className = "socle-lane" } = wish;
  const backends = paths.map(([path, backend, { pathType = "Prefix", port = { number: 80 } } = {}]) => ({
    path,
    pathType,
    backend: { service: { name: backend, port } },
  }));
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace, annotations },
    spec: { ingressClassName: className, tls, rules: [{ host, http: { paths: backends } }] },
  };
}

const secret = (name: string, { certificate, key }: KeyedCertificate): unknown => ({
  apiVersion: "v1",
  kind: "Secret",
  type: "kubernetes.io/tls",
  metadata: { name, namespace },
  stringData: { "tls.crt": certificate, "tls.key": key },
});

interface Echo {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly size: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly from: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

describe.skipIf(problem !== undefined)("the ingress of a node", () => {
  const before = problem === undefined ? hostState() : undefined;
  const openBefore = openToOthers();
  /** More than one label below localhost: no wildcard certificate is accepted for it. */
  const host = "rooms.tenant.localhost";
  let node: NodeLane;
  let kubectl: Kubectl;

  beforeAll(async () => {
    node = await startNode({ directory, log: say });
    kubectl = node.kubectl;
    await kubectl.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
    await kubectl.ok(["wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=30s"]);
    const pods = [{ name: "red" }, { name: "blue" }, { name: "client", env: { CA: node.ingress.ca } }];
    await kubectl.apply([
      ...pods.map((pod) => echoPod(node.images.socle, pod)),
      ...["red", "blue", "empty"].map(service),
      ingress("front", host, [
        ["/", "red"],
        ["/exact", "blue", { pathType: "Exact" }],
      ]),
      ingress("back", host, [
        ["/blue", "blue", { port: { name: "http" } }],
        ["/blue/deep/", "red"],
        ["/realms/master", "empty"],
      ]),
    ]);
    await kubectl.ok(["wait", "-n", namespace, "pod", "--all", "--for=condition=Ready", "--timeout=90s"]);
    await answers(host, "/blue", "blue");
    await answers(host, "/", "red");
  });
  afterAll(async () => {
    // The last test stops it; this is for the case that a test before it failed.
    await (node as NodeLane | undefined)?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const optionsOf = (name: string, path: string, more: RequestOptions = {}): RequestOptions => ({
    host: name,
    port: node.ingress.port,
    path,
    ca: node.ingress.ca,
    agent: false,
    timeout: 10_000,
    // Where this machine's own resolver has no such names, they are loopback all the same.
    lookup: (_name, _options, callback) => {
      callback(null, [{ address: "127.0.0.1", family: 4 }]);
    },
    ...more,
  });
  /** What the host gets; the path is sent as it is written here. */
  const ask = (name: string, path: string, more: RequestOptions & { body?: Buffer } = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { body, ...rest } = more;
      const call = request(optionsOf(name, path, { maxHeaderSize: 1 << 17, ...rest }), (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.once("end", () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      });
      call.once("error", reject).once("timeout", () => call.destroy(new Error("no answer within 10 s")));
      call.end(body);
    });
  const echoOf = ({ status, text }: Answer): Echo => {
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return JSON.parse(text) as Echo;
  };
  /** The name of the pod that answered, or the status of an answer that no pod gave. */
  const outcome = (answer: Answer): string => (answer.status === 200 ? echoOf(answer).name : String(answer.status));
  const answers = async (name: string, path: string, expected: string): Promise<void> => {
    await eventually(async () => {
      expect(outcome(await ask(name, path))).toBe(expected);
    });
  };
  const log = async (): Promise<string> => (await node.inNode(["cat", "/run/node/log/ingress.log"])).stdout;
  const inClient = async (script: string): Promise<string> =>
    (await kubectl.ok(["exec", "-n", namespace, "client", "--", "node", "-e", script])).trim();
  /** What a pod gets that knows nothing but the URL and the authority. */
  const askFromPod = async (url: string): Promise<Echo> => {
    const get = `require("node:https").get(${JSON.stringify(url)}, { ca: process.env.CA, timeout: 5000 }, (a) => a.pipe(process.stdout))`;
    return JSON.parse(await inClient(get)) as Echo;
  };

  it("serves one URL to the host and to pods, by a certificate for exactly that name", async () => {
    expect(echoOf(await ask(host, "/")).name).toBe("red");
    expect((await askFromPod(`https://${host}:${node.ingress.port}/`)).name).toBe("red");
  });

  it("is every name below localhost for pods, and nothing for the names of others", async () => {
    const lookup = (name: string): Promise<string> =>
      inClient(
        `require("dns").promises.lookup("${name}", { all: true }).then((a) => console.log(a.map((b) => b.address).join()))`,
      );
    expect(await lookup("a.localhost")).toBe("198.18.0.11");
    expect(await lookup("a.b.c.d.localhost")).toBe("198.18.0.11");
    expect(await lookup("localhost")).toMatch(/^(127\.0\.0\.1|::1)/);
    await expect(lookup("a.localhost.example")).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  });

  it.each([
    ["/", "red"],
    ["/blue", "blue"],
    ["/blue/", "blue"],
    ["/blue/x", "blue"],
    ["/blue?x=1", "blue"],
    ["/bluebird", "red"],
    ["/Blue", "red"],
    ["/blue/deep", "red"],
    ["/blue/deep/x", "red"],
    ["/blue/deeper", "blue"],
    ["/exact", "blue"],
    ["/exact/", "red"],
    ["/exact/x", "red"],
    ["/realms/master", "503"],
    ["/realms/master/x", "503"],
    ["/realms/masters", "red"],
  ])("routes %s of two merged Ingresses to %s", async (path, expected) => {
    expect(outcome(await ask(host, path))).toBe(expected);
  });

  it.each([
    "/realms/%6Daster",
    "/%72ealms/%6d%61%73%74%65%72/x",
    "/realms//master",
    "//realms/master",
    "/realms/./master",
    "/realms/x/../master",
    "/realms/x/%2e%2e/master",
    "/realms/x/.%2E//master/y",
    "/realms%2Fmaster",
    "/realms/x/..%2fmaster",
    "/blue/../realms/master",
    "/realms/master?x=/blue",
    "/realms/master%2F..%2Fmaster",
    "/realms/master/%2e",
  ])("keeps the closed path closed when it is written %s", async (path) => {
    expect(outcome(await ask(host, path))).toBe("503");
  });

  it("keeps it closed for a request that names its host twice", async () => {
    const path = `https://${host}:${node.ingress.port}/realms/%6Daster`;
    expect(outcome(await ask("unknown.localhost", path, { checkServerIdentity: () => undefined }))).toBe("503");
  });

  it("sends on the path that it compared, encoded anew, and the question as it came", async () => {
    const { url, headers } = echoOf(await ask(host, "/a/%62/../c%20d//e%3Ff%25%0d%0aX-Evil:%201?x=%2F..%2F&y=a%20b"));
    expect(url).toBe("/a/c%20d/e%3Ff%25%0D%0AX-Evil:%201?x=%2F..%2F&y=a%20b");
    expect(headers["x-evil"]).toBeUndefined();
  });

  it("answers 404 for hosts that nobody publishes and for paths that nobody has", async () => {
    const only = "only.localhost";
    await kubectl.apply([
      ingress("only", only, [
        ["/api/", "blue"],
        ["/page/", "blue", { pathType: "Exact" }],
      ]),
    ]);
    await answers(only, "/api", "blue");
    const paths = ["/", "/apis", "/api/x", "/page/", "/page", "/page/x"];
    const found = await Promise.all(paths.map(async (path) => outcome(await ask(only, path))));
    expect(found).toEqual(["404", "404", "blue", "blue", "404", "404"]);
    expect(outcome(await ask("unknown.localhost", "/", { checkServerIdentity: () => undefined }))).toBe("404");
  });

  it("tells the backend how it was asked, and lets no client say it", async () => {
    const lies = {
      "x-forwarded-for": "1.2.3.4",
      "x-forwarded-host": "evil.example",
      "x-forwarded-port": "1",
      "x-forwarded-proto": "http",
      "x-forwarded-prefix": "/evil",
      forwarded: "for=1.2.3.4;host=evil.example",
    };
    const { headers, from } = echoOf(await ask(host, "/", { headers: lies }));
    const authority = `${host}:${node.ingress.port}`;
    expect(headers).toMatchObject({
      host: authority,
      "x-forwarded-host": authority,
      "x-forwarded-port": String(node.ingress.port),
      "x-forwarded-proto": "https",
    });
    expect(Object.entries(headers).filter(([, value]) => /1\.2\.3\.4|evil/.test(value))).toEqual([]);
    expect(from).toMatch(/198\.18\.0\.11$/);
    const podAddress = await kubectl.ok(["get", "pod", "client", "-n", namespace, "-o", "jsonpath={.status.podIP}"]);
    const seen = await askFromPod(`https://${authority}/`);
    expect(seen.headers["x-forwarded-for"]).toBe(podAddress);
  });

  it("lets large headers and bodies through, both ways", async () => {
    const body = Buffer.alloc(20 << 20);
    const headers = { "x-large": "x".repeat(40_000) };
    const echo = echoOf(await ask(host, "/", { method: "PUT", headers, body }));
    expect([echo.method, echo.size, echo.headers["x-large"]?.length]).toEqual(["PUT", 20 << 20, 40_000]);
    expect((await ask(host, "/large-header")).headers["x-large"]).toHaveLength(40_000);
  });

  it("lets WebSockets through", async () => {
    const socket = await new Promise<Duplex>((resolve, reject) => {
      const headers = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "a".repeat(22) + "==" };
      const call = request(optionsOf(host, "/", { headers, timeout: 0 }));
      call.once("upgrade", (_answer, upgraded) => {
        resolve(upgraded);
      });
      call.once("response", ({ statusCode = 0 }) => {
        reject(new Error(`no upgrade: ${statusCode}`));
      });
      call.once("error", reject).end();
    });
    const echoed = new Promise<string>((resolve) =>
      socket.once("data", (data: Buffer) => {
        resolve(data.toString());
      }),
    );
    socket.write("there and back");
    expect(await echoed).toBe("there and back");
    socket.destroy();
  });

  it("lets no other protocol through, by which closed paths could be reached", async () => {
    const headers = {
      connection: "Upgrade, HTTP2-Settings",
      upgrade: "h2c",
      "http2-settings": "AAMAAABkAARAAAAAAAIAAAAA",
    };
    const { headers: received } = echoOf(await ask(host, "/", { headers }));
    expect(received["upgrade"]).toBeUndefined();
    expect(received["connection"] ?? "").not.toContain("pgrade");
  });

  it("speaks HTTPS to backends that ask for it", async () => {
    const authority = await CertificateAuthority.create("inner");
    const { certificate, key } = await authority.issue("inner", { hosts: ["inner"] });
    await kubectl.apply([
      echoPod(node.images.socle, { name: "inner", env: { CERT: certificate, KEY: key } }),
      service("inner"),
      ingress("inner", "inner.localhost", [["/", "inner"]], {
        annotations: { "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" },
      }),
    ]);
    await answers("inner.localhost", "/", "inner");
  });

  it("shows the certificate of the Secret that the Ingress names, if it is one for this host", async () => {
    const authority = await CertificateAuthority.create("authority of others");
    const tls = (hosts: string[], secretName: string): unknown[] => [{ hosts, secretName }];
    await kubectl.apply([
      secret("good-tls", await authority.issue("theirs", { hosts: ["theirs.localhost"] })),
      secret("foreign-tls", await authority.issue("foreign", { hosts: ["elsewhere.localhost"] })),
      secret("broken-tls", {
        certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        key: "none",
      }),
      ...["theirs good", "unfit foreign", "broken broken", "missing missing"]
        .map((pair) => pair.split(" ") as [string, string])
        .map(([name, of]) =>
          ingress(name, `${name}.localhost`, [["/", "red"]], { tls: tls([`${name}.localhost`], `${of}-tls`) }),
        ),
    ]);
    await eventually(async () => {
      expect(outcome(await ask("theirs.localhost", "/", { ca: authority.pem }))).toBe("red");
    });
    for (const name of ["unfit", "broken", "missing"]) await answers(`${name}.localhost`, "/", "red");
    const said = await log();
    expect(said).toContain("Secret rooms/foreign-tls is not used for unfit.localhost: it was issued for other names");
    expect(said).toContain("Secret rooms/broken-tls is not used for broken.localhost:");
    expect(said).not.toContain("PRIVATE KEY");
  });

  it("goes on when an Ingress asks for what cannot be served, and says so", async () => {
    await kubectl.apply([
      ingress("hostile", "hostile.localhost", [['/" { return 200 "evil"; } location "/x', "red"]]),
      ingress("hostile-too", "hostile.localhost", [["/a\n}\nserver { listen 1;", "red"]]),
      ingress("strange", "strange.localhost", [["/", "red"]], {
        annotations: { "nginx.ingress.kubernetes.io/backend-protocol": "FCGI" },
      }),
      ingress("snippet", "snippet.localhost", [["/", "red"]], {
        annotations: { "nginx.ingress.kubernetes.io/configuration-snippet": "return 200 evil;" },
      }),
      ingress("foreign", "foreign.localhost", [["/", "red"]], { className: "nginx" }),
      ingress("well", "well.localhost", [["/", "blue"]]),
    ]);
    await answers("well.localhost", "/", "blue");
    await answers("snippet.localhost", "/", "red");
    const unverified = { checkServerIdentity: () => undefined };
    for (const name of ["hostile", "strange", "foreign"])
      expect(outcome(await ask(`${name}.localhost`, "/", unverified))).toBe("404");
    expect(await log()).toContain("Ingress rooms/hostile is ignored: the path");
    expect(await log()).toContain('Ingress rooms/strange is ignored: backends of protocol "FCGI" are not served');
  });

  it("tells its address in the status of Ingresses that it serves, and of no others", async () => {
    const address = (name: string): Promise<string> =>
      kubectl.ok(["get", "ingress", name, "-n", namespace, "-o", "jsonpath={.status.loadBalancer.ingress[*].ip}"]);
    await eventually(async () => {
      expect(await address("front")).toBe("198.18.0.11");
    });
    expect(await address("hostile")).toBe("");
  });

  it("follows pods that come and go, and paths and Ingresses that change", async () => {
    const moving = "moving.localhost";
    await kubectl.apply([service("moving"), ingress("moving", moving, [["/", "moving"]])]);
    await answers(moving, "/", "503");
    await kubectl.apply([echoPod(node.images.socle, { name: "first", app: "moving" })]);
    await answers(moving, "/", "first");
    await kubectl.apply([echoPod(node.images.socle, { name: "second", app: "moving" })]);
    await answers(moving, "/", "second");
    await kubectl.ok(["delete", "pod", "first", "-n", namespace]);
    await eventually(async () => {
      const found = await Promise.all(Array.from({ length: 6 }, async () => outcome(await ask(moving, "/"))));
      expect(new Set(found)).toEqual(new Set(["second"]));
    });
    await kubectl.apply([ingress("moving", moving, [["/elsewhere", "moving"]])]);
    await answers(moving, "/", "404");
    await kubectl.ok(["delete", "pod", "second", "-n", namespace]);
    await answers(moving, "/elsewhere", "503");
    await kubectl.ok(["delete", "ingress", "moving", "-n", namespace]);
    await eventually(async () => {
      expect(outcome(await ask(moving, "/elsewhere", { checkServerIdentity: () => undefined }))).toBe("404");
    });
  });

  it("is let in by a NetworkPolicy that names its address, and by nothing less", async () => {
    const policy = (spec: unknown): unknown => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "red", namespace },
      spec: { podSelector: { matchLabels: { app: "red" } }, policyTypes: ["Ingress"], ...(spec as object) },
    });
    const direct = (): Promise<string> =>
      inClient(
        'fetch("http://red", { signal: AbortSignal.timeout(1000) }).then((a) => a.json()).then((a) => console.log(a.name))',
      );
    expect(await eventually(direct)).toBe("red");
    await kubectl.apply([policy({})]);
    await answers(host, "/", "504");
    await expect(direct()).rejects.toThrow(/Timeout|aborted/);
    const from = node.ingress.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
    await kubectl.apply([policy({ ingress: [{ from, ports: [{ port: 8080 }] }] })]);
    await answers(host, "/", "red");
    await expect(direct()).rejects.toThrow(/Timeout|aborted/);
    await kubectl.ok(["delete", "networkpolicy", "red", "-n", namespace]);
    expect(await eventually(direct)).toBe("red");
  });

  it("opens nothing on the host beyond loopback", () => {
    expect(listeningAddresses(node.ingress.port)).toEqual(["0100007F"]);
    expect(openToOthers().filter((socket) => !openBefore.includes(socket))).toEqual([]);
  });

  it("leaves nothing on the host once the node is stopped", async () => {
    const { node: pid } = (await runningNode(directory))!;
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
    const processes = processNamespaceOf(child)!;
    const commands = (): string[] => processesIn(processes).map((id) => readFileSync(`/proc/${id}/cmdline`, "utf8"));
    expect(commands().filter((line) => line.includes("nginx: worker"))).not.toEqual([]);
    await node.stop();
    expect(processesIn(processes)).toEqual([]);
    expect(hostState()).toEqual(before);
    expect(listeningAddresses(node.ingress.port)).toEqual([]);
  });
});

import { chmodSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TransientError } from "../runtime/errors.ts";
import { type ConnectionWish, kubeConnection, KubeconfigError } from "./kubeconfig.ts";

describe("kubeConnection", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const file = (name: string, content: string | object): string => {
    const path = join(directory, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
    return path;
  };
  const config = (user: object, more: { context?: string; cluster?: object; current?: string } = {}): object => {
    const { context = "here", cluster = {}, current = context } = more;
    return {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: `${context}-cluster`, cluster: { server: `https://${context}:6443`, ...cluster } }],
      users: [{ name: `${context}-user`, user }],
      contexts: [{ name: context, context: { cluster: `${context}-cluster`, user: `${context}-user` } }],
      "current-context": current,
    };
  };
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const connect = (wish: Partial<ConnectionWish>) => kubeConnection({ environment: { HOME: directory }, ...wish });
  const failure = async (wish: Partial<ConnectionWish>): Promise<string> => {
    const error: unknown = await connect(wish).catch((thrown: unknown) => thrown);
    if (!(error instanceof KubeconfigError)) throw new Error(`No KubeconfigError but ${String(error)}`);
    return error.message;
  };
  const remedy =
    "set KUBECONFIG to the file of your cluster, or start a local control plane with npm run control-plane -- up.";

  describe("finds the file", () => {
    it("that is named, before that of the environment, before that of the home", async () => {
      mkdirSync(join(directory, ".kube"));
      file(".kube/config", config({ token: "t" }, { context: "home" }));
      const environment = { HOME: directory, KUBECONFIG: file("env", config({ token: "t" }, { context: "env" })) };
      const kubeconfig = file("named", config({ token: "t" }, { context: "named" }));
      expect((await connect({})).server).toBe("https://home:6443");
      expect((await connect({ environment })).server).toBe("https://env:6443");
      expect((await connect({ environment, kubeconfig })).server).toBe("https://named:6443");
      expect((await connect({ kubeconfig: "", environment: { HOME: directory, KUBECONFIG: "" } })).server).toBe(
        "https://home:6443",
      );
    });

    it("or says what to do", async () => {
      expect(await failure({})).toBe(`No cluster is configured: ${directory}/.kube/config does not exist; ${remedy}`);
      expect(await failure({ kubeconfig: "/no/such" })).toBe(`Kubeconfig /no/such does not exist; ${remedy}`);
    });

    it("or several, of which the first that names something wins, and one may be missing", async () => {
      const one = file("one", { ...config({ token: "one" }), "current-context": "" });
      const two = file("two", { ...config({ token: "two" }, { current: "there" }) });
      const three = file("three", config({ token: "three" }, { context: "there" }));
      const connection = await connect({ kubeconfig: [one, "/no/such", two, three].join(delimiter) });
      expect([connection.server, connection.description]).toEqual(["https://there:6443", "context there"]);
      const chosen = await connect({ kubeconfig: [one, two].join(delimiter), context: "here" });
      expect(await chosen.credentials.headers()).toEqual({ authorization: "Bearer one" });
    });
  });

  describe("refuses with a sentence", () => {
    it("a context that is not there, naming those that are", async () => {
      const kubeconfig = file("c", config({ token: "t" }));
      expect(await failure({ kubeconfig, context: "prod" })).toBe(
        `Kubeconfig ${kubeconfig} has no context prod; choose one with --context: here.`,
      );
    });

    it("a file without a current context", async () => {
      const kubeconfig = file("c", config({ token: "t" }, { current: "" }));
      expect(await failure({ kubeconfig })).toContain(
        "has no current context with a cluster; choose one with --context: here.",
      );
    });

    it("a file with nothing in it", async () => {
      const empty = { apiVersion: "v1", kind: "Config", clusters: [], users: [], contexts: [], "current-context": "" };
      expect(await failure({ kubeconfig: file("c", empty) })).toContain(remedy);
    });

    it("a file that is none", async () => {
      const kubeconfig = file("c", "clusters: [\n  not yaml: {");
      expect(await failure({ kubeconfig })).toContain(`Kubeconfig ${kubeconfig} cannot be read as one: `);
    });

    it("a proxy, which would be passed by in silence", async () => {
      const kubeconfig = file("c", config({ token: "t" }, { cluster: { "proxy-url": "http://proxy:3128" } }));
      expect(await failure({ kubeconfig })).toContain("sets proxy-url, which is not supported");
    });
  });

  describe("takes", () => {
    it("certificates and authority that are written into the file", async () => {
      const kubeconfig = file(
        "c",
        config(
          { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") },
          { cluster: { "certificate-authority-data": base64("CA"), "tls-server-name": "kubernetes" } },
        ),
      );
      const { tls, credentials } = await connect({ kubeconfig });
      expect(tls).toEqual({ ca: "CA", cert: "CERT", key: "KEY", servername: "kubernetes" });
      expect(await credentials.headers()).toEqual({});
    });

    it("certificates and authority in files beside it, by relative paths", async () => {
      for (const [name, text] of [
        ["ca.pem", "CA"],
        ["cert.pem", "CERT"],
        ["key.pem", "KEY"],
      ] as const)
        file(name, text);
      const kubeconfig = file(
        "c",
        config(
          { "client-certificate": "cert.pem", "client-key": "key.pem" },
          { cluster: { "certificate-authority": "ca.pem" } },
        ),
      );
      expect((await connect({ kubeconfig })).tls).toEqual({ ca: "CA", cert: "CERT", key: "KEY" });
    });

    it("a wish not to check the server, and only a wish", async () => {
      const skip = file("skip", config({ token: "t" }, { cluster: { "insecure-skip-tls-verify": true } }));
      expect((await connect({ kubeconfig: skip })).tls.rejectUnauthorized).toBe(false);
      expect((await connect({ kubeconfig: file("c", config({ token: "t" })) })).tls).not.toHaveProperty(
        "rejectUnauthorized",
      );
    });

    it("user and password", async () => {
      const { credentials } = await connect({ kubeconfig: file("c", config({ username: "ada", password: "p:w" })) });
      expect(await credentials.headers()).toEqual({ authorization: `Basic ${base64("ada:p:w")}` });
    });

    it("a token file, and after a 401 what it holds by then", async () => {
      file("token", "first\n");
      const { credentials } = await connect({ kubeconfig: file("c", config({ tokenFile: "token" })) });
      expect(await credentials.headers()).toEqual({ authorization: "Bearer first" });
      file("token", "second\n");
      credentials.invalidate();
      expect(await credentials.headers()).toEqual({ authorization: "Bearer second" });
    });

    it("a kubeconfig that was written anew, after a 401", async () => {
      const kubeconfig = file("c", config({ token: "first" }));
      const { credentials } = await connect({ kubeconfig });
      file("c", config({ token: "second" }));
      expect(await credentials.headers()).toEqual({ authorization: "Bearer first" });
      credentials.invalidate();
      expect(await credentials.headers()).toEqual({ authorization: "Bearer second" });
    });
  });

  describe("asks a plug-in", () => {
    const plugin = (script: string): object => {
      const command = file("plugin", `#!/bin/sh\n${script}\n`);
      chmodSync(command, 0o700);
      return { exec: { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never" } };
    };
    const credential = (status: object): string =>
      JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status });

    it("for a token", async () => {
      const kubeconfig = file("c", config(plugin(`echo '${credential({ token: "of-plugin" })}'`)));
      const { credentials } = await connect({ kubeconfig });
      expect(await credentials.headers()).toEqual({ authorization: "Bearer of-plugin" });
    });

    it("for a certificate", async () => {
      const status = { clientCertificateData: "CERT", clientKeyData: "KEY" };
      const { tls } = await connect({ kubeconfig: file("c", config(plugin(`echo '${credential(status)}'`))) });
      expect(tls).toMatchObject({ cert: "CERT", key: "KEY" });
    });

    it("and says so when it fails, without its words, which may hold what it was given", async () => {
      const kubeconfig = file("c", config(plugin("echo s3cret-of-plugin >&2; exit 3")));
      const error: unknown = await connect({ kubeconfig }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TransientError);
      expect((error as Error).message).toContain("credentials of user here-user in the kubeconfig cannot be had");
      expect((error as Error).message).not.toContain("s3cret");
    });

    it("and again after it failed, not a minute later", async () => {
      const ready = join(directory, "ready");
      const answer = credential({ token: "late", expirationTimestamp: "2000-01-01T00:00:00Z" });
      const kubeconfig = file("c", config(plugin(`test -e ${ready} && echo '${answer}'`)));
      writeFileSync(ready, "");
      const { credentials } = await connect({ kubeconfig });
      rmSync(ready);
      credentials.invalidate();
      await expect(credentials.headers()).rejects.toBeInstanceOf(TransientError);
      writeFileSync(ready, "");
      expect(await credentials.headers()).toEqual({ authorization: "Bearer late" });
    });
  });

  describe("in a pod", () => {
    const pod = (host: string, more: Partial<ConnectionWish> = {}): Partial<ConnectionWish> => ({
      environment: { HOME: directory, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: "6443" },
      serviceAccountDirectory: directory,
      ...more,
    });

    it.each([
      ["10.96.0.1", "https://10.96.0.1:6443"],
      ["fd00::1", "https://[fd00::1]:6443"],
    ])("is the pod's own account at %s", async (host, server) => {
      file("token", "of-pod\n");
      file("ca.crt", "CA\n");
      const connection = await connect(pod(host));
      expect([connection.server, connection.tls, connection.description]).toEqual([
        server,
        { ca: "CA" },
        "the service account of this pod",
      ]);
      expect(await connection.credentials.headers()).toEqual({ authorization: "Bearer of-pod" });
    });

    it("follows the rotation of token and authority", async () => {
      file("token", "first");
      file("ca.crt", "CA1");
      const { credentials } = await connect(pod("10.96.0.1"));
      file("token", "second");
      file("ca.crt", "CA2");
      credentials.invalidate();
      expect([await credentials.headers(), credentials.tls?.()]).toEqual([
        { authorization: "Bearer second" },
        { ca: "CA2" },
      ]);
    });

    it("says what is missing when the account is mounted by half", async () => {
      file("token", "t");
      expect(await failure(pod("10.96.0.1"))).toContain(`${directory}/ca.crt cannot be read: mount the token`);
    });

    it("says so, too, when the account goes missing later, as something that may pass", async () => {
      file("token", "t");
      file("ca.crt", "CA");
      const { credentials } = await connect(pod("10.96.0.1"));
      rmSync(join(directory, "token"));
      credentials.invalidate();
      const error: unknown = await credentials.headers().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TransientError);
      expect((error as Error).message).toContain(`${directory}/token cannot be read`);
    });

    it("gives way to a kubeconfig that is named", async () => {
      file("token", "t");
      file("ca.crt", "CA");
      const kubeconfig = file("c", config({ token: "named" }));
      expect((await connect(pod("10.96.0.1", { kubeconfig }))).server).toBe("https://here:6443");
    });
  });

  it("says so when the kubeconfig goes missing later, as something that may pass", async () => {
    const kubeconfig = file("c", config({ token: "t" }));
    const { credentials } = await connect({ kubeconfig });
    rmSync(kubeconfig);
    credentials.invalidate();
    const error: unknown = await credentials.headers().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransientError);
    expect((error as Error).message).toContain(`Kubeconfig ${kubeconfig} cannot be read as one`);
  });
});

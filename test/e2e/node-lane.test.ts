import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { policyTable } from "../node-lane/network-policy.ts";
import { type NodeLane, prepareNode, startNode } from "../node-lane/node-lane.ts";
import { runningNode, runOf } from "../node-lane/node-run.ts";
import { hostState, listeningAddresses, openToOthers, processesIn, processNamespaceOf } from "../support/host-state.ts";
import type { Kubectl } from "../support/installation.ts";
import { eventually } from "../support/test-cluster.ts";

const root = join(import.meta.dirname, "..", "..");
const place = join(root, ".socle", "test", String(process.pid));
const directory = join(place, "node");
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

/** Undefined, or why this host cannot run a node: then the tests count as skipped, and in CI that is a failure. */
const problem = await prepareNode(say).then(
  () => undefined,
  (error: unknown) => {
    const inCi = process.env["CI"] !== undefined && process.env["CI"] !== "";
    if (!(error instanceof LaneUnavailable) || inCi) throw error;
    say(`NOT RUN: ${error.message}`);
    return error.message;
  },
);

interface PodStatus {
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly { readonly containerID: string; readonly restartCount: number }[];
  };
}

const restricted = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/enforce-version": "v1.34",
};

interface PodWish {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Mount paths of claims and of empty directories. */
  readonly claims?: Readonly<Record<string, string>>;
  readonly scratch?: readonly string[];
  readonly fsGroup?: number;
}

/** A pod that asks for nothing that the restricted profile forbids, and ends at once when it is deleted. */
function restrictedPod(wish: PodWish, namespace: string): unknown {
  const { name, image, command, labels = {}, env = {}, claims = {}, scratch = [], fsGroup } = wish;
  const emptyDirectories = scratch.map((path, index) => ({ name: `scratch-${index}`, mountPath: path }));
  const claimed = Object.entries(claims).map(([claim, path]) => ({ name: claim, mountPath: path }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: name, ...labels } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      restartPolicy: "Never",
      securityContext: {
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
        ...(fsGroup === undefined ? {} : { fsGroup }),
      },
      containers: [
        {
          name: "main",
          image,
          command,
          ports: [{ name: "http", containerPort: 8080 }],
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [...emptyDirectories, ...claimed],
        },
      ],
      volumes: [
        ...emptyDirectories.map((volume) => ({ name: volume.name, emptyDir: {} })),
        ...Object.keys(claims).map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: claim } })),
      ],
    },
  };
}

const claim = (name: string, namespace: string): unknown => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "64Mi" } } },
});

const service = (name: string, namespace: string, port: number): unknown => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports: [{ port }] },
});

/** Answers every request with its name. */
const webServer = [
  "node",
  "-e",
  'require("http").createServer((q, a) => a.end("I am " + process.env.NAME)).listen(8080)',
];
const idle = ["node", "-e", "setInterval(() => {}, 1e6)"];

const portOf = ({ url }: NodeLane): number => Number(new URL(url).port);

describe.skipIf(problem !== undefined)("a node of the lane", () => {
  const before = problem === undefined ? hostState() : undefined;
  const openBefore = openToOthers();
  const namespace = "rooms";
  let node: NodeLane;
  let kubectl: Kubectl;

  const run = async (wish: PodWish): Promise<void> => {
    await kubectl.apply([restrictedPod(wish, namespace)]);
    await untilReady(wish.name, namespace);
  };
  const untilReady = async (pod: string, at: string): Promise<void> => {
    const waited = await kubectl.run(["wait", "-n", at, `pod/${pod}`, "--for=condition=Ready", "--timeout=90s"]);
    if (waited.code === 0) return;
    const log = await kubectl.run(["logs", "-n", at, pod, "--tail=20"]);
    const events = await kubectl.run(["events", "-n", at, "--for", `pod/${pod}`]);
    throw new Error(`${waited.stderr}\n${log.stdout}${log.stderr}\n${events.stdout}`);
  };
  const inPod = async (pod: string, ...command: string[]): Promise<string> =>
    (await kubectl.ok(["exec", "-n", namespace, pod, "--", ...command])).trim();
  /** What the web server of that address answers to a pod; throws when it is not reached within a second. */
  const ask = (pod: string, url: string): Promise<string> =>
    inPod(
      pod,
      "node",
      "-e",
      `fetch(${JSON.stringify(url)}, { signal: AbortSignal.timeout(1000) }).then((a) => a.text()).then(console.log)`,
    );

  beforeAll(async () => {
    node = await startNode({ directory, log: say });
    kubectl = node.kubectl;
    await kubectl.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: restricted } }]);
  });
  afterAll(async () => {
    // The last test stops it; this is for the case that a test before it failed.
    await (node as NodeLane | undefined)?.stop();
  });

  it("is one Ready node of Kubernetes 1.34", async () => {
    const nodes = await kubectl.json<{ items: { status: { nodeInfo: { kubeletVersion: string } } }[] }>([
      "get",
      "nodes",
    ]);
    expect(nodes.items.map(({ status }) => status.nodeInfo.kubeletVersion)).toEqual(["v1.34.4"]);
  });

  it("changes nothing that the host sees, but its control groups", () => {
    const { controlGroups, ...seen } = hostState();
    const { controlGroups: ofOthers, ...expected } = before!;
    expect(seen).toEqual(expected);
    expect(controlGroups.filter((group) => !ofOthers.includes(group))).not.toEqual([]);
  });

  it("opens nothing on the host beyond loopback", () => {
    expect(listeningAddresses(portOf(node))).toEqual(["0100007F"]);
    expect(openToOthers().filter((socket) => !openBefore.includes(socket))).toEqual([]);
  });

  it("reaches nothing outside of itself", async () => {
    const routes = await node.inNode(["ip", "route", "show"]);
    expect(routes.stdout).toContain("unreachable default");
    const interfaces = await node.inNode(["ip", "-o", "link", "show", "type", "veth"]);
    expect(interfaces.stdout).toContain("eth0@eth0-end");
  });

  it("gives a kubeconfig that acts as the user it is for", async () => {
    const path = await node.kubeconfigFor("agnes", ["readers"]);
    const { stdout } = await asUser(path, ["auth", "whoami", "-o", "json"]);
    const { status } = JSON.parse(stdout) as { status: { userInfo: { username: string; groups: string[] } } };
    expect(status.userInfo.username).toBe("agnes");
    expect(status.userInfo.groups).toContain("readers");
    expect((await asUser(path, ["get", "secrets", "-A"])).code).not.toBe(0);
  });

  const asUser = async (path: string, args: readonly string[]) =>
    await node.kubectl.run(["--kubeconfig", path, ...args]);

  it("runs a pod of the restricted profile, as a user without rights over a root that it cannot write", async () => {
    await run({ name: "plain", image: node.images.socle, command: idle });
    expect(await inPod("plain", "node", "-p", "process.getuid()")).toBe("65532");
    const write = await kubectl.run(["exec", "-n", namespace, "plain", "--", "touch", "/file"]);
    expect(write.stderr).toContain("Read-only file system");
  });

  it("refuses a privileged pod where the restricted profile is enforced", async () => {
    const pod = restrictedPod({ name: "strong", image: node.images.socle, command: idle }, namespace) as {
      spec: { containers: { securityContext: Record<string, unknown> }[] };
    };
    pod.spec.containers[0]!.securityContext = { privileged: true };
    const refused = await kubectl.run(["apply", "-f", "-"], JSON.stringify(pod));
    expect(refused.stderr).toContain('violates PodSecurity "restricted:v1.34"');
    expect((await kubectl.run(["get", "pod", "strong", "-n", namespace])).stderr).toContain("not found");
  });

  it("lets a pod reach another by the name of its Service", async () => {
    await kubectl.apply([service("web", namespace, 8080)]);
    await run({ name: "web", image: node.images.socle, command: webServer, env: { NAME: "web" } });
    await run({ name: "client", image: node.images.socle, command: idle });
    expect(await eventually(() => ask("client", "http://web:8080"))).toBe("I am web");
    expect(await ask("client", `http://web.${namespace}.svc.cluster.local:8080`)).toBe("I am web");
  });

  it("forwards a port of a pod to the host", async () => {
    const forward = spawn(
      join(node.assets, "kubectl"),
      ["--kubeconfig", node.kubeconfig, "port-forward", "-n", namespace, "pod/web", ":8080"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      let output = "";
      forward.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
      const port = await eventually(() => {
        const found = /127\.0\.0\.1:(\d+)/.exec(output)?.[1];
        if (found === undefined) throw new Error(`no port in ${output}`);
        return found;
      });
      const answer = await fetch(`http://127.0.0.1:${port}`);
      expect(await answer.text()).toBe("I am web");
    } finally {
      forward.kill();
    }
  });

  it("keeps what a pod wrote to a claim when the pod is replaced, and erases it with the claim", async () => {
    await kubectl.apply([claim("papers", namespace)]);
    const writer = { image: node.images.socle, command: idle, claims: { papers: "/papers" }, fsGroup: 65532 };
    await run({ name: "writer", ...writer });
    await inPod("writer", "bash", "-c", "echo kept > /papers/letter");
    await kubectl.ok(["delete", "pod", "writer", "-n", namespace]);
    await run({ name: "reader", ...writer });
    expect(await inPod("reader", "cat", "/papers/letter")).toBe("kept");
    const bound = await kubectl.json<{ status: { phase: string }; spec: { volumeName: string } }>([
      ...["get", "pvc", "papers", "-n", namespace],
    ]);
    expect(bound.status.phase).toBe("Bound");
    await kubectl.ok(["delete", "pod", "reader", "-n", namespace]);
    await kubectl.ok(["delete", "pvc", "papers", "-n", namespace]);
    await kubectl.ok(["wait", "--for=delete", `pv/${bound.spec.volumeName}`, "--timeout=30s"]);
    expect((await node.inNode(["find", "/run/node/volumes", "-name", "letter"])).stdout).toBe("");
  });

  it("drops what a default-deny policy does not allow, and admits what a rule allows, for that pod only", async () => {
    await run({ name: "stranger", image: node.images.socle, command: idle });
    expect(await eventually(() => ask("stranger", "http://web:8080"))).toBe("I am web");
    await kubectl.apply([policy("deny", { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Ingress"] })]);
    await eventually(() => expect(ask("client", "http://web:8080")).rejects.toThrow(/Timeout|aborted/));
    await kubectl.apply([
      policy("allow-client", {
        podSelector: { matchLabels: { app: "web" } },
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ podSelector: { matchLabels: { app: "client" } } }], ports: [{ port: 8080 }] }],
      }),
    ]);
    expect(await eventually(() => ask("client", "http://web:8080"))).toBe("I am web");
    await expect(ask("stranger", "http://web:8080")).rejects.toThrow(/Timeout|aborted/);
    await kubectl.ok(["delete", "networkpolicy", "--all", "-n", namespace]);
    expect(await eventually(() => ask("stranger", "http://web:8080"))).toBe("I am web");
  });

  it("understands blocks with holes, ranges and named ports", async () => {
    const addressOf = async (pod: string): Promise<string> =>
      await kubectl.ok(["get", "pod", pod, "-n", namespace, "-o", "jsonpath={.status.podIP}"]);
    const hole = `${await addressOf("stranger")}/32`;
    await kubectl.apply([
      policy("block", {
        podSelector: { matchLabels: { app: "web" } },
        ingress: [
          { from: [{ ipBlock: { cidr: "10.244.0.0/24", except: [hole] } }], ports: [{ port: 8000, endPort: 8100 }] },
          { from: [{ ipBlock: { cidr: hole } }], ports: [{ port: "another" }, { protocol: "UDP", port: "http" }] },
        ],
      }),
    ]);
    await eventually(() => expect(ask("stranger", "http://web:8080")).rejects.toThrow(/Timeout|aborted/));
    expect(await ask("client", "http://web:8080")).toBe("I am web");
    const byName = [{ op: "replace", path: "/spec/ingress/1/ports/0/port", value: "http" }];
    await kubectl.ok(["patch", "networkpolicy", "block", "-n", namespace, "--type=json", "-p", JSON.stringify(byName)]);
    expect(await eventually(() => ask("stranger", "http://web:8080"))).toBe("I am web");
    await kubectl.ok(["delete", "networkpolicy", "block", "-n", namespace]);
  });

  it("keeps a pod that may not send from asking for names", async () => {
    const resolver = 'new (require("dns").promises.Resolver)({ timeout: 500, tries: 1 })';
    const lookup = (): Promise<string> =>
      inPod("client", "node", "-e", `${resolver}.resolve4("web.${namespace}.svc.cluster.local").then(console.log)`);
    await eventually(lookup);
    await kubectl.apply([
      policy("silence", { podSelector: { matchLabels: { app: "client" } }, policyTypes: ["Egress"] }),
    ]);
    await eventually(() => expect(lookup()).rejects.toThrow("ETIMEOUT"));
    await kubectl.ok(["delete", "networkpolicy", "silence", "-n", namespace]);
    await eventually(lookup);
  });

  const policy = (name: string, spec: unknown): unknown => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace },
    spec,
  });

  it.each([
    ["postgresql-18", ["postgres", "--version"], /^postgres \(PostgreSQL\) 18\./],
    ["keycloak", ["/opt/keycloak/bin/kc.sh", "--version"], /^Keycloak 26\./m],
    ["socle", ["node", "--version"], /^v24\./],
  ] as const)("has the image %s, which runs without rights", async (image, command, version) => {
    const name = `version-of-${image}`;
    await kubectl.apply([restrictedPod({ name, image: node.images[image], command, scratch: ["/tmp"] }, namespace)]);
    const done = "--for=jsonpath={.status.phase}=Succeeded";
    await kubectl.ok(["wait", "-n", namespace, `pod/${name}`, done, "--timeout=90s"]);
    expect(await kubectl.ok(["logs", "-n", namespace, name])).toMatch(version);
  });

  it("keeps pods and their data while kubelet and containerd are restarted", async () => {
    await kubectl.apply([claim("ledger", namespace)]);
    await run({
      name: "keeper",
      image: node.images.socle,
      command: idle,
      claims: { ledger: "/ledger" },
      fsGroup: 65532,
    });
    await inPod("keeper", "bash", "-c", "echo kept > /ledger/page");
    const statusOf = async (): Promise<PodStatus["status"]> =>
      (await kubectl.json<PodStatus>(["get", "pod", "keeper", "-n", namespace])).status;
    const { containerStatuses } = await statusOf();
    await node.restartNode();
    expect(await eventually(() => inPod("keeper", "cat", "/ledger/page"))).toBe("kept");
    const after = await statusOf();
    expect(after.phase).toBe("Running");
    expect(after.containerStatuses?.map(({ containerID, restartCount }) => ({ containerID, restartCount }))).toEqual(
      containerStatuses?.map(({ containerID, restartCount }) => ({ containerID, restartCount })),
    );
    await run({ name: "newcomer", image: node.images.socle, command: idle });
  });

  it("refuses a second node for the same directory", async () => {
    await expect(startNode({ directory })).rejects.toThrow("stop it first, or choose another directory");
    expect(await kubectl.ok(["get", "--raw", "/readyz"])).toBe("ok");
  });

  it("leaves nothing on the host once it is stopped", async () => {
    const { data } = await runOf(directory);
    const { node: pid } = (await runningNode(directory))!;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
    const namespace = processNamespaceOf(children[0]!)!;
    expect(processesIn(namespace).length).toBeGreaterThan(10);
    expect((await node.inNode(["nft", "list", "tables"])).stdout).toContain(policyTable);
    await node.stop();
    expect(hostState()).toEqual(before);
    expect(processesIn(namespace)).toEqual([]);
    expect([data, directory].filter((path) => existsSync(path))).toEqual([]);
    expect(listeningAddresses(portOf(node))).toEqual([]);
  });
});

describe.skipIf(problem !== undefined)("a node whose starter was killed", () => {
  const abandoned = join(place, "abandoned");
  const other = join(place, "other");
  const cli = (...args: string[]) =>
    spawn(process.execPath, [join(root, "test", "node-lane", "cli.ts"), ...args], { stdio: "ignore" });
  const exitCode = (child: ReturnType<typeof cli>): Promise<number | null> =>
    new Promise((resolve) => {
      child.once("close", resolve);
    });

  it("is removed by the next command for any directory", async () => {
    const before = hostState();
    const starter = cli("up", "--directory", abandoned);
    const left = await eventually(async () => {
      const found = await runningNode(abandoned);
      if (found === undefined) throw new Error("it does not run yet");
      return found;
    }, 120_000);
    starter.kill("SIGKILL");
    await exitCode(starter);
    expect(existsSync(`/proc/${left.node}/exe`)).toBe(true);
    expect(await exitCode(cli("down", "--directory", other))).toBe(0);
    expect(existsSync(`/proc/${left.node}/exe`)).toBe(false);
    expect(existsSync((await runOf(abandoned)).data)).toBe(false);
    expect(hostState()).toEqual(before);
  });

  it("says with exit code 3 that no node runs", async () => {
    expect(await exitCode(cli("status", "--directory", other))).toBe(3);
  });
});

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { filedException } from "../support/filed-exception.ts";
import { compileCache } from "../support/compile-cache.ts";
import type { OperatorProcess } from "../support/installation.ts";
import { type Platform, platformOnLanes } from "../support/platform.ts";
import { eventually, testCluster, uniqueName } from "../support/test-cluster.ts";

const root = join(import.meta.dirname, "..", "..");
const program = join(root, "operator", "cli", "socle.ts");
const binaries = join(root, "node_modules", ".bin");

let platform: Platform;
let operator: OperatorProcess;
let stop: () => Promise<void>;
let region: string;
let tenant: string;
let taken: string;

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  /** Laid over the environment; the kubeconfig of the lane's administrator is in it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Nobody reads what the program prints. */
  readonly deaf?: boolean;
}

/** Runs a command as a person does, with Node 24 of this checkout in the PATH. */
function run(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ran> {
  const { kubeconfig, assets, directory } = testCluster();
  const [file, ...args] = command;
  const PATH = [binaries, directory, assets, process.env["PATH"] ?? ""].filter((part) => part !== "").join(delimiter);
  const env = { PATH, HOME: directory, KUBECONFIG: kubeconfig, npm_config_update_notifier: "false", ...compileCache };
  const child = spawn(file, args, { cwd: root, env: { ...env, ...options.environment } });
  if (options.deaf === true) child.stdout.destroy();
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (part: Buffer) => (stdout += part.toString()));
    child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

const socle = (...args: string[]): Promise<Ran> => run([join(binaries, "node"), program, ...args]);
const socleWith = (environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> =>
  run([join(binaries, "node"), program, ...args], { environment });

interface Tree {
  readonly label: string;
  readonly light: string;
  readonly children: readonly Tree[];
}
interface StatusJson {
  readonly ready: boolean;
  readonly firstFailure?: Readonly<Record<"reason" | "message" | "meaning" | "causes" | "command", string>> & {
    readonly path: readonly string[];
  };
  readonly tree: Tree;
}
interface Diagnosis {
  readonly check: string;
  readonly result: "ok" | "problem" | "unknown";
  readonly message: string;
  readonly remedy?: string;
}

const labels = (tree: Tree): string[] => [tree.label, ...tree.children.flatMap(labels)];

/** What doctor says of the installation and of this platform: other test files leave regions behind. */
async function doctor(): Promise<{ readonly code: number | null; readonly checks: readonly Diagnosis[] }> {
  const { code, stdout } = await socle("doctor", "-o", "json");
  const { well, checks } = JSON.parse(stdout) as { readonly well: boolean; readonly checks: readonly Diagnosis[] };
  const problems = checks.filter(({ result }) => result === "problem");
  expect({ well, code }).toEqual(problems.length === 0 ? { well: true, code: 0 } : { well: false, code: 3 });
  const ofRegions = new Set(["Classes and issuers", "Servers of the regions"]);
  const mine = checks.filter(({ check, message }) => !ofRegions.has(check) || message.startsWith(platform.id));
  return { code, checks: mine };
}

async function problemsFound(): Promise<readonly Diagnosis[]> {
  return (await doctor()).checks.filter(({ result }) => result === "problem");
}

beforeAll(async () => {
  ({ platform, operator, stop } = await platformOnLanes());
  region = await platform.region("home");
  await platform.ready("sovereignregion", region);
  tenant = await platform.tenant(region);
  await platform.ready("tenant", tenant);
  taken = await platform.tenant(region, { domain: `sub.${tenant}.example` });
  await platform.until(["tenant", taken], { status: "False", reason: "NameTaken" });
});
afterAll(async () => {
  await stop();
});

describe("socle status of a tenant that is Ready", () => {
  test("exits 0 and shows the tree: region, conditions, modules", async () => {
    const { code, stdout, stderr } = await socle("status", tenant);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")[0]).toBe(`Ready     Tenant ${tenant}`);
    for (const line of [
      `├─ Ready     SovereignRegion ${region}`,
      "NamesClaimed",
      "PostgreSQL",
      "Keycloak",
      "DatabaseReady",
    ])
      expect(stdout).toContain(line);
    expect(stdout).not.toContain("First failure");
  });

  test("carries the same as JSON", async () => {
    const { code, stdout } = await socle("status", tenant, "-o", "json");
    const { ready, firstFailure, tree } = JSON.parse(stdout) as StatusJson;
    expect({ code, ready, firstFailure }).toEqual({ code: 0, ready: true, firstFailure: undefined });
    const text = (await socle("status", tenant)).stdout;
    for (const label of labels(tree)) expect(text).toContain(label);
  });

  test("has no colour in a pipe", async () => {
    expect((await socleWith({ TERM: "xterm-256color" }, "status", tenant)).stdout).not.toContain("\u001b");
  });
});

describe("socle status of a tenant that is not Ready", () => {
  test("exits 3, names the first failing leaf, what it means, and a command that can be run as it stands", async () => {
    const { code, stdout } = await socle("status", taken);
    expect(code).toBe(3);
    expect(stdout).toContain(`First failure: Tenant ${taken} › NamesClaimed\n  NameTaken: `);
    expect(stdout).toContain("  Means:  The name belongs to somebody else.");
    const command = /^ {2}Try: {4}kubectl (.+)$/m.exec(stdout)?.[1] ?? "";
    expect(command).not.toBe("");
    expect((await platform.kubectl.run(command.split(" "))).code).toBe(0);
  });

  test("carries the same as JSON", async () => {
    const { code, stdout } = await socle("status", taken, "-o", "json");
    const { ready, firstFailure } = JSON.parse(stdout) as StatusJson;
    expect({ code, ready }).toEqual({ code: 3, ready: false });
    expect(firstFailure).toMatchObject({ path: [`Tenant ${taken}`, "NamesClaimed"], reason: "NameTaken" });
    const text = (await socle("status", taken)).stdout;
    for (const key of ["message", "meaning", "causes", "command"] as const) expect(text).toContain(firstFailure?.[key]);
  });

  test("follows the tree into the module that holds it back", async () => {
    const patch = (policy: string): Promise<string> =>
      platform.kubectl.ok([
        ...["patch", "moduledeployment", "postgresql", "-n", `t-${tenant}`, "--type=merge"],
        ...["-p", JSON.stringify({ spec: { managementPolicy: policy } })],
      ]);
    await patch("Paused");
    try {
      await platform.until(["tenant", tenant], { status: "False" });
      const { code, stdout } = await socle("status", tenant);
      expect(code).toBe(3);
      expect(stdout).toContain(`First failure: Tenant ${tenant} › ModulesReady › PostgreSQL\n  Paused: `);
      expect(stdout).toContain(`kubectl patch moduledeployment postgresql -n t-${tenant}`);
    } finally {
      await patch("Managed");
      await platform.ready("tenant", tenant);
    }
  });

  test("says that a region does not exist", async () => {
    const homeless = await platform.tenant(platform.name("absent"));
    await platform.until(["tenant", homeless], { status: "False", reason: "DependencyMissing" });
    const { code, stdout } = await socle("status", homeless);
    expect(code).toBe(3);
    expect(stdout).toContain(`First failure: Tenant ${homeless} › SovereignRegion ${platform.name("absent")}`);
    await platform.removeTenant(homeless);
  });
});

describe("socle status of all", () => {
  test("has a line for each region and each tenant, and exits 3 as one of them is not Ready", async () => {
    const { code, stdout } = await socle("status");
    expect(code).toBe(3);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^REGION +TENANTS +STATE$/);
    expect(lines.find((line) => line.startsWith(`${region} `))).toMatch(/ 2 +Ready$/);
    expect(lines.find((line) => line.startsWith(`${tenant} `))).toMatch(/ 2\/2 +Ready$/);
    expect(lines.find((line) => line.startsWith(`${taken} `))).toMatch(/ Not ready +NameTaken: /);
  });

  test("carries the same as JSON", async () => {
    const { stdout } = await socle("status", "-o", "json");
    const { regions, tenants } = JSON.parse(stdout) as Record<
      "regions" | "tenants",
      readonly { readonly name: string }[]
    >;
    expect(regions.find(({ name }) => name === region)).toMatchObject({ ready: true, tenants: 2 });
    expect(tenants.find(({ name }) => name === tenant)).toMatchObject({ ready: true, region, modules: "2/2" });
    expect(tenants.find(({ name }) => name === taken)).toMatchObject({ ready: false, reason: "NameTaken" });
  });

  test("ends cleanly when its reader has read enough", async () => {
    expect(await run(["sh", "-c", `node ${program} status | head -1`])).toMatchObject({ code: 0, stderr: "" });
    const deaf = await run([join(binaries, "node"), program, "status"], { deaf: true });
    expect(deaf).toMatchObject({ code: 3, stderr: "" });
  });
});

describe("a command that cannot be carried out", () => {
  const here = "/nowhere/config";
  const rows: readonly {
    readonly of: string;
    readonly args: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
    readonly code: number;
    readonly says: RegExp;
  }[] = [
    {
      of: "an unknown tenant",
      args: ["status", "nobody"],
      code: 1,
      says: /^Tenant nobody does not exist\. `socle status` lists those that do\.$/,
    },
    {
      of: "an unknown option",
      args: ["status", "--frobnicate"],
      code: 2,
      says: /^error: unknown option '--frobnicate'/,
    },
    {
      of: "an unknown command",
      args: ["stauts"],
      code: 2,
      says: /^error: unknown command 'stauts'\n\(Did you mean status\?\)/,
    },
    { of: "an unknown format", args: ["status", "-o", "yaml"], code: 2, says: /Allowed choices are text, json/ },
    {
      of: "a kubeconfig that does not exist",
      args: ["status", "--kubeconfig", here],
      code: 1,
      says: /^Kubeconfig \/nowhere\/config does not exist; set KUBECONFIG to the file of your cluster/,
    },
    {
      of: "no kubeconfig at all",
      args: ["doctor"],
      environment: { KUBECONFIG: "" },
      code: 1,
      says: /^No cluster is configured: .+ does not exist; set KUBECONFIG/,
    },
    {
      of: "a context that does not exist",
      args: ["--context", "moon", "status"],
      code: 1,
      says: /^Kubeconfig .+ has no context moon; choose one with --context: /,
    },
  ];
  test.each(rows)("says so in a sentence, with exit code $code: $of", async ({ args, environment, code, says }) => {
    const ran = await socleWith(environment ?? {}, ...args);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr.trimEnd()).toMatch(says);
    expect(ran.stderr).not.toMatch(/^ +at /m);
  });

  /** The kubeconfig of the lane, for another server. */
  function kubeconfigFor(server: string): string {
    const { kubeconfig, directory } = testCluster();
    const file = join(directory, `${uniqueName("config")}.yaml`);
    const config = parse(readFileSync(kubeconfig, "utf8")) as { clusters: { cluster: { server: string } }[] };
    for (const { cluster } of config.clusters) cluster.server = server;
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  test.each(["status", "doctor", "version"])("socle %s says that nobody listens", async (command) => {
    const { code, stdout, stderr } = await socle(command, "--kubeconfig", kubeconfigFor("https://127.0.0.1:1"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^https:\/\/127\.0\.0\.1:1 does not answer \(ECONNREFUSED\)\. Is the cluster up, and .+\n$/);
  });

  test("says that a server takes the connection and never answers, long before a request times out", async () => {
    const silent: Server = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { readonly port: number };
    try {
      const { code, stderr } = await socle("status", "--kubeconfig", kubeconfigFor(`https://127.0.0.1:${port}`));
      expect(code).toBe(1);
      expect(stderr).toMatch(/ does not answer within 5 s\. Is the cluster up/);
    } finally {
      silent.close();
    }
  });
});

describe("socle version", () => {
  test("needs no cluster with --client", async () => {
    const { code, stdout } = await socleWith({ KUBECONFIG: "" }, "version", "--client");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^socle +\d+\.\d+\.\d+\napi +socle\.dev\/v1alpha1\nnode +v24\.\S+\n$/);
  });

  test("tells the version of the cluster", async () => {
    const { stdout } = await socle("version", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({ api: "socle.dev/v1alpha1", kubernetes: expect.stringMatching(/^v1\./) });
  });
});

describe("the program under its other names", () => {
  test("works as a plug-in of kubectl, with its exit code and its name in the help", async () => {
    const { directory } = testCluster();
    mkdirSync(directory, { recursive: true });
    symlinkSync(program, join(directory, "kubectl-socle"));
    expect(await run(["kubectl", "socle", "status", tenant])).toMatchObject({ code: 0, stderr: "" });
    expect((await run(["kubectl", "socle", "status", taken])).code).toBe(3);
    expect((await run(["kubectl", "socle", "status", "--help"])).stdout).toMatch(/^Usage: kubectl socle status /);
  });

  test("works with npx", async () => {
    const { code, stdout } = await run(["npx", "--no-install", "socle", "version", "--client"]);
    expect(code).toBe(0);
    expect(stdout).toContain("node   v24.");
  });
});

describe("socle exception approve", () => {
  test("approves in the name of whoever runs it, and who applies the file again does not take that away", async () => {
    const namespace = `t-${tenant}`;
    const name = uniqueName("excuse");
    const asked = filedException(tenant, name);
    const pipeline = ["apply", "--server-side", "--force-conflicts", "--field-manager=kustomize-controller", "-f", "-"];
    const approvedBy = async (): Promise<unknown> =>
      (await platform.get(["policyexception", name, "-n", namespace]))?.spec["approvedBy"];
    await platform.kubectl.ok(pipeline, JSON.stringify(asked));
    expect(await approvedBy()).toBeUndefined();
    const first = await socle("exception", "approve", name, "-n", namespace);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain(`PolicyException ${namespace}/${name} is approved by socle-lane-admin.`);
    await platform.kubectl.ok(pipeline, JSON.stringify(asked));
    expect(await approvedBy()).toBe("socle-lane-admin");
    const again = await socle("exception", "approve", name, "-n", namespace);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain("nothing changed");
    await platform.kubectl.ok(["delete", "policyexception", name, "-n", namespace]);
  });

  test("says that there is no such exception", async () => {
    const ran = await socle("exception", "approve", "absent", "-n", `t-${tenant}`);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("does not exist; kubectl get policyexceptions -A");
  });
});

describe("socle doctor", () => {
  test("finds an installation well, and says what it cannot see: the lane has no node", async () => {
    const { checks } = await doctor();
    const found = Object.groupBy(checks, ({ result }) => result);
    expect(found.problem ?? []).toEqual([]);
    expect(found.unknown?.map(({ check }) => check)).toEqual(["Network policies"]);
    expect(found.unknown?.[0]?.remedy).toContain("once the cluster has nodes");
    expect(new Set(checks.map(({ check }) => check)).size).toBe(8);
  });

  test("prints a line for each check and the counts", async () => {
    const { stdout } = await socle("doctor");
    expect(stdout).toMatch(/^ok {7}API server: Kubernetes v1\.\d+\.\d+ answers at https:/);
    expect(stdout).toMatch(/\n\d+ ok, \d+ problems?, \d+ unknown\n/);
  });

  test("finds the binding of a policy that somebody removed", async () => {
    const { kubectl } = platform;
    const kind = "validatingadmissionpolicybinding";
    const name = "socle-definition-deletion.socle.dev";
    const kept = await kubectl.json<{ readonly metadata: object; readonly spec: object }>(["get", kind, name]);
    await kubectl.ok(["delete", kind, name]);
    try {
      const [problem, ...others] = await problemsFound();
      expect(others).toEqual([]);
      expect(problem).toMatchObject({
        check: "Admission policies",
        message: `Missing: ValidatingAdmissionPolicyBinding ${name}. What they guard is open.`,
        remedy: "Upgrade both charts, or apply crds/generated/admission*.yaml.",
      });
    } finally {
      await kubectl.ok([
        "apply",
        "--server-side",
        "--force-conflicts",
        "-f",
        join(root, "crds/generated/admission.yaml"),
      ]);
      // In force again, for whoever comes next.
      await eventually(async () => {
        const refused = await kubectl.run(["delete", "crd", "tenants.socle.dev", "--dry-run=server"]);
        if (refused.code === 0) throw new Error("the policy is not in force yet");
      });
    }
    const back = await kubectl.json<{ readonly spec: object }>(["get", kind, name]);
    expect(back.spec).toEqual(kept.spec);
    expect(await problemsFound()).toEqual([]);
  });

  test("finds a storage class that a region names and that does not exist, also before the operator has looked", async () => {
    const poor = await platform.region("poor", { storage: { className: platform.name("no-such-class") } });
    const found = (await problemsFound()).filter(({ check }) => check === "Classes and issuers");
    expect(found).toEqual([
      {
        check: "Classes and issuers",
        result: "problem",
        message: `${poor}: StorageClass ${platform.name("no-such-class")} does not exist.`,
        remedy: expect.stringContaining(`kubectl edit sovereignregion ${poor}`),
      },
    ]);
    await platform.kubectl.ok(["delete", "sovereignregion", poor, "--wait=false"]);
  });

  test("finds that the operator stopped, whether it gave its lease back or just died", async () => {
    const lease = ["lease", "socle-operator", "-n", "socle-system"];
    await operator.stop();
    const remedy = expect.stringContaining("kubectl -n socle-system get pods");
    const none = { check: "Operator", result: "problem", message: "No operator holds the lease.", remedy };
    expect(await problemsFound()).toEqual([none]);
    const spec = { holderIdentity: "died_1", leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z" };
    await platform.kubectl.ok(["patch", ...lease, "--type=merge", "-p", JSON.stringify({ spec })]);
    const message = expect.stringMatching(/^died_1 last renewed its lease \d+ s ago/);
    expect(await problemsFound()).toEqual([{ ...none, message }]);
    await platform.kubectl.ok(["delete", ...lease]);
  });
});

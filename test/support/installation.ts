import { execFile, spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileCache } from "./compile-cache.ts";
import { becomes } from "../servers/server-process.ts";
import { undoOnExit } from "../servers/undo.ts";

const root = join(import.meta.dirname, "..", "..");
export const operatorUser = "socle-operator";

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** kubectl of the lane, with a kubeconfig of the caller's choice. */
export class Kubectl {
  readonly #program: string;
  readonly #base: readonly string[];
  constructor(assets: string, base: readonly string[]) {
    this.#program = assets === "" ? "kubectl" : join(assets, "kubectl");
    this.#base = base;
  }

  run(args: readonly string[], input?: string): Promise<KubectlResult> {
    return new Promise((resolve) => {
      const child = execFile(
        this.#program,
        [...this.#base, ...args],
        { maxBuffer: 64 << 20 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
          resolve({ code, stdout, stderr });
        },
      );
      child.stdin?.end(input ?? "");
    });
  }

  /** Output of a command that must succeed. */
  async ok(args: readonly string[], input?: string): Promise<string> {
    const result = await this.run(args, input);
    if (result.code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${result.stderr.trim()}`);
    return result.stdout;
  }

  async apply(objects: readonly unknown[]): Promise<void> {
    await this.ok(
      ["apply", "--server-side", "--force-conflicts", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    );
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.ok([...args, "-o", "json"])) as T;
  }
}

/** CRDs, policies and rights of this checkout, for an operator that is this user. Policies come into force a moment later. */
export async function installSocle(kubectl: Kubectl, username: string): Promise<void> {
  const generated = join(root, "crds", "generated");
  const files = readdirSync(generated).filter((name) => name.endsWith(".yaml"));
  await kubectl.apply([restrictedNamespace("socle-system"), restrictedNamespace("socle-identity")]);
  await kubectl.apply([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "socle-admission", namespace: "socle-system" },
      data: { operatorUsername: username },
    },
  ]);
  const ordered = [
    ...files.filter((name) => name.startsWith("crd-")),
    ...files.filter((name) => !name.startsWith("crd-")),
  ];
  for (const name of ordered)
    await kubectl.ok(
      ["apply", "--server-side", "--force-conflicts", "-f", "-"],
      readFileSync(join(generated, name), "utf8"),
    );
  await untilEstablished(kubectl, ["-l", "app.kubernetes.io/part-of=socle"]);
  const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(username);
  const [, namespace, name] = account ?? [];
  await kubectl.apply(
    account === null
      ? bindings(username)
      : [{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } }],
  );
}

/** Waits until definitions are in force. Again, because kubectl gives up on one that has no conditions yet. */
export async function untilEstablished(kubectl: Kubectl, definitions: readonly string[]): Promise<void> {
  const wait = ["wait", "--for=condition=Established", "--timeout=60s", "crd", ...definitions];
  await becomes(async () => (await kubectl.run(wait)).code === 0, 60_000);
  await kubectl.ok(wait);
}

/** The operator and what regions run need no more than the restricted profile. */
function restrictedNamespace(name: string): unknown {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/** Removes what installSocle made, objects of our kinds included: for clusters where no tenant lives any more. */
export async function uninstallSocle(kubectl: Kubectl): Promise<void> {
  const generated = join(root, "crds", "generated");
  const remove = (file: string): Promise<string> =>
    kubectl.ok(["delete", "--ignore-not-found", "--wait=false", "-f", join(generated, file)]);
  // Policies first: they would refuse the deletion of the definitions, as they should.
  await remove("admission.yaml");
  for (const file of readdirSync(generated).filter((name) => name.startsWith("crd-"))) {
    await becomes(
      async () => (await kubectl.run(["delete", "--ignore-not-found", "-f", join(generated, file)])).code === 0,
      20_000,
    );
  }
  await remove("rbac.yaml");
  await kubectl.ok(["delete", "namespace", "socle-system", "socle-identity", "--ignore-not-found", "--timeout=60s"]);
}

/** The same rights that the chart binds to the operator's ServiceAccount, for a user with a certificate. */
function bindings(username: string): unknown[] {
  const rbac = "rbac.authorization.k8s.io";
  const subjects = [{ apiGroup: rbac, kind: "User", name: username }];
  const role = (kind: string) => ({ apiGroup: rbac, kind, name: "socle:operator" });
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "socle-lane-operator" },
      roleRef: role("ClusterRole"),
      subjects,
    },
    ...["socle-system", "socle-identity"].map((namespace) => ({
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "socle-lane-operator", namespace },
      roleRef: role("Role"),
      subjects,
    })),
  ];
}

export interface OperatorProcess {
  readonly pid: number;
  readonly logFile: string;
  running(): boolean;
  log(): string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The operator as a process of its own, with its own kubeconfig and nothing else of ours in its environment. Waits until it is ready. */
export async function startOperator(options: {
  readonly kubeconfig: string;
  readonly username: string;
  readonly healthPort: number;
  readonly logFile: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** File of this checkout; the operator itself by default. */
  readonly program?: string;
}): Promise<OperatorProcess> {
  const log = openSync(options.logFile, "a", 0o600);
  const child: ChildProcess = spawn(process.execPath, [join(root, options.program ?? "operator/main.ts")], {
    cwd: root,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      KUBECONFIG: options.kubeconfig,
      SOCLE_USERNAME: options.username,
      SOCLE_HEALTH_ADDRESS: `127.0.0.1:${options.healthPort}`,
      ...compileCache,
      ...options.environment,
    },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let ended = false as boolean;
  const forget = undoOnExit(() => void child.kill("SIGKILL"));
  child.once("exit", () => {
    ended = true;
    forget();
  });
  const text = (): string => readFileSync(options.logFile, "utf8");
  const ready = async (): Promise<boolean> =>
    ended ||
    (await fetch(`http://127.0.0.1:${options.healthPort}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    ));
  if (!(await becomes(ready, 60_000, 100)) || ended) {
    child.kill("SIGKILL");
    throw new Error(
      `The operator did not become ready; the end of its log:\n${text().split("\n").slice(-12).join("\n")}`,
    );
  }
  return {
    pid: child.pid ?? 0,
    logFile: options.logFile,
    running: () => !ended,
    log: text,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      await becomes(() => ended, 30_000);
      return child.exitCode;
    },
  };
}

import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isRunning } from "../servers/server-process.ts";
import { eventually } from "../support/test-cluster.ts";

const root = join(import.meta.dirname, "..", "..");
const programs = [
  { folder: "control-plane", portOption: "--port" },
  { folder: "servers", portOption: "--keycloak-port" },
  { folder: "node-lane", portOption: "--port" },
].map((program) => ({ ...program, file: join(root, "test", program.folder, "cli.ts") }));
const controlPlane = join(root, "test", "control-plane", "cli.ts");

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lane-program-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const env = { ...process.env, KUBEBUILDER_ASSETS: "", ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: directory, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** A directory with programs of those names that do nothing. */
function assets(...names: readonly string[]): string {
  for (const name of names) writeFileSync(join(directory, name), "#!/bin/sh\n", { mode: 0o755 });
  return directory;
}

describe.each(programs)("the program of $folder", ({ file, portOption }) => {
  test("tells its commands and exit codes", async () => {
    const { code, stdout } = await run(file, ["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: npm run (control-plane|servers|node) -- /);
    for (const word of ["up", "down", "status", "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not running"])
      expect(stdout).toContain(word);
  });

  test.each([
    [["status", "-o", "yaml"], "Allowed choices are text, json"],
    [["up", portOption, "abc"], "a port is a number from 1024 to 65535"],
    [["sideways"], "unknown command 'sideways'"],
  ])("refuses %s as wrong usage, in a sentence", async (args, says) => {
    const { code, stdout, stderr } = await run(file, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test("says that nothing runs, with its own exit code, to a person and to a program", async () => {
    const where = ["--directory", join(directory, "lane")];
    const [text, json] = await Promise.all([
      run(file, ["status", ...where]),
      run(file, ["status", "-o", "json", ...where]),
    ]);
    expect([text.code, json.code]).toEqual([3, 3]);
    expect(text.stdout).toMatch(/down.+npm run .+ -- up/i);
    expect(JSON.parse(json.stdout)).toMatchObject({ up: false });
  });
});

describe("a control plane that cannot be had", () => {
  test("without Go and without binaries: names the three ways out", async () => {
    const path = join(directory, "bin");
    const { code, stderr } = await run(controlPlane, ["build"], { PATH: path, XDG_CACHE_HOME: directory });
    expect(code).toBe(3);
    for (const way of ["Go >= 1.26", "KUBEBUILDER_ASSETS", "--context"]) expect(stderr).toContain(way);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("with KUBEBUILDER_ASSETS that lacks a program: names it", async () => {
    const given = assets("etcd", "kubectl");
    for (const command of ["up", "env"]) {
      const { code, stderr } = await run(controlPlane, [command], { KUBEBUILDER_ASSETS: given });
      expect(code).toBe(3);
      expect(stderr).toBe(
        `KUBEBUILDER_ASSETS=${given} lacks kube-apiserver; point it to a directory with those programs, or unset it.\n`,
      );
    }
  });

  test("on a port that is taken: names the port, and leaves nothing", async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { readonly port: number };
    const lane = join(directory, "lane");
    const given = assets("etcd", "kube-apiserver", "kubectl");
    try {
      const args = ["up", "--directory", lane, "--port", String(port)];
      const { code, stderr } = await run(controlPlane, args, { KUBEBUILDER_ASSETS: given });
      expect(code).toBe(1);
      expect(stderr).toContain(`Port ${port} of 127.0.0.1, wanted by the API server, is taken: `);
    } finally {
      other.close();
    }
    expect((await run(controlPlane, ["down", "--directory", lane])).stderr).toBe("was not running\n");
  });
});

test("control-plane env names the binaries that were given, and where the kubeconfig will be", async () => {
  const given = assets("etcd", "kube-apiserver", "kubectl");
  const lane = join(directory, "lane");
  const { code, stdout } = await run(controlPlane, ["env", "--directory", lane], { KUBEBUILDER_ASSETS: given });
  expect(code).toBe(0);
  expect(stdout).toBe(`KUBEBUILDER_ASSETS=${given}\nKUBECONFIG=${join(lane, "socle-lane-admin.kubeconfig")}\n`);
});

describe("Ctrl-C while Kubernetes is being built", () => {
  test.each([
    { program: "control-plane -- build", file: controlPlane, args: ["build"] },
    { program: "npm test", file: join(root, "test", "run.ts"), args: ["no-such-file"] },
  ])("ends $program at once, with the build and what it had made", async ({ file, args }) => {
    const bin = join(directory, "bin");
    const pidFile = join(directory, "go.pid");
    mkdirSync(bin);
    // FAKE Go: knows its version, and builds until it is stopped.
    const fake = `#!/bin/sh\n[ "$1" = version ] && exit 0\necho $$ > ${pidFile}\nexec sleep 300\n`;
    writeFileSync(join(bin, "go"), fake, { mode: 0o755 });
    const environment = { KUBEBUILDER_ASSETS: "", XDG_CACHE_HOME: directory, PATH: `${bin}:/usr/bin:/bin` };
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, [file, ...args], { cwd: directory, env, stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await eventually(() => {
      if (!existsSync(pidFile) || readFileSync(pidFile, "utf8") === "") throw new Error("not building yet");
    });
    const cache = join(directory, "socle", "kubernetes");
    expect(readdirSync(cache)).toHaveLength(1);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(readdirSync(cache)).toEqual([]);
    const pid = Number(readFileSync(pidFile, "utf8"));
    await eventually(() => {
      if (isRunning(pid)) throw new Error("Go goes on");
    });
  });
});

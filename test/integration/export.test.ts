import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { compileCache } from "../support/compile-cache.ts";
import type { Manifest } from "../../constructs/manifest.ts";
import { yamlText } from "../../operator/reconcile/yaml-text.ts";
import { podsOf } from "../../operator/policy/pod-security/pods-of.ts";
import { firstDifference } from "../../operator/reconcile/subset.ts";
import { ensureAssets } from "../control-plane/assets.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { installDefinitions } from "../support/cloudnative-pg.ts";
import { installDefinitionsOf } from "../support/definitions.ts";
import { Kubectl } from "../support/installation.ts";
import { eventually } from "../support/test-cluster.ts";

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
const root = join(import.meta.dirname, "..", "..");
const examples = join(root, "examples");

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as a person starts it, without a cluster: neither a kubeconfig nor a home to look for one in. */
function start(args: readonly string[]): {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ran: Promise<Ran>;
} {
  const program = join(root, "operator", "cli", "socle.ts");
  const env = { PATH: process.env["PATH"] ?? "", ...compileCache };
  const child = spawn(process.execPath, [program, ...args], { cwd: root, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (part: Buffer) => (stdout += part.toString()));
  child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
  const ran = new Promise<Ran>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  return { child, ran };
}

async function socle(args: readonly string[], input = ""): Promise<Ran> {
  const { child, ran } = start(args);
  child.stdin.end(input);
  return await ran;
}

/** What its namespace lets the online office do, and tells of. */
const officeWarning =
  /^Warning: would violate PodSecurity "restricted:v1\.34": allowPrivilegeEscalation != false \(container "collabora" [^)]*\), unrestricted capabilities \(container "collabora" must not include "CHOWN", "FOWNER", "SYS_CHROOT" [^)]*\)\n/gm;
const beyondTheOffice = (stderr: string): string => stderr.replaceAll(officeWarning, "");

const refOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
const objectsIn = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as unknown as Manifest);

let directory: string;
let output: string;
let objects: readonly Manifest[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "socle-export-"));
  output = join(directory, "out");
  const written = await socle(["export", "-f", examples, "--api-server", "192.0.2.10:6443", "-o", output]);
  expect([0, 3]).toContain(written.code);
  objects = readdirSync(output).flatMap((tenant) =>
    readdirSync(join(output, tenant))
      .sort()
      .flatMap((name) => objectsIn(readFileSync(join(output, tenant, name), "utf8"))),
  );
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A cluster with CloudNativePG's definitions and nothing of ours: its namespaces are made by whoever applies the export. */
describe("what socle export writes of the examples", () => {
  let controlPlane: ControlPlane;
  let kubectl: Kubectl;
  beforeAll(async () => {
    const assets = await ensureAssets(say);
    controlPlane = await startControlPlane({ directory: join(directory, "control-plane"), assets });
    kubectl = new Kubectl(assets, ["--kubeconfig", controlPlane.kubeconfig]);
    await installDefinitions(kubectl, say);
    await installDefinitionsOf(kubectl, "gatewayApi");
    await kubectl.ok(["apply", "-f", "-"], yamlOf(objects.filter(({ kind }) => kind === "Namespace")));
    for (const { metadata } of objects.filter(({ kind }) => kind === "Namespace"))
      await eventually(() => kubectl.ok(["get", "serviceaccount", "default", "-n", metadata.name]));
  });
  afterAll(async () => {
    await controlPlane.stop();
  });

  const yamlOf = (some: readonly Manifest[]): string => some.map(yamlText).join("---\n");

  test("is taken by a real API server, object by object, as it says it, and with a warning of its online office alone", async () => {
    const { code, stdout, stderr } = await kubectl.run(
      ["apply", "--dry-run=server", "-o", "json", "-f", "-"],
      yamlOf(objects),
    );
    expect({ code, stderr: beyondTheOffice(stderr) }).toEqual({ code: 0, stderr: "" });
    const { items } = JSON.parse(stdout) as { readonly items: readonly Manifest[] };
    expect(items.map(refOf)).toEqual(objects.map(refOf));
    const different = objects.flatMap((wanted, index) => {
      const { stringData, ...rest } = wanted;
      const found = firstDifference(rest, items[index]);
      const values = Object.entries((stringData ?? {}) as Record<string, string>).filter(
        ([key, text]) => atob((items[index]?.["data"] as Record<string, string>)[key] ?? "") !== text,
      );
      return found === undefined && values.length === 0 ? [] : [`${refOf(wanted)}: ${found ?? values.join()}`];
    });
    expect(different).toEqual([]);
  });

  test("is taken file by file in the order of their names, as kubectl takes a directory", async () => {
    const { code, stderr } = await kubectl.run(["apply", "--dry-run=server", "-R", "-f", output]);
    expect({ code, stderr: beyondTheOffice(stderr) }).toEqual({ code: 0, stderr: "" });
  });

  test("is taken too where the region publishes through a Gateway, with a route for each that it had before", async () => {
    const text = readFileSync(join(examples, "region.yaml"), "utf8")
      .replace("className: edge", "gatewayRef: { name: public, listener: https }")
      .replace("    clusterIssuer: platform-ca\n", "");
    const region = join(directory, "gateway-region.yaml");
    writeFileSync(region, text);
    const { stdout } = await socle(["export", "-f", region, join(examples, "tenant-ministry.yaml")]);
    const routes = objectsIn(stdout).filter(({ kind }) => kind === "HTTPRoute");
    const before = objects.filter(
      ({ kind, metadata }) => kind === "Ingress" && metadata.namespace?.includes("minagri"),
    );
    const names = (some: readonly Manifest[]) => some.map(({ metadata }) => metadata.name).sort();
    expect(names(routes)).toEqual(names(before));
    const { code, stderr } = await kubectl.run(["apply", "--dry-run=server", "-f", "-"], yamlOf(routes));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("has pods that the namespaces admit, whose profile is restricted but for that of an online office", async () => {
    const namespaces = objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata);
    for (const { name, labels } of namespaces)
      expect(labels?.["pod-security.kubernetes.io/enforce"], name).toBe(
        name.endsWith("-office") ? "baseline" : "restricted",
      );
    const pods = objects.flatMap(podsMadeBy);
    expect(pods.length).toBeGreaterThan(2);
    for (const pod of pods) {
      const { code, stderr } = await kubectl.run(["create", "--dry-run=server", "-f", "-"], yamlText(pod));
      const told = pod.metadata.namespace?.endsWith("-office") === true ? beyondTheOffice(stderr) : stderr;
      expect({ pod: refOf(pod), code, told }).toEqual({ pod: refOf(pod), code: 0, told: "" });
    }
  }, 240_000);

  test("would not have been admitted with a pod that asks for more", async () => {
    const [pod] = objects.flatMap(podsMadeBy);
    const greedy = { ...pod!, spec: { ...(pod!["spec"] as object), hostNetwork: true } };
    const { code, stderr } = await kubectl.run(["create", "--dry-run=server", "-f", "-"], stringify(greedy));
    expect(code).not.toBe(0);
    expect(stderr).toContain("violates PodSecurity");
  });

  test("says to kubectl exactly what it means, whatever the texts in it", async () => {
    const data = Object.fromEntries(
      [
        "yes",
        "0777",
        "1:30",
        "a\u2028b",
        "\u0085",
        "\ufeffx",
        "a\r\nb",
        "\tx",
        "%",
        "é😀",
        " x ",
        "\u001b[0m",
        "<<",
      ].map((text, index) => [`key${index}`, text]),
    );
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", namespace: "default" }, data };
    const told = await kubectl.ok(["create", "--dry-run=client", "-o", "json", "-f", "-"], yamlText(object));
    expect((JSON.parse(told) as Manifest)["data"]).toEqual(data);
  });
});

/** The pods of a workload as Kubernetes would make them, under the workload's own name. */
function podsMadeBy(workload: Manifest): Manifest[] {
  const { name, namespace = "" } = workload.metadata;
  return podsOf(workload).map(({ pod }) => {
    const { metadata, spec } = pod as Pick<Manifest, "metadata"> & { readonly spec: object };
    return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name, namespace }, spec };
  });
}

describe("socle export", () => {
  test("prints what it writes", async () => {
    const { stdout } = await socle(["export", "-f", examples, "--api-server", "192.0.2.10:6443"]);
    expect(new Set(objectsIn(stdout).map((object) => JSON.stringify(object)))).toEqual(
      new Set(objects.map((object) => JSON.stringify(object))),
    );
  });

  test("reads what kubectl prints, from a pipe", async () => {
    const items = ["region.yaml", "tenant-commune.yaml"].map(
      (name) => parse(readFileSync(join(examples, name), "utf8")) as unknown,
    );
    const { code, stdout } = await socle(["export", "-f", "-"], stringify({ apiVersion: "v1", kind: "List", items }));
    expect(code).toBe(0);
    expect(objectsIn(stdout)[0]).toMatchObject({ kind: "Namespace", metadata: { name: "t-valbelle" } });
  });

  test("exits 2 and writes nothing where a file is wrong", async () => {
    const wrong = join(directory, "wrong.yaml");
    writeFileSync(wrong, readFileSync(join(examples, "tenant-commune.yaml"), "utf8").replace("Pilot", "Huge"));
    const { code, stdout, stderr } = await socle(["export", "-f", join(examples, "region.yaml"), wrong]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`${wrong}, document 1: Tenant valbelle: spec.tier: `);
  });

  test("ends at once, with the code of an interruption, while it waits for its input", async () => {
    const { child, ran } = start(["export", "-f", "-", "-o", join(directory, "never")]);
    // More than any pipe holds: once it is written, the program reads.
    await new Promise((resolve) => child.stdin.write(`#${" ".repeat(8 << 20)}\n`, resolve));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ran;
    expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: "", stderr: "" });
    expect(readdirSync(directory)).not.toContain("never");
  });
});

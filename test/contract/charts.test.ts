import { mkdtempSync, readFileSync, rmSync, globSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { expectGolden } from "../golden/golden-file.ts";
import { Helm, chartsDirectory } from "../support/charts.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** Without a cluster: whatever helm asks of one is an error. */
describe("the charts, read by helm itself", () => {
  const home = mkdtempSync(join(tmpdir(), "socle-charts-"));
  let helm: Helm;
  beforeAll(async () => {
    helm = await Helm.of(join(home, "no-kubeconfig"), home, () => undefined);
  });
  afterAll(() => {
    rmSync(home, { recursive: true });
  });

  const render = async (chart: string, ...options: string[]): Promise<string> =>
    await helm.run("template", chart, join(chartsDirectory, chart), ...options);
  const objects = async (chart: string, ...options: string[]): Promise<readonly Manifest[]> =>
    parseAllDocuments(await render(chart, ...options))
      .map((document) => document.toJS() as Manifest | null)
      .filter((manifest) => manifest !== null);
  const everything = [
    "metrics.serviceMonitor.enabled=true",
    "metrics.prometheusRule.enabled=true",
    "metrics.dashboards.enabled=true",
    "trustBundle.configMapName=authorities",
    "priorityClassName=system-cluster-critical",
    "image.repository=registry.example/socle",
    `image.digest=sha256:${"0".repeat(64)}`,
    "imagePullSecrets[0].name=pull",
    "nodeSelector.pool=platform",
    "podAnnotations.note=x",
    "global.anything=x",
  ];

  it.each(["socle-crds", "socle"])("%s has nothing that a strict lint finds", async (chart) => {
    expect(await helm.run("lint", "--strict", join(chartsDirectory, chart))).toContain("0 chart(s) failed");
  });

  it("render the operator as it was reviewed", async () => {
    const own = (await render("socle")).split(/^---$/m).filter((text) => !/templates\/(rbac|admission)/.test(text));
    expectGolden("chart-socle.yaml", own.join("---"));
  });

  it("render the operator with everything switched on as it was reviewed", async () => {
    const options = [...everything.flatMap((value) => ["--set", value]), "--show-only", "templates/deployment.yaml"];
    const text = await render("socle", ...options, "--show-only", "templates/service-account.yaml");
    expectGolden("chart-socle-everything.yaml", text);
    const kinds = (await objects("socle", ...everything.flatMap((value) => ["--set", value]))).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(["ServiceMonitor", "PrometheusRule", "ConfigMap"]));
  });

  it("put nothing that guards data into a release that could take it away", async () => {
    const guards = await objects("socle-crds");
    expect(guards.map(({ kind }) => kind)).toContain("CustomResourceDefinition");
    const loose = guards.filter(({ metadata }) => metadata.annotations?.["helm.sh/resource-policy"] !== "keep");
    expect(loose.map(({ metadata }) => metadata.name)).toEqual([]);
  });

  it("make no disruption budget for one replica, which could never be drained", async () => {
    const kinds = (await objects("socle", "--set", "replicaCount=1")).map(({ kind }) => kind);
    expect(kinds).not.toContain("PodDisruptionBudget");
  });

  it.each([
    ["replicCount=3", "additional properties 'replicCount' not allowed"],
    ["replicaCount=0", "replicaCount"],
    ["config.logLevel=loud", "config/logLevel"],
    ["image.digest=latest", "image/digest"],
    ["config.probeIntervalSeconds=1", "config/probeIntervalSeconds"],
  ])("refuse the value %s and name it", async (value, text) => {
    await expect(render("socle", "--set", value)).rejects.toThrow(text);
  });

  it.each(["socle-crds", "socle"])("%s refuses another namespace, and says which", async (chart) => {
    const elsewhere = helm.run("template", chart, join(chartsDirectory, chart), "--namespace", "default");
    await expect(elsewhere).rejects.toThrow("add --namespace socle-system --create-namespace");
  });

  it("are refused by a cluster that is too old", async () => {
    await expect(render("socle", "--kube-version", "1.31.0")).rejects.toThrow(">=1.32.0-0");
    expect(await render("socle", "--kube-version", "v1.32.4-gke.1")).toContain("kind: Deployment");
  });

  it("ask the cluster for nothing: they render alike wherever they are rendered", () => {
    const templates = globSync(join(chartsDirectory, "*", "templates", "**", "*.{yaml,tpl,txt}"));
    expect(templates.length).toBeGreaterThan(10);
    const asking = templates.filter((file) =>
      /\blookup\b|\.Capabilities|\brand[A-Z]|\bnow\b/.test(readFileSync(file, "utf8")),
    );
    expect(asking.filter((file) => !/templates\/(crd-|admission)/.test(file))).toEqual([]);
  });
});

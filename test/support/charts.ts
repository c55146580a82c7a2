import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { operatorImage } from "../image/operator-image.ts";
import { hostTools } from "../node-lane/host.ts";
import type { NodeLane } from "../node-lane/node-lane.ts";
import { helmProgram } from "../programs/helm.ts";
import type { Progress } from "../servers/cache.ts";
import { runCommand } from "../servers/run-command.ts";

export const chartsDirectory = join(import.meta.dirname, "..", "..", "charts");
const namespace = "socle-system";

export type Values = Readonly<Record<string, unknown>>;
export type ChartName = "socle" | "socle-crds";

/** helm for one cluster, as people who run a platform use it. */
export class Helm {
  readonly #program: string;
  /** A directory for what belongs to this cluster's releases. */
  readonly home: string;
  readonly #kubeconfig: string;

  private constructor(program: string, kubeconfig: string, home: string) {
    this.#program = program;
    this.#kubeconfig = kubeconfig;
    this.home = home;
  }

  /** @param home a directory for what helm keeps; none of this machine's is read */
  static async of(kubeconfig: string, home: string, progress: Progress): Promise<Helm> {
    mkdirSync(home, { recursive: true });
    return new Helm(await helmProgram(progress), kubeconfig, home);
  }

  run(...args: string[]): Promise<string> {
    return runCommand({
      command: this.#program,
      args: [...(args.includes("--namespace") ? [] : ["--namespace", namespace]), ...args],
      cwd: this.home,
      env: { HOME: this.home, KUBECONFIG: this.#kubeconfig, PATH: process.env["PATH"] ?? "" },
    });
  }

  /** Installs the chart, or upgrades its release, and waits until all of it is ready. */
  async upgrade(chart: ChartName, values: Values = {}, charts = chartsDirectory): Promise<void> {
    const directory = mkdtempSync(join(this.home, "values-"));
    const file = join(directory, "values.yaml");
    writeFileSync(file, stringify(values));
    try {
      const options = ["--install", "--create-namespace", "--wait", "--timeout", "3m", "--values", file];
      await this.run("upgrade", chart, join(charts, chart), ...options);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
}

/** Both charts, in the order in which a platform installs them: what protects comes first. */
export async function installCharts(helm: Helm, values: Values, charts = chartsDirectory): Promise<void> {
  await helm.upgrade("socle-crds", {}, charts);
  await helm.upgrade("socle", values, charts);
}

/**
 * Brings the operator's image, as its Dockerfile makes it, to a node: with the version of this checkout as its tag, and with the one before.
 * Returns its repository; the charts know their tags.
 */
export async function importOperatorImage(node: NodeLane, progress: Progress): Promise<string> {
  const repository = "images.socle.test/socle-built";
  const { archive, reference } = await operatorImage(progress);
  const { ctr } = await hostTools(progress);
  const name = `${repository}:${reference.split(":")[1] ?? ""}`;
  for (const args of [
    ["import", "--base-name", repository, archive],
    ["tag", name, `${repository}:${before.version}`],
  ]) {
    const done = await node.inNode([ctr, "-n", "k8s.io", "images", ...args]);
    if (done.code !== 0) throw new Error(`The operator's image could not be imported: ${done.stderr}`);
  }
  return repository;
}

/** How a node's image of the operator is named in the values of the chart. */
export function imageValues(reference: string): Values {
  const [, repository, , digest] = /^(.+?)(:[^:@/]+)?@(sha256:[0-9a-f]{64})$/.exec(reference) ?? [];
  if (repository === undefined) throw new Error(`${reference} is no reference with a digest.`);
  return { image: { repository, digest } };
}

/** What the release before this one lacked, as long as there is no tag that says so: one kind, and one field of another. */
const before = { version: "0.0.1", kind: "attestations", of: "tenants", field: "mailDomains" };

/** The charts of the release before this one, in `directory`. */
export function previousCharts(directory: string): string {
  cpSync(chartsDirectory, directory, { recursive: true });
  for (const chart of ["socle", "socle-crds"]) {
    edit<Values>(join(directory, chart, "Chart.yaml"), (file) => ({
      ...file,
      version: before.version,
      appVersion: before.version,
    }));
  }
  const definition = (plural: string): string => join(directory, "socle-crds", "templates", `crd-${plural}.yaml`);
  rmSync(definition(before.kind));
  edit<Definition>(definition(before.of), (file) => {
    for (const { schema } of file.spec.versions) {
      const { spec } = schema.openAPIV3Schema.properties;
      spec.properties = Object.fromEntries(Object.entries(spec.properties).filter(([name]) => name !== before.field));
    }
    return file;
  });
  return directory;
}

interface Definition {
  readonly spec: {
    readonly versions: readonly {
      readonly schema: {
        readonly openAPIV3Schema: {
          readonly properties: { readonly spec: { properties: Record<string, unknown> } };
        };
      };
    }[];
  };
}

function edit<T>(path: string, change: (content: T) => T): void {
  writeFileSync(path, stringify(change(parse(readFileSync(path, "utf8")) as T)));
}

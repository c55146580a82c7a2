import type { KubeApi } from "../kube/kube-api.ts";
import type { Connection } from "./connection.ts";
import { type Diagnosis, installationChecks } from "./doctor-installation.ts";
import { regionChecks } from "./doctor-regions.ts";
import type { Light } from "./status-tree.ts";
import { exitCode, type Terminal } from "./terminal.ts";

/** Runs every check and prints what each found. Exit code 3 when anything is wrong; what could not be found out is no failure. */
export async function runDoctor(connection: Connection, terminal: Terminal): Promise<number> {
  const version = await connection.serverVersion();
  const diagnoses = [serverDiagnosis(connection, version), ...(await examine(connection.kube))];
  const well = diagnoses.every((diagnosis) => diagnosis.result !== "problem");
  if (terminal.json) terminal.printJson({ well, checks: diagnoses });
  else terminal.print(...diagnoses.flatMap((diagnosis) => lines(diagnosis, terminal)), "", summary(diagnoses));
  return well ? exitCode.done : exitCode.notWell;
}

/** A check that cannot be made (a missing right, a kind that is not there) says so and stops no other. */
async function examine(kube: KubeApi): Promise<Diagnosis[]> {
  const found: Diagnosis[] = [];
  for (const { name, run } of [...installationChecks, ...regionChecks]) {
    try {
      found.push(...(await run(kube)).map((finding) => ({ check: name, ...finding })));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      found.push({ check: name, result: "unknown", message: `Could not be found out: ${message}` });
    }
  }
  return found;
}

const oldest = [1, 32] as const;

function serverDiagnosis(connection: Connection, version: string): Diagnosis {
  const [, major = "0", minor = "0"] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const old = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]);
  const message = `Kubernetes ${version} answers at ${connection.description}.`;
  return old
    ? {
        check: "API server",
        result: "problem",
        message,
        remedy: `Socle needs Kubernetes ${oldest.join(".")} or newer.`,
      }
    : { check: "API server", result: "ok", message };
}

const lights: Readonly<Record<Diagnosis["result"], Light>> = { ok: "ready", problem: "not-ready", unknown: "unknown" };
const words: Readonly<Record<Diagnosis["result"], string>> = { ok: "ok", problem: "problem", unknown: "unknown" };

function lines(diagnosis: Diagnosis, terminal: Terminal): string[] {
  const word = terminal.paint(lights[diagnosis.result], words[diagnosis.result].padEnd(8));
  const first = `${word} ${diagnosis.check}: ${diagnosis.message}`;
  return diagnosis.remedy === undefined ? [first] : [first, `         ${diagnosis.remedy}`];
}

function summary(diagnoses: readonly Diagnosis[]): string {
  const count = (result: Diagnosis["result"]): number => diagnoses.filter((one) => one.result === result).length;
  return `${count("ok")} ok, ${count("problem")} problems, ${count("unknown")} unknown`;
}

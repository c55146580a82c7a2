import { OperatorError } from "../runtime/errors.ts";
import type { Connection } from "./connection.ts";
import type { Diagnosis, Patient } from "./doctor-check.ts";
import { installationChecks } from "./doctor-installation.ts";
import { regionChecks } from "./doctor-regions.ts";
import type { Light } from "./status-tree.ts";
import { exitCode, type Terminal } from "./terminal.ts";

type Examined = Patient & Pick<Connection, "serverVersion" | "description">;

/** Runs every check and prints what each found. Exit code 3 when anything is wrong; what could not be found out is no failure. */
export async function runDoctor(patient: Examined, terminal: Terminal): Promise<number> {
  const diagnoses = [serverDiagnosis(patient), ...(await examine(patient))];
  const well = diagnoses.every((diagnosis) => diagnosis.result !== "problem");
  if (terminal.json) terminal.printJson({ well, checks: diagnoses });
  else terminal.print(...diagnoses.flatMap((diagnosis) => lines(diagnosis, terminal)), "", ...summary(diagnoses));
  return well ? exitCode.done : exitCode.notWell;
}

/** A check that cannot be made (a missing right, a kind that is not there) says so and stops no other. */
async function examine(patient: Patient): Promise<Diagnosis[]> {
  const found: Diagnosis[] = [];
  for (const { name, run } of [...installationChecks, ...regionChecks]) {
    try {
      found.push(...(await run(patient)).map((finding) => ({ check: name, ...finding })));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const remedy = remedies[error instanceof OperatorError ? error.reason : ""] ?? "Run `socle doctor` again.";
      found.push({ check: name, result: "unknown", message: `Could not be found out: ${message}`, remedy });
    }
  }
  return found;
}

/** What to do about a check that could not be made, by the reason of its error. */
const remedies: Readonly<Record<string, string>> = {
  PermissionMissing: "You may not read this: ask again as an administrator of the cluster.",
  DependencyMissing: "Upgrade the chart socle-crds, or apply crds/generated/crd-*.yaml.",
};

const oldest = [1, 32] as const;

function serverDiagnosis({ serverVersion: version, description }: Examined): Diagnosis {
  const [, major = "0", minor = "0"] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const old = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]);
  const message = `Kubernetes ${version} answers at ${description}.`;
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

function summary(diagnoses: readonly Diagnosis[]): string[] {
  const count = (result: Diagnosis["result"]): number => diagnoses.filter((one) => one.result === result).length;
  const problems = count("problem");
  const counted = `${count("ok")} ok, ${problems} ${problems === 1 ? "problem" : "problems"}, ${count("unknown")} unknown`;
  return count("unknown") === 0
    ? [counted]
    : [counted, "Unknown is what cannot be seen from here; it is counted as no failure."];
}

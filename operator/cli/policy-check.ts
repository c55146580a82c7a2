import type { Manifest } from "../../constructs/manifest.ts";
import { catalogue } from "../policy/catalogue/catalogue.ts";
import { type Evaluated, evaluate, type NotEvaluated, type Result } from "../policy/evaluate.ts";
import { evaluatePods } from "../policy/pod-security/evaluate-pods.ts";
import { checksOf, type ProfileName } from "../policy/profiles.ts";
import { readManifests } from "./file-manifests.ts";
import { exitCode, type FileStreams, table } from "./terminal.ts";

/** What the person asked to have judged. */
export interface CheckWish {
  readonly filename: readonly string[];
  readonly profile: ProfileName;
  /** Only these checks. */
  readonly check?: readonly string[];
  /** A check whose inputs are not in the files is an error. */
  readonly strict: boolean;
  readonly output: "table" | "json";
}

/** Any fail counts more than any error. */
const verdict = { pass: exitCode.done, error: exitCode.failed, fail: exitCode.usage } as const;

/**
 * Judges the objects of files by a profile; asks no cluster. Exit code 2 where something fails, else 1 where something could not be judged or nothing
 * was, else 0. `now` is RFC 3339.
 */
export async function runCheck(wish: CheckWish, streams: FileStreams, now: string): Promise<number> {
  const remark = (line: string): void => void streams.remarks.write(`${line}\n`);
  const unknown = (wish.check ?? []).filter((id) => !catalogue.some((check) => check.id === id));
  const { objects, problems } = await readManifests(wish.filename, streams.input);
  const wrong = [...unknown.map((id) => `No check is called ${id}; socle policy catalog lists them.`), ...problems];
  wrong.forEach(remark);
  if (wrong.length > 0) return exitCode.usage;
  const told = judged(wish, objects, now);
  if (wish.output === "json") streams.results.write(`${JSON.stringify(told, undefined, 2)}\n`);
  else streams.results.write(text(told));
  if (told.results.length === 0) {
    remark(`Nothing was evaluated: ${wish.filename.join(", ")} holds no object that a check of this profile concerns.`);
    return exitCode.failed;
  }
  const unmet = wish.strict ? told.notEvaluated.filter(({ because }) => because === "noInput") : [];
  for (const { check, why } of unmet) remark(`${check}: ${why} (--strict)`);
  const worst = (["fail", "error"] as const).find((one) => told.results.some(({ result }) => result === one));
  return verdict[worst ?? (unmet.length > 0 ? "error" : "pass")];
}

function judged({ profile, check }: CheckWish, objects: readonly Manifest[], now: string): Evaluated {
  if (profile === "pss-restricted") return evaluatePods("restricted", objects);
  if (profile === "pss-baseline") return evaluatePods("baseline", objects);
  const wanted = checksOf(catalogue, profile).filter(({ id }) => check?.includes(id) ?? true);
  return evaluate(wanted, objects, now);
}

function text({ results, notEvaluated }: Evaluated): string {
  const open = results.filter(({ result }) => result !== "pass");
  const rows = open.flatMap((result) =>
    result.problems.map(({ field, message }) => [
      result.result.toUpperCase(),
      result.check,
      nameOf(result),
      field,
      `${result.excusedBy === undefined ? "" : `${result.excusedBy} excuses it: `}${message}`,
    ]),
  );
  const found = rows.length === 0 ? [] : [...table([["RESULT", "CHECK", "OBJECT", "FIELD", "MESSAGE"], ...rows]), ""];
  const count = (wanted: Result["result"]): string =>
    `${results.filter(({ result }) => result === wanted).length} ${wanted}`;
  const attested = results.filter(({ result, attestation }) => result === "pass" && attestation !== undefined).length;
  const passed = attested === 0 ? count("pass") : `${count("pass")} (${attested} attested)`;
  const counts = [passed, count("fail"), count("error"), count("skip")].join(", ");
  return `${[...found, `${counts}; ${notJudged(notEvaluated)}`].join("\n")}\n`;
}

function notJudged(left: readonly NotEvaluated[]): string {
  const of = (wanted: NotEvaluated["because"]): number => left.filter(({ because }) => because === wanted).length;
  return `not evaluated: ${of("noInput")} without an object here, ${of("notObservable")} not observable, ${of("stage2")} not in this release`;
}

function nameOf({ object }: Result): string {
  const { kind, namespace, name } = object;
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

import type { ObjectRef } from "../../constructs/manifest.ts";
import type { Check, Layer, Mode, Severity } from "../policy/check.ts";
import type { History } from "./history.ts";
import { bearingOn, type Inherited } from "./inherited.ts";
import type { Judgement, NotJudged } from "./judgement.ts";
import type { Result } from "../policy/result.ts";
import type { Language } from "./language.ts";

/** What a check comes to over all of its objects; the first that is true of any. */
export const states = ["fail", "error", "excused", "attested", "pass", "notEvaluated"] as const;
export type State = (typeof states)[number];

/** What one object came to. */
export interface JudgedObject {
  readonly object: ObjectRef;
  readonly result: Result["result"];
}

export interface CheckReport {
  readonly check: string;
  readonly version: number;
  readonly title: string;
  readonly severity: Severity;
  readonly mode: Mode;
  readonly state: State;
  /** When its objects were looked at; absent where none was. RFC 3339. */
  readonly checkedAt?: string;
  /** When what it says changed last, as reports in the cluster tell. */
  readonly changedAt?: string;
  readonly objects: readonly JudgedObject[];
  /** Names of Attestations and PolicyExceptions that it rests on. */
  readonly attestations: readonly string[];
  readonly exceptions: readonly string[];
  /** Of what was not evaluated. */
  readonly because?: NotJudged["because"];
  /** What it lacks, or what could not be read. */
  readonly why?: string;
}

/** One column of a requirement. */
export interface LayerReport {
  /** The worst of its checks; `none`: the catalogue looks at nothing here. */
  readonly state: State | "none";
  readonly checks: readonly CheckReport[];
}

export interface RequirementReport {
  readonly requirement: string;
  /** Proofs of the provider that speak of what is looked at in the infrastructure. */
  readonly inherited: readonly Inherited[];
  readonly layers: Readonly<Record<Layer, LayerReport>>;
}

/** What the requirements are filled with. */
export interface RequirementSources {
  readonly judgement: Judgement;
  readonly history: History;
  readonly inherited: readonly Inherited[];
  readonly language: Language;
  readonly now: string;
}

/** Every requirement that a check is evidence for, in the order of the referential. Pure. */
export function byRequirement(checks: readonly Check[], sources: RequirementSources): readonly RequirementReport[] {
  const groups = [...Map.groupBy(checks, ({ requirement }) => requirement)].sort(([left], [right]) =>
    left.localeCompare(right, "en", { numeric: true }),
  );
  return groups.map(([requirement, own]) => {
    const layer = (wanted: Layer): LayerReport =>
      layerReport(own.filter((check) => check.layer === wanted).map((check) => checkReport(check, sources)));
    const below = own.filter((check) => check.layer === "infrastructure");
    return {
      requirement,
      inherited: sources.inherited.filter((proof) => below.some((check) => bearingOn(check, [proof]).length > 0)),
      layers: {
        infrastructure: layer("infrastructure"),
        platform: layer("platform"),
        tenant: layer("tenant"),
      },
    };
  });
}

export function layerReport(checks: readonly CheckReport[]): LayerReport {
  return { state: worst(checks.map(({ state }) => state)) ?? "none", checks };
}

function checkReport(check: Check, { judgement, history, language, now }: RequirementSources): CheckReport {
  const { id, version, title, severity, mode } = check;
  const results = judgement.results.filter((result) => result.check === id);
  const left = judgement.notJudged.find((one) => one.check === id);
  const changedAt = history.changedAt(id);
  const names = (of: (result: Result) => string | undefined): string[] => [
    ...new Set(results.flatMap((result) => of(result) ?? [])),
  ];
  return {
    check: id,
    version,
    title: title[language],
    severity,
    mode,
    state: worst(results.map((result) => stateOf(result, mode))) ?? "notEvaluated",
    ...(results.length === 0 ? {} : { checkedAt: now }),
    ...(changedAt === undefined ? {} : { changedAt }),
    objects: results.map(({ object: { apiVersion, kind, namespace, name }, result }) => ({
      object: { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name },
      result,
    })),
    attestations: names(({ attestation }) => attestation),
    exceptions: names(({ excusedBy }) => excusedBy),
    ...(left === undefined ? {} : { because: left.because, ...reasonOf(check, left) }),
  };
}

/** What is missing, without the sentence around it; that there is no object says everything. */
function reasonOf({ evaluation }: Check, { because, why }: NotJudged): Pick<CheckReport, "why"> {
  if (evaluation.status === "notObservable") return { why: evaluation.lacks };
  if (evaluation.status === "stage2") return { why: evaluation.needs };
  return because === "unread" ? { why } : {};
}

function stateOf({ result, attestation }: Result, mode: Mode): State {
  if (result === "skip") return "excused";
  if (result !== "pass") return result;
  return mode === "attested" || attestation !== undefined ? "attested" : "pass";
}

function worst(found: readonly State[]): State | undefined {
  return states.find((state) => found.includes(state));
}

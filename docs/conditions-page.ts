import {
  conditionMeanings,
  conditionTypes,
  type ConditionType,
  type Reason,
  type ReasonPage,
  reasons,
  reservedReasons,
  reservedTypes,
  type SummaryType,
} from "../crds/v1alpha1/conditions.ts";
import { page } from "./markdown.ts";

const summary: readonly SummaryType[] = ["Ready", "Reconciling", "Stalled"];

/** docs/conditions.md: every condition type per kind, and every reason with its meaning, causes and command. Pure. */
export function conditionsPage(): string {
  return page([
    "# Conditions and reasons",
    "Every object says how it is in `status.conditions`. `Ready` sums up; the types that feed it come below, in reading order: the first one that is not True is where to look. Below, each type with what it says when it is True. A type or reason that is marked as reserved belongs to the contract, and this release does not write it yet. The fields of each kind: [reference](reference/README.md).",
    ...Object.entries(conditionTypes).flatMap(([kind, types]) => [`## ${kind}`, ...kindBlocks(types)]),
    "## On every kind",
    typeList(summary),
    "`Reconciling` and `Stalled` are absent while they are not True, as kstatus asks. A condition that nothing was seen of yet is Unknown with reason NotObserved.",
    "## Reasons",
    "A runbook for each. `socle status` prints it for the first thing that is not Ready, with the names filled in. The list is closed: a reason that is not here is a bug.",
    ...Object.entries<ReasonPage>(reasons).map(([name, reason]) => reasonBlock(name, reason)),
  ]);
}

interface TypeTable {
  readonly feeding: readonly ConditionType[];
  readonly shown: readonly ConditionType[];
}

function kindBlocks(types: TypeTable): string[] {
  const shown = types.shown.length === 0 ? [] : ["Shown, not feeding Ready:", typeList(types.shown)];
  return ["Feeding Ready:", typeList(types.feeding), ...shown];
}

function typeList(types: readonly ConditionType[]): string {
  return types.map((type) => `- \`${type}\`: ${conditionMeanings[type]}${reserved(reservedTypes[type])}`).join("\n");
}

function reserved(work: string | undefined): string {
  return work === undefined ? "" : ` _(Reserved for ${work}.)_`;
}

function reasonBlock(name: string, reason: ReasonPage): string {
  return `### ${name}\n\n${reason.meaning}${reserved(reservedReasons[name as Reason])}\n\n- Causes: ${reason.causes}\n- Do: ${reason.remedy}\n- Begin with: \`${reason.command}\``;
}

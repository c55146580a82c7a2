import type { Manifest } from "../../constructs/manifest.ts";
import type { Check } from "../policy/check.ts";
import type { AccessReport } from "./access.ts";
import type { AttestationReport } from "./attestations.ts";
import type { RequirementReport } from "./by-requirement.ts";
import type { Counts } from "./counts.ts";
import type { ExceptionReport } from "./exceptions.ts";
import type { Finding } from "./findings.ts";
import type { FlowMatrix } from "./flows.ts";
import type { Inherited } from "./inherited.ts";
import type { Asset } from "./inventory.ts";
import type { Unread } from "./judgement.ts";
import type { Language } from "./language.ts";
import type { LocationReport } from "./location.ts";
import type { ReportSubject } from "./subject.ts";

/** What stands behind a report besides objects: who made it, from which rules. */
export interface Versions {
  readonly engine: string;
  readonly catalogue: string;
}

/** Everything that a report is made of. */
export interface ReportInput {
  readonly subject: ReportSubject;
  readonly checks: readonly Check[];
  readonly objects: readonly Manifest[];
  readonly unread: readonly Unread[];
  /** Of OpenReports, where the cluster has them: they tell since when something is so. */
  readonly reports: readonly Manifest[];
  readonly versions: Versions;
  readonly language: Language;
  /** RFC 3339. */
  readonly now: string;
  /** Only what changed since, RFC 3339. */
  readonly since?: string;
}

/** What is only true at one moment, and has no history; left out of a report of changes. */
export interface Annexes {
  readonly flows: FlowMatrix;
  readonly access: AccessReport;
  readonly location?: LocationReport;
  readonly inventory: readonly Asset[];
}

/** What an auditor reads of one tenant or one region: plain data, the same for a program and for a page. */
export interface AuditReport {
  readonly subject: ReportSubject & { readonly displayName: string; readonly region?: string };
  readonly language: Language;
  readonly madeAt: string;
  readonly since?: string;
  readonly versions: Versions;
  /** Heads of the chain of evidence that the reports of the cluster name. */
  readonly evidenceHeads: readonly string[];
  readonly counts: Counts;
  readonly findings: readonly Finding[];
  readonly requirements: readonly RequirementReport[];
  readonly inherited: readonly Inherited[];
  readonly attestations: readonly AttestationReport[];
  readonly exceptions: readonly ExceptionReport[];
  /** What could not be read or understood; nothing of it is hidden. */
  readonly unread: readonly Unread[];
  readonly malformed: readonly string[];
  readonly annexes?: Annexes;
}

import type { Layer, Mode, Severity } from "../policy/check.ts";
import type { AttestationReport } from "./attestations.ts";
import type { State } from "./by-requirement.ts";
import type { ExceptionReport } from "./exceptions.ts";
import type { Inherited } from "./inherited.ts";
import type { NotJudged, Unread } from "./judgement.ts";
import type { Result } from "../policy/result.ts";
import type { Proof, Store } from "../policy/location/store.ts";
import type { DataPlace } from "./location.ts";
import type { ReportSubject } from "./subject.ts";

/** Every word of a report in one language. A report gives evidence: what only a certification body says of anybody is none of its words. */
export interface Wording {
  readonly title: Readonly<Record<ReportSubject["kind"], string>>;
  readonly skip: string;
  readonly contents: string;
  /** What a report is, and what it is not. */
  readonly meaning: string;
  readonly sections: Readonly<Record<Section, string>>;
  /** What stands below the heading of a section. */
  readonly leads: Readonly<Record<Section, string>>;
  /** Heads of columns, and labels of single facts. */
  readonly labels: Readonly<Record<Label, string>>;
  readonly states: Readonly<Record<State, string>>;
  /** Of a layer at which the catalogue looks at nothing. */
  readonly noCheck: string;
  readonly results: Readonly<Record<Result["result"], string>>;
  readonly severities: Readonly<Record<Severity, string>>;
  readonly layers: Readonly<Record<Layer, string>>;
  readonly modes: Readonly<Record<Mode, string>>;
  readonly chapters: Readonly<Record<string, string>>;
  readonly proofs: Readonly<Record<Inherited["state"], string>>;
  readonly attestations: Readonly<Record<AttestationReport["state"], string>>;
  readonly exceptions: Readonly<Record<ExceptionReport["state"], string>>;
  readonly risks: Readonly<Record<string, string>>;
  readonly places: Readonly<Record<DataPlace["what"], string>>;
  readonly stores: Readonly<Record<Store["kind"], string>>;
  /** What told where a store lies. */
  readonly placeProofs: Readonly<Record<Proof, string>>;
  /** Who answers for what is only declared. */
  readonly vouchedBy: (name: string, until: string) => string;
  readonly vouchedByNobody: string;
  readonly unread: Readonly<Record<Unread["because"], string>>;
  /** Why a check was not evaluated. */
  readonly because: Readonly<Record<NotJudged["because"], string>>;
  readonly none: string;
  readonly unknown: string;
  readonly wholeCluster: string;
  readonly everyObject: string;
  readonly allPorts: string;
  readonly annex: string;
  /** `3 days`. */
  readonly days: (count: number) => string;
  readonly objects: (count: number) => string;
  /** Of a report of changes. */
  readonly sinceNote: (date: string) => string;
  /** `SecNumCloud, held by …, reference …, until …`. */
  readonly inherited: (proof: {
    readonly scheme: string;
    readonly holder: string;
    readonly reference: string;
    readonly until: string;
  }) => string;
  readonly requirement: (requirement: string) => string;
  /** For dates; in UTC always. */
  readonly locale: string;
}

export const sections = [
  "counts",
  "findings",
  "requirements",
  "checked",
  "inherited",
  "attestations",
  "exceptions",
  "flows",
  "accessByResource",
  "accessByPerson",
  "location",
  "inventory",
  "unread",
] as const;
export type Section = (typeof sections)[number];

export type Label =
  | "subject"
  | "name"
  | "region"
  | "madeAt"
  | "since"
  | "engine"
  | "catalogue"
  | "evidenceHead"
  | "severity"
  | "requirement"
  | "check"
  | "object"
  | "problem"
  | "firstFailedAt"
  | "age"
  | "layer"
  | "result"
  | "state"
  | "mode"
  | "checkedAt"
  | "changedAt"
  | "objects"
  | "scheme"
  | "reference"
  | "holder"
  | "scope"
  | "validFrom"
  | "validUntil"
  | "evidence"
  | "verifiedBy"
  | "statement"
  | "attestedBy"
  | "target"
  | "justification"
  | "measures"
  | "risk"
  | "requestedBy"
  | "approvedBy"
  | "expiresAt"
  | "excuses"
  | "from"
  | "to"
  | "ports"
  | "leftOut"
  | "where"
  | "resource"
  | "who"
  | "verbs"
  | "by"
  | "role"
  | "unknownRoles"
  | "what"
  | "details"
  | "store"
  | "tenant"
  | "module"
  | "proof"
  | "toldBy"
  | "storesUnread"
  | "provider"
  | "country"
  | "zones"
  | "allowedCountries"
  | "kind"
  | "createdAt"
  | "why"
  | "malformed";

import type { Manifest } from "../../constructs/manifest.ts";
import type { AdmissionRule } from "./admission/rule.ts";
import type { Problem, Read } from "./read.ts";
import type { Seen } from "./seen.ts";

/** The most severe first. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];
/** How it is known: from objects, by asking an application too, by both with a person's word, by a person's word alone, by judgement. */
export type Mode = "automated" | "probe" | "mixed" | "attested" | "manual";
/** Who is answerable: the provider of the infrastructure, the platform, what belongs to one tenant. */
export type Layer = "infrastructure" | "platform" | "tenant";

/** A number or list that a check holds objects against. `ours`: the referential names no value, so it is this product's. */
export interface Parameter {
  readonly value: number | string | readonly string[];
  readonly unit?: string;
  readonly source: "referential" | "ours";
}

/** Other frameworks in which the same is asked for; none of them says that the two are equal. */
export interface Mappings {
  /** Controls of annex A of ISO/IEC 27001:2022. */
  readonly iso27001?: readonly string[];
  /** Requirements of HDS 2.0. */
  readonly hds?: readonly string[];
  /** Parts of RGS 2.0. */
  readonly rgs?: readonly string[];
  /** Articles of the GDPR. */
  readonly gdpr?: readonly string[];
}

/** Everything else that a check may look at, by kind, and the day. */
export interface Surroundings {
  readonly of: (kind: string) => readonly Seen[];
  /** Those of one namespace; undefined: those that have none. */
  readonly within: (namespace: string | undefined, kind: string) => readonly Seen[];
  /** One of that name; for kinds without namespaces. */
  readonly named: (kind: string, name: string) => Seen | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/** What lies around an object, whatever the day. */
export type Around = Omit<Surroundings, "now">;

/** What is wrong with one object; nothing = it passes. Pure. */
export type Judge = (object: Seen, surroundings: Surroundings) => readonly Problem[];

/** How a check comes to its result. */
export type Evaluation =
  | {
      readonly status: "implemented";
      /** Kinds that are judged, each object by itself. */
      readonly subjects: readonly Read[];
      /** Kinds that are looked at beside them. */
      readonly related?: readonly Read[];
      /** False: the rule does not concern this object. All of the subjects by default. */
      readonly concerns?: (object: Manifest) => boolean;
      readonly judge: Judge;
      /** Of a pass or a fail: the attestation that it rests on. */
      readonly restsOn?: (object: Seen, surroundings: Surroundings) => Seen | undefined;
    }
  /** A fact is missing that no API tells, or that the operator's rights keep from it. */
  | { readonly status: "notObservable"; readonly lacks: string }
  /** Known and planned; nothing is evaluated. */
  | { readonly status: "stage2"; readonly needs: string };

/** One row of the catalogue. */
export interface Check {
  /** `9-34`: chapter and number. */
  readonly id: string;
  /** Raised when the same object may be judged otherwise than before. */
  readonly version: number;
  /** Of SecNumCloud 3.2, e.g. `9.7.a`. */
  readonly requirement: string;
  /** In our own words. */
  readonly title: { readonly en: string; readonly fr: string };
  readonly severity: Severity;
  readonly mode: Mode;
  readonly layer: Layer;
  readonly mappings: Mappings;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** Holds back the first Ready of a tenant. */
  readonly gate?: "onboarding";
  /** False: no PolicyException can excuse it. */
  readonly excusable: boolean;
  readonly evaluation: Evaluation;
  /** What the API server refuses in namespaces of tenants, by the same rule. */
  readonly admission?: readonly AdmissionRule[];
}

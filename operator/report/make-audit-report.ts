import type { Manifest } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import type { Result } from "../policy/result.ts";
import { accessOf } from "./access.ts";
import { attestationsOf } from "./attestations.ts";
import type { Annexes, AuditReport, ReportInput } from "./audit-report.ts";
import { byRequirement } from "./by-requirement.ts";
import { changedSince } from "./changes.ts";
import { countsOf } from "./counts.ts";
import { exceptionsOf } from "./exceptions.ts";
import { findingsOf } from "./findings.ts";
import { flowMatrix } from "./flows.ts";
import { historyOf } from "./history.ts";
import { inheritedFrom } from "./inherited.ts";
import { inventoryOf } from "./inventory.ts";
import { judgementOf } from "./judgement.ts";
import { locationOf, type LocationSources } from "./location.ts";
import { isOfAnother, namespacesOf, objectText, regionOf, type ReportSubject } from "./subject.ts";

/** The report of a tenant or a region. Pure. @throws Error where the subject is not among the objects. */
export function auditReport(input: ReportInput): AuditReport {
  const { subject, checks, objects, unread, language, now, since } = input;
  const itself = objects.find(
    (one) => one.apiVersion === apiVersion && one.kind === subject.kind && one.metadata.name === subject.name,
  );
  if (itself === undefined) throw new Error(`${subject.kind} ${subject.name} is not there.`);
  const region = regionOf(subject, objects);
  const judgement = judgementOf({ subject, checks, objects, unread, now });
  const history = historyOf(input.reports);
  const promises = promisesOf(input, { region, results: judgement.results });
  const sources = { judgement, results: judgement.results, history, inherited: promises.inherited, language, now };
  const requirements = byRequirement(checks, sources);
  const whole: AuditReport = {
    subject: {
      ...subject,
      displayName: displayNameOf(itself),
      ...(region === undefined ? {} : { region: region.metadata.name }),
    },
    language,
    madeAt: now,
    versions: input.versions,
    evidenceHeads: history.heads,
    counts: countsOf(requirements),
    findings: findingsOf(checks, sources),
    requirements,
    ...promises,
    unread,
    annexes: annexesOf(input, { region, attestations: promises.attestations }),
  };
  return since === undefined ? whole : changedSince(whole, since);
}

/** What people answer for: proofs of the provider, attestations, exceptions. What is not to be understood of it is told, never left out. */
function promisesOf(
  { subject, objects, now }: ReportInput,
  { region, results }: { readonly region: Manifest | undefined; readonly results: readonly Result[] },
): Pick<AuditReport, "inherited" | "attestations" | "exceptions" | "malformed"> {
  const inherited = region === undefined ? [] : inheritedFrom(region, now);
  const about: readonly ReportSubject[] = [
    subject,
    ...(region === undefined ? [] : [{ kind: "SovereignRegion" as const, name: region.metadata.name }]),
  ];
  const attested = attestationsOf(objects, about, now);
  const visible = objects.filter((one) => subject.kind === "SovereignRegion" || !isOfAnother(subject, one));
  const excused = exceptionsOf(visible, results, now);
  const unclear = [
    ...(inherited === undefined && region !== undefined ? [region] : []),
    ...attested.malformed,
    ...excused.malformed,
  ];
  return {
    inherited: inherited ?? [],
    attestations: attested.attestations,
    exceptions: excused.exceptions,
    malformed: unclear.map(({ kind, metadata }) => objectText({ kind, ...metadata })),
  };
}

function annexesOf(
  { subject, objects, unread }: ReportInput,
  { region, attestations }: Pick<LocationSources, "region" | "attestations">,
): Annexes {
  const own = objects.filter((object) => !isOfAnother(subject, object));
  const namespaces = namespacesOf(subject);
  const inside = own.filter(({ kind, metadata }) =>
    subject.kind === "SovereignRegion"
      ? metadata.namespace === undefined || namespaces.includes(metadata.namespace)
      : namespaces.includes(metadata.namespace ?? (kind === "Namespace" ? metadata.name : "")),
  );
  const location = locationOf({ subject, region, objects, unread, attestations });
  return {
    flows: flowMatrix(own, namespaces),
    access: accessOf(own, namespaces),
    ...(location === undefined ? {} : { location }),
    inventory: inventoryOf(inside),
  };
}

function displayNameOf({ metadata, spec }: Manifest): string {
  const { displayName } = (spec ?? {}) as { readonly displayName?: unknown };
  return typeof displayName === "string" ? displayName : metadata.name;
}

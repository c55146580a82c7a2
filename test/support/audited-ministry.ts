import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Manifest } from "../../constructs/manifest.ts";
import { admissionManifests } from "../../crds/admission.ts";
import { catalogue } from "../../operator/policy/catalogue/catalogue.ts";
import type { AuditReport, ReportInput } from "../../operator/report/audit-report.ts";
import { auditReport } from "../../operator/report/make-audit-report.ts";
import { wholeSuite } from "./whole-suite.ts";

const example = (file: string): Manifest =>
  parse(readFileSync(join(import.meta.dirname, "..", "..", "examples", file), "utf8")) as Manifest;

const approved = (exception: Manifest): Manifest => ({
  ...exception,
  spec: { ...(exception["spec"] as object), approvedBy: "morgan", expiresAt: "2026-08-01T00:00:00Z" },
});

const attestation: Manifest = {
  apiVersion: "socle.dev/v1alpha1",
  kind: "Attestation",
  metadata: { name: "premises-2026" },
  spec: {
    check: "11-01",
    subject: { kind: "SovereignRegion", name: "cloudgouv" },
    statement: "The premises were visited on 2026-05-04.",
    evidence: { uri: "https://evidence.platform.example/visit.pdf", sha256: "0".repeat(64) },
    attestedBy: "security@platform.example",
    validFrom: "2026-05-04T00:00:00Z",
    expiresAt: "2027-05-04T00:00:00Z",
  },
};

/** A report of the operator's, which tells since when one thing fails. */
const report: Manifest = {
  apiVersion: "openreports.io/v1alpha1",
  kind: "Report",
  metadata: {
    name: "socle-checks-operations",
    namespace: "t-minagri",
    annotations: { "socle.dev/evidence-head": "a".repeat(64) },
  },
  source: "socle",
  results: [
    {
      policy: "12-35",
      result: "fail",
      timestamp: { seconds: 1_780_272_000, nanos: 0 },
      resources: [
        {
          apiVersion: "networking.k8s.io/v1",
          kind: "NetworkPolicy",
          namespace: "t-minagri-apps",
          name: "synapse-allow-realm",
        },
      ],
    },
  ],
};

/** The example ministry with the whole suite, an exception and an attestation. */
export const ministryObjects = (): readonly Manifest[] => [
  ...["region.yaml", "tenant-ministry.yaml"].map(example),
  approved(example("policy-exception.yaml")),
  attestation,
  ...(admissionManifests() as Manifest[]),
  ...wholeSuite().manifests,
];

/** Its report, where something could not be read. */
export function auditedMinistry(more: Partial<ReportInput> = {}): AuditReport {
  return auditReport({
    subject: { kind: "Tenant", name: "minagri" },
    checks: catalogue,
    objects: ministryObjects(),
    unread: [
      { apiVersion: "v1", kind: "Node", because: "forbidden", scopes: ["cluster"], message: "list Node: forbidden" },
    ],
    reports: [report],
    versions: { engine: "1.2.3", catalogue: "0123456789abcdef" },
    language: "fr",
    now: "2026-06-15T12:00:00Z",
    ...more,
  });
}

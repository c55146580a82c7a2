import type { Check } from "../check.ts";
import { admission } from "../checks/admission.ts";
import { drift } from "../checks/drift.ts";
import { outgoingFlows, shortestPrefix } from "../checks/flows.ts";
import { knownImages, registries } from "../checks/images.ts";
import { telemetry } from "../checks/telemetry.ts";
import { attested, row } from "./row.ts";

/** Operation: software that runs, its vulnerabilities, and what leaves. */
export const chapter12Software: readonly Check[] = [
  row({
    id: "12-26",
    requirement: "12.10.a",
    title: {
      en: "Images are pinned by digest and come from registries that are known",
      fr: "Les images sont désignées par leur empreinte et viennent de registres connus",
    },
    severity: "critical",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.19"] },
    parameters: { registries },
    evaluation: knownImages,
  }),
  row({
    id: "12-27",
    requirement: "12.10.a, 12.10.c",
    title: {
      en: "Images carry a signature that was verified, and say how they were built",
      fr: "Les images portent une signature vérifiée et disent comment elles ont été construites",
    },
    severity: "critical",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.19"] },
    evaluation: { status: "stage2", needs: "images that are verified when they are admitted" },
  }),
  row({
    id: "12-28",
    requirement: "12.10.c",
    title: {
      en: "Images from outside enter through a scan that can stop them",
      fr: "Les images externes entrent par une analyse qui peut les arrêter",
    },
    severity: "high",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.8.19"] },
    evaluation: {
      status: "notObservable",
      lacks:
        "settings of the mirror's projects: the API of the registry (Harbor: auto_scan, prevent_vul) would tell, and the operator holds no account there",
    },
  }),
  row({
    id: "12-29",
    requirement: "12.10.b",
    title: {
      en: "Modules are what they should be, or the difference is excused",
      fr: "Les modules sont dans l'état voulu, ou l'écart est admis",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.19"] },
    evaluation: drift,
  }),
  row({
    id: "12-30",
    version: 2,
    requirement: "12.10.a",
    title: {
      en: "The API server enforces every admission policy of this release",
      fr: "Le serveur d'API applique chaque politique d'admission de cette version",
    },
    severity: "critical",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.19"] },
    evaluation: admission,
  }),
  row({
    id: "12-31",
    requirement: "12.11.a",
    title: {
      en: "Running images are searched for vulnerabilities every day",
      fr: "Les images en service sont analysées chaque jour à la recherche de vulnérabilités",
    },
    severity: "high",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.8.8"] },
    parameters: {
      scannedWithin: { value: 24, unit: "hours", source: "ours" },
      databaseWithin: { value: 48, unit: "hours", source: "ours" },
    },
    evaluation: {
      status: "notObservable",
      lacks:
        "when each digest was scanned and with which database: a scanner's reports would tell (VulnerabilityReport of aquasecurity.github.io, or the registry's API), and the platform promises neither",
    },
  }),
  row({
    id: "12-32",
    requirement: "12.11.b",
    title: {
      en: "Vulnerabilities that can be fixed are fixed in time",
      fr: "Les vulnérabilités corrigeables sont corrigées à temps",
    },
    severity: "high",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.8.8"] },
    parameters: {
      criticalWithin: { value: 7, unit: "days", source: "ours" },
      highWithin: { value: 30, unit: "days", source: "ours" },
      exploitedWithin: { value: 72, unit: "hours", source: "ours" },
    },
    evaluation: {
      status: "notObservable",
      lacks:
        "vulnerabilities of each digest and since when they are known: a scanner's reports would tell (VulnerabilityReport of aquasecurity.github.io, or the registry's API), and the platform promises neither",
    },
  }),
  row({
    id: "12-33",
    requirement: "12.12.a, 12.12.b",
    title: {
      en: "Administrators work from hardened workstations that serve nothing else",
      fr: "Les administrateurs travaillent depuis des postes durcis qui ne servent à rien d'autre",
    },
    severity: "high",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.8.1"], rgs: ["administration"] },
    evaluation: attested,
  }),
  row({
    id: "12-34",
    requirement: "12.13.a",
    title: {
      en: "Remote maintenance goes through a bastion that records it",
      fr: "La télémaintenance passe par un bastion qui l'enregistre",
    },
    severity: "medium",
    mode: "attested",
    layer: "infrastructure",
    mappings: { iso27001: ["A.6.7"], rgs: ["administration"] },
    evaluation: attested,
  }),
  row({
    id: "12-35",
    requirement: "12.14.a",
    title: {
      en: "Tenants' pods are let out to named addresses only",
      fr: "Les pods des locataires ne sortent que vers des adresses nommées",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.12"] },
    parameters: { shortestPrefix },
    evaluation: outgoingFlows,
  }),
  row({
    id: "12-36",
    requirement: "12.14.a, 19.6.c",
    title: {
      en: "No module tells its makers or third parties about its people",
      fr: "Aucun module ne renseigne ses éditeurs ni des tiers sur ses utilisateurs",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: { iso27001: ["A.8.12"] },
    evaluation: telemetry,
  }),
];

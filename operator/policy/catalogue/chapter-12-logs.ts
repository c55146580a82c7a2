import type { Check } from "../check.ts";
import { events } from "../checks/events.ts";
import { row } from "./row.ts";

/** Operation: logs, their time and their correlation. */
export const chapter12Logs: readonly Check[] = [
  row({
    id: "12-13",
    requirement: "12.6.a",
    title: {
      en: "It is written down what is logged, why, and for how long",
      fr: "Il est consigné ce qui est journalisé, pourquoi et combien de temps",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    evaluation: { status: "stage2", needs: "a policy of logging as an object" },
  }),
  row({
    id: "12-14",
    requirement: "12.6.b",
    title: {
      en: "Each module writes down who connects and what they ask for",
      fr: "Chaque module consigne qui se connecte et ce qui est demandé",
    },
    severity: "high",
    mode: "probe",
    layer: "tenant",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    evaluation: events,
  }),
  row({
    id: "12-15",
    requirement: "12.6.c",
    title: {
      en: "Events are kept for six months at least",
      fr: "Les événements sont conservés au moins six mois",
    },
    severity: "high",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    parameters: { keptAtLeast: { value: 183, unit: "days", source: "referential" } },
    evaluation: { status: "stage2", needs: "a central store of logs" },
  }),
  row({
    id: "12-16",
    requirement: "12.6.c",
    title: {
      en: "Events are not kept for longer than the tenant allows",
      fr: "Les événements ne sont pas conservés au-delà de ce que le locataire admet",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    parameters: { keptAtMost: { value: 12, unit: "months", source: "ours" } },
    evaluation: { status: "stage2", needs: "a central store of logs" },
  }),
  row({
    id: "12-17",
    requirement: "12.6.d",
    title: {
      en: "A tenant gets its own events, and those of no other",
      fr: "Un locataire obtient ses propres événements et ceux d'aucun autre",
    },
    severity: "medium",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"], hds: ["EXI 15"] },
    evaluation: { status: "stage2", needs: "a central store of logs" },
  }),
  row({
    id: "12-18",
    requirement: "12.7.a, 12.7.e",
    title: {
      en: "Logs are only added to; auditors read them, and nobody deletes them",
      fr: "Les journaux ne peuvent que croître ; les auditeurs les lisent et nul ne les efface",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    evaluation: { status: "stage2", needs: "a central store of logs" },
  }),
  row({
    id: "12-19",
    requirement: "12.7.c",
    title: {
      en: "Logs are kept on another machine and travel encrypted",
      fr: "Les journaux sont conservés sur une autre machine et y parviennent chiffrés",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    evaluation: { status: "stage2", needs: "a central store of logs" },
  }),
  row({
    id: "12-20",
    requirement: "12.7.b",
    title: {
      en: "There is room for the logs to come",
      fr: "Il reste de la place pour les journaux à venir",
    },
    severity: "low",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    parameters: { fullestAt: { value: 80, unit: "percent", source: "ours" } },
    evaluation: { status: "stage2", needs: "a central store of logs" },
  }),
  row({
    id: "12-21",
    requirement: "12.7.d",
    title: {
      en: "Logs are backed up",
      fr: "Les journaux sont sauvegardés",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    evaluation: { status: "stage2", needs: "a central store of logs, and backups" },
  }),
  row({
    id: "12-22",
    requirement: "12.8.a",
    title: {
      en: "All nodes have the same time, from two sources or more",
      fr: "Tous les nœuds ont la même heure, issue d'au moins deux sources",
    },
    severity: "medium",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.8.17"], rgs: ["logs"] },
    parameters: {
      sources: { value: 2, source: "referential" },
      largestOffset: { value: 1, unit: "second", source: "ours" },
    },
    evaluation: {
      status: "notObservable",
      lacks:
        "the sources of time of each node and its offset from them: an exporter on the nodes would tell, no API of Kubernetes does",
    },
  }),
  row({
    id: "12-23",
    requirement: "12.8.b",
    title: {
      en: "Each record carries its time in universal time",
      fr: "Chaque enregistrement porte son heure en temps universel",
    },
    severity: "low",
    mode: "probe",
    layer: "platform",
    mappings: { iso27001: ["A.8.17"], rgs: ["logs"] },
    evaluation: { status: "notObservable", lacks: "lines of logs: the operator takes no right to read pods/log" },
  }),
  row({
    id: "12-24",
    requirement: "12.9.a",
    title: {
      en: "Events of each tenant are correlated over six months",
      fr: "Les événements de chaque locataire sont corrélés sur six mois",
    },
    severity: "medium",
    mode: "mixed",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    parameters: { window: { value: 183, unit: "days", source: "referential" } },
    evaluation: { status: "stage2", needs: "events forwarded to a correlation tool, and attestations" },
  }),
  row({
    id: "12-25",
    requirement: "12.9.c",
    title: {
      en: "Every alarm is acknowledged within a day",
      fr: "Chaque alarme est acquittée dans la journée",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.15"], rgs: ["logs"] },
    parameters: { acknowledgedWithin: { value: 24, unit: "hours", source: "referential" } },
    evaluation: {
      status: "notObservable",
      lacks:
        "who acknowledged an alarm and when: the API of the platform's alerting tool would tell, Prometheus and its Alertmanager do not keep it",
    },
  }),
];

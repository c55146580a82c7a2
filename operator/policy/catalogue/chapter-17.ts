import type { Check } from "../check.ts";
import { leastReplicas, leastZones, redundancy } from "../checks/redundancy.ts";
import { attested, row } from "./row.ts";

/** Continuity. */
export const chapter17: readonly Check[] = [
  row({
    id: "17-01",
    requirement: "17.1, 17.3",
    title: {
      en: "There is a continuity plan, and it was exercised within the year",
      fr: "Un plan de continuité existe et a été exercé dans l'année",
    },
    severity: "high",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.8.14"] },
    parameters: { exerciseAge: { value: 365, unit: "days", source: "referential" } },
    evaluation: attested,
  }),
  row({
    id: "17-02",
    requirement: "17.4.a",
    title: {
      en: "What serves people runs more than once, is spread over zones, and keeps running while nodes are drained",
      fr: "Ce qui sert les usagers tourne en plusieurs exemplaires, réparti sur plusieurs zones, et survit à la maintenance des nœuds",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.5.30"] },
    parameters: { replicas: { value: leastReplicas, source: "ours" }, zones: { value: leastZones, source: "ours" } },
    evaluation: redundancy,
  }),
  row({
    id: "17-03",
    requirement: "17.2.a",
    title: {
      en: "Restores that were measured keep the times and the losses of data that were agreed",
      fr: "Les restaurations mesurées tiennent les durées et les pertes de données convenues",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.14"] },
    evaluation: { status: "stage2", needs: "backups, and restores that are tried and measured" },
  }),
  row({
    id: "17-04",
    requirement: "17.5.a",
    title: {
      en: "A signed copy of the configuration lies off the platform and is recent",
      fr: "Une copie signée de la configuration est conservée hors de la plateforme et récente",
    },
    severity: "medium",
    mode: "mixed",
    layer: "platform",
    mappings: { iso27001: ["A.8.13"] },
    parameters: { copyAge: { value: 30, unit: "days", source: "ours" } },
    evaluation: { status: "stage2", needs: "signed exports, and attestations" },
  }),
  row({
    id: "17-05",
    requirement: "17.6.a",
    title: {
      en: "Each module that keeps data is backed up for the tenant, or says that it is not",
      fr: "Chaque module qui conserve des données est sauvegardé pour le locataire, ou dit qu'il ne l'est pas",
    },
    severity: "medium",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.13"] },
    evaluation: { status: "stage2", needs: "backups" },
  }),
];

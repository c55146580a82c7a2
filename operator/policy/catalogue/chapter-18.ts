import type { Check } from "../check.ts";
import { attested, row } from "./row.ts";

/** Conformity of the platform's own work. */
export const chapter18: readonly Check[] = [
  row({
    id: "18-01",
    requirement: "18.1",
    title: {
      en: "The register of the laws that apply was looked through within the year",
      fr: "Le registre des textes applicables a été revu dans l'année",
    },
    severity: "low",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.5.31"] },
    parameters: { reviewAge: { value: 365, unit: "days", source: "ours" } },
    evaluation: attested,
  }),
  row({
    id: "18-02",
    requirement: "18.2.1.a",
    title: {
      en: "A PASSI auditor came within the year, as a programme over three years says",
      fr: "Un auditeur PASSI est intervenu dans l'année, selon un programme sur trois ans",
    },
    severity: "high",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.5.35"] },
    parameters: {
      auditAge: { value: 365, unit: "days", source: "referential" },
      programme: { value: 3, unit: "years", source: "referential" },
    },
    evaluation: attested,
  }),
  row({
    id: "18-03",
    requirement: "18.2.1.b",
    title: {
      en: "These checks ran within the day on nearly every object, and what could not be judged is listed",
      fr: "Ces contrôles ont porté dans la journée sur presque tous les objets, et ce qui n'a pu être jugé est listé",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.35", "A.8.9"] },
    parameters: {
      runAge: { value: 24, unit: "hours", source: "ours" },
      judged: { value: 99, unit: "%", source: "ours" },
    },
    evaluation: { status: "stage2", needs: "reports of checks that are kept" },
  }),
  row({
    id: "18-04",
    requirement: "18.4.a",
    title: {
      en: "Each check has its objective, method, frequency, expected result, remedy and owner",
      fr: "Chaque contrôle a son objectif, sa méthode, sa fréquence, son résultat attendu, son remède et son responsable",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.36"] },
    evaluation: { status: "stage2", needs: "a frequency and an owner on each check of the catalogue" },
  }),
  row({
    id: "18-05",
    requirement: "18.3.a",
    title: {
      en: "What checks found is mended in time, or excused until a day that is set",
      fr: "Ce que les contrôles ont trouvé est corrigé à temps, ou excusé jusqu'à une date fixée",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.5.36"] },
    parameters: {
      critical: { value: 7, unit: "days", source: "ours" },
      high: { value: 30, unit: "days", source: "ours" },
    },
    evaluation: { status: "stage2", needs: "reports of checks that keep the day of each first finding" },
  }),
];

import type { Check } from "../check.ts";
import { attested, row } from "./row.ts";

/** Acquisition, development and maintenance of systems. */
export const chapter14: readonly Check[] = [
  row({
    id: "14-01",
    requirement: "14.1, 14.4, 14.5",
    title: {
      en: "Software is developed by rules for security, with tools that look for flaws",
      fr: "Les logiciels sont développés selon des règles de sécurité, avec des outils qui cherchent les failles",
    },
    severity: "medium",
    mode: "attested",
    layer: "platform",
    mappings: { iso27001: ["A.8.25"] },
    parameters: { attestedWithin: { value: 365, unit: "days", source: "ours" } },
    evaluation: attested,
  }),
  row({
    id: "14-02",
    requirement: "14.2.b, 14.3.a",
    title: {
      en: "A version runs well elsewhere before it goes into production",
      fr: "Une version fait ses preuves ailleurs avant d'entrer en production",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.32"] },
    parameters: { readyFor: { value: 48, unit: "hours", source: "ours" } },
    evaluation: { status: "stage2", needs: "releases that pass from one environment to the next" },
  }),
  row({
    id: "14-03",
    requirement: "14.2.c",
    title: {
      en: "What ran can be built again as long as its backups are kept",
      fr: "Ce qui a fonctionné peut être reconstruit tant que ses sauvegardes sont conservées",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.32"] },
    evaluation: { status: "stage2", needs: "backups, and a history of releases" },
  }),
  row({
    id: "14-04",
    requirement: "14.6.a",
    title: {
      en: "Tests of security are kept with what went in and what was expected",
      fr: "Les tests de sécurité sont conservés avec leurs entrées et les résultats attendus",
    },
    severity: "medium",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.29"] },
    evaluation: { status: "stage2", needs: "results of tests kept as evidence" },
  }),
  row({
    id: "14-05",
    requirement: "14.7.b",
    title: {
      en: "Data of production enter no test without consent and anonymisation",
      fr: "Les données de production n'entrent dans aucun test sans accord ni anonymisation",
    },
    severity: "high",
    mode: "automated",
    layer: "platform",
    mappings: { iso27001: ["A.8.33"] },
    evaluation: { status: "stage2", needs: "restores, and an environment stated by regions" },
  }),
];

import type { Check } from "../check.ts";
import { ingressHosts, services } from "../checks/exposure.ts";
import { row } from "./row.ts";

/** Communications. */
export const chapter13: readonly Check[] = [
  row({
    id: "13-06",
    requirement: "13.2.a",
    title: {
      en: "No Service of a tenant opens a way of its own from outside",
      fr: "Aucun Service d'un locataire n'ouvre sa propre voie depuis l'extérieur",
    },
    severity: "critical",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.22"] },
    gate: "onboarding",
    evaluation: services,
  }),
  row({
    id: "13-07",
    requirement: "13.2.a",
    title: {
      en: "Each published host belongs to the domain of its tenant",
      fr: "Chaque nom publié appartient au domaine de son locataire",
    },
    severity: "high",
    mode: "automated",
    layer: "tenant",
    mappings: { iso27001: ["A.8.22"] },
    evaluation: ingressHosts,
  }),
];
